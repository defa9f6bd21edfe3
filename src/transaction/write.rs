//! The writing of a run: what passed the look at the whole plan is looked at
//! once more, sent and read back.
//!
//! The three overlap. While some entries are written and read back, the next
//! are looked at: a server that does one thing after the other never waits for
//! the next, and a far one is waited for less often. A look ahead binds nobody.
//! What it found becomes an outcome only when its turn has come, so that the
//! brakes are as exact as if there were no looking ahead; and the request
//! itself says what it expects, however long ago that was seen.

use std::collections::VecDeque;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::brakes::{Brakes, Throttle};
use super::run::{Needs, Run, Step};
use super::schedule::Schedule;
use super::sender::{Checked, Ready};
use super::{JournalError, Outcome};

/// What is still to come of a run, up to being sent.
struct Queue<'s> {
    steps: &'s [Step<'s>],
    schedule: Schedule,
    /// Looked at, in the order in which they go out.
    looked: VecDeque<Checked<'s>>,
}

impl<'s> Queue<'s> {
    fn new(steps: &'s [Step<'s>], needs: &Needs) -> Self {
        Self {
            steps,
            schedule: Schedule::new(steps, needs),
            looked: VecDeque::new(),
        }
    }

    /// Whether the next look ahead would have something to look at.
    fn wants_a_look(&self) -> bool {
        self.looked.is_empty() && !self.schedule.is_due_empty()
    }

    /// Whether nothing can begin before something else is settled.
    fn is_idle(&self) -> bool {
        self.looked.is_empty() && self.schedule.is_due_empty()
    }

    /// Whether nothing is still to come.
    fn is_empty(&self) -> bool {
        self.looked.is_empty() && self.schedule.is_empty()
    }
}

impl Run<'_> {
    /// Sends what passed, in groups. A step begins when the ones it needs are
    /// settled, and when there is room.
    pub(super) async fn write(
        &mut self,
        steps: &[Step<'_>],
        brakes: &mut Brakes,
    ) -> Result<(), JournalError> {
        let sender = self.sender;
        let mut throttle = Throttle::new(sender.options.throttle);
        let mut queue = Queue::new(steps, &self.needs);
        let (told, mut outcomes) = mpsc::unbounded_channel();
        let (mut looks, mut groups) = (FuturesUnordered::new(), FuturesUnordered::new());
        let (mut under_way, mut stopped) = (0, false);
        loop {
            while !stopped && !queue.looked.is_empty() && brakes.group(under_way) > 0 {
                stopped = self.must_stop(brakes, "")?;
                if !stopped {
                    let group = self.next_group(&mut queue, (brakes, under_way))?;
                    under_way += group.len();
                    groups.push(sender.send(group, told.clone()));
                }
            }
            // What was read does not wait for the tick of another.
            let in_turn = under_way == 0 || !throttle.is_on();
            let has_room = !stopped && brakes.room() > 0;
            if has_room && in_turn && looks.is_empty() && queue.wants_a_look() {
                throttle.tick(sender.environment.cancel).await;
                stopped = self.must_stop(brakes, "")?;
                if !stopped {
                    looks.push(sender.check_all(self.look_ahead(&mut queue, brakes.room())));
                }
            }
            let none_follows = looks.is_empty() && queue.is_idle();
            if under_way == 0 && (stopped || brakes.room() == 0 || none_follows) {
                let is_done = looks.is_empty() && queue.is_empty();
                if !(stopped || is_done) {
                    self.must_stop(brakes, "")?;
                }
                return Ok(());
            }
            // What goes out goes first: writing outcomes down can wait for it.
            tokio::select! {
                biased;
                Some(()) = groups.next() => {}
                Some(found) = looks.next() => queue.looked.extend(found),
                Some((index, settled)) = outcomes.recv() => {
                    under_way -= 1;
                    self.take(index, settled, brakes)?;
                    queue.schedule.settled(index);
                }
            }
        }
    }

    /// The steps that are looked at next, `room` at most. Those that must not be
    /// sent because of one that they need are settled in their turn.
    fn look_ahead<'s>(&self, queue: &mut Queue<'s>, room: usize) -> Vec<Step<'s>> {
        let reverting = self.sender.check.reverting;
        let mut group = Vec::new();
        while group.len() + queue.looked.len() < room {
            let place = queue.schedule.next();
            let Some(step) = place.and_then(|place| queue.steps.get(place)) else {
                break;
            };
            let (index, ..) = *step;
            match self.needs.unmet(index, &self.outcomes, reverting) {
                Some(reason) => {
                    let refused = Err(Outcome::Refused(reason));
                    queue.looked.push_back((index, refused));
                }
                None => group.push(*step),
            }
        }
        group
    }

    /// Those that are sent together now. What a look spoke against on the way
    /// to them is settled.
    fn next_group<'s>(
        &mut self,
        queue: &mut Queue<'s>,
        (brakes, under_way): (&mut Brakes, usize),
    ) -> Result<Vec<Ready<'s>>, JournalError> {
        let mut group = Vec::new();
        while group.len() < brakes.group(under_way) {
            let Some((index, found)) = queue.looked.pop_front() else {
                break;
            };
            match found {
                Ok(ready) => group.push(ready),
                Err(outcome) => {
                    self.take(index, outcome.into(), brakes)?;
                    queue.schedule.settled(index);
                }
            }
        }
        Ok(group)
    }
}
