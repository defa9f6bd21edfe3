//! Who holds a value now: the questions of several entries in one search.
//!
//! While a search of a domain is under way, further questions wait and go
//! together in the next one, so that a plan of thousands of values costs some
//! searches and not thousands. What a search finds is sorted by the judge's own
//! keys. Whether a rule minds a holder is not decided here.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio::sync::oneshot;

use super::filter::{any_of, tests};
use crate::directory::{Directory, DirectoryError, SearchRequest};
use crate::model::{AttributeName, Domain, Entry, SourceKind};
use crate::rule::{Judge, KeySpace};
use crate::scan::ScanSource;

/// How many questions go in one search. Each is some ten comparisons, all
/// answered by an index.
const TOGETHER: usize = 50;

/// How many holders are looked at in one page.
const PAGE: u32 = 500;

/// How many holders of one value are kept. Somebody else is among so many.
const MANY: usize = 1000;

/// The entries that hold a value.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    /// Each with the place of its source.
    pub(super) by: Vec<(usize, Entry)>,
    /// There are more than were kept.
    pub(super) more: bool,
}

type Answer = Result<Held, String>;

/// Finds the holders of values in all domains that are not files.
#[derive(Debug)]
pub(super) struct Holders {
    judge: Arc<Judge>,
    attributes: Vec<AttributeName>,
    lanes: Vec<Lane>,
}

/// The questions to one domain.
#[derive(Debug)]
struct Lane {
    /// The place of its source.
    source: usize,
    directory: Arc<Directory>,
    domain: Domain,
    waiting: Mutex<Vec<Question>>,
    /// Whoever holds it searches, for all that wait.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Question {
    tests: BTreeSet<(String, String)>,
    key: (KeySpace, String),
    answer: oneshot::Sender<Answer>,
}

impl Holders {
    /// `compared` is looked at in what is found, beside what has keys.
    pub(super) fn new(
        sources: &[ScanSource],
        judge: Arc<Judge>,
        compared: Vec<AttributeName>,
    ) -> Self {
        let mut attributes = ["objectClass", "objectGUID"]
            .map(AttributeName::known)
            .to_vec();
        attributes.extend(judge.attributes());
        attributes.extend(compared);
        attributes.sort();
        attributes.dedup();
        let lanes = sources
            .iter()
            .enumerate()
            .filter(|(_, source)| source.forest.kind != SourceKind::Ldif)
            .flat_map(|(place, source)| {
                source.forest.domains.iter().map(move |domain| Lane {
                    source: place,
                    directory: Arc::clone(&source.directory),
                    domain: domain.clone(),
                    waiting: Mutex::default(),
                    turn: tokio::sync::Mutex::default(),
                })
            })
            .collect();
        Self {
            judge,
            attributes,
            lanes,
        }
    }

    /// The holders of a value of this key in each domain. `text` is the value
    /// as it is to be written.
    pub(super) async fn of(&self, space: KeySpace, key: &str, text: &str) -> Answer {
        let tests = tests(&self.judge, (space, key), text);
        let asked = self.lanes.iter().map(|lane| {
            let (answer, answered) = oneshot::channel();
            lane.waiting().push(Question {
                tests: tests.clone(),
                key: (space, key.to_owned()),
                answer,
            });
            self.ask(lane, answered)
        });
        // Those that are ready by now, too, ask in the same search.
        let asked: Vec<_> = asked.collect();
        tokio::task::yield_now().await;
        let mut all = Held::default();
        for answer in join_all(asked).await {
            let held = answer?;
            all.by.extend(held.by);
            all.more |= held.more;
        }
        Ok(all)
    }

    async fn ask(&self, lane: &Lane, mut answered: oneshot::Receiver<Answer>) -> Answer {
        loop {
            let _turn = lane.turn.lock().await;
            match answered.try_recv() {
                Ok(answer) => return answer,
                Err(oneshot::error::TryRecvError::Empty) => {}
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Err("the search was given up".to_owned());
                }
            }
            let questions: Vec<Question> = {
                let mut waiting = lane.waiting();
                let number = waiting.len().min(TOGETHER);
                waiting.drain(..number).collect()
            };
            let found = self.search(lane, &questions).await;
            match found {
                Ok(held) => {
                    for (question, held) in questions.into_iter().zip(held) {
                        // Whoever asked and left does not need it.
                        drop(question.answer.send(Ok(held)));
                    }
                }
                Err(error) => {
                    for question in questions {
                        drop(question.answer.send(Err(error.to_string())));
                    }
                }
            }
        }
    }

    async fn search(
        &self,
        lane: &Lane,
        questions: &[Question],
    ) -> Result<Vec<Held>, DirectoryError> {
        let mut places: HashMap<&(KeySpace, String), Vec<usize>> = HashMap::new();
        for (place, question) in questions.iter().enumerate() {
            places.entry(&question.key).or_default().push(place);
        }
        let tests: BTreeSet<&(String, String)> = questions
            .iter()
            .flat_map(|question| &question.tests)
            .collect();
        let request = SearchRequest {
            base: lane.domain.naming_context.clone(),
            filter: any_of(tests),
            attributes: self.attributes.clone(),
            page_size: PAGE,
        };
        let mut found = vec![Held::default(); questions.len()];
        let mut search = lane.directory.search(&lane.domain, request).await?;
        while let Some(page) = search.next_page().await? {
            // What cannot be read holds nothing that could be compared.
            for hit in &page.take_all().0 {
                let keys: BTreeSet<usize> = self
                    .judge
                    .keys(hit)
                    .into_iter()
                    .filter_map(|held| places.get(&(held.space, held.key)))
                    .flatten()
                    .copied()
                    .collect();
                for place in keys {
                    found
                        .get_mut(place)
                        .into_iter()
                        .for_each(|held| held.take(lane.source, hit));
                }
            }
            if found.iter().all(|held| held.more) {
                break;
            }
        }
        Ok(found)
    }
}

impl Held {
    fn take(&mut self, source: usize, hit: &Entry) {
        if self.by.len() < MANY {
            self.by.push((source, hit.clone()));
        } else {
            self.more = true;
        }
    }
}

impl Lane {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Question>> {
        // A list of questions is whole between any two steps on it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
