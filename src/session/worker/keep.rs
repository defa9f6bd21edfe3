//! Kept sessions in the worker: which there are, going on with one, and keeping
//! on with the present one on a sheet of a later reading.

use std::sync::Arc;

use super::{Worker, tell};
use crate::kept::{self, SessionId, Summary};
use crate::session::keep::{forest_records, is_about, looks_for_all, scan_record};
use crate::session::keeper::{Adopted, Moved, Subject};
use crate::session::{Continued, Event, Refreshed, Resumption, ScanRequest, SessionError};
use crate::worksheet::{Located, Noted, RowId, RowKey, Worksheet};

impl Worker<'_> {
    /// From now on keeps what is decided on this worksheet, and offers the
    /// sessions that are about it.
    pub(super) async fn begin_to_keep(&mut self, request: &ScanRequest, worksheet: &Worksheet) {
        let forests = forest_records(&worksheet.scan.forests);
        let request = scan_record(request);
        self.session.scanned = Some((forests.clone(), request.clone()));
        let is_of_these = |summary: &Summary| {
            let head = summary.head.as_ref();
            head.is_some_and(|head| is_about(head, &forests))
        };
        match self.line.list().await {
            Ok(mut sessions) => {
                sessions.retain(is_of_these);
                tell(self.outbox, Event::Offered(sessions)).await;
            }
            // What is scanned can be worked on all the same.
            Err(error) => tracing::warn!(%error, "sessions cannot be listed"),
        }
        self.line.subject(Subject {
            forests,
            request,
            scan: Arc::clone(&worksheet.scan),
        });
    }

    /// Keeps on in the same session on the sheet of a later reading, to which
    /// what was decided on the one before was carried over.
    pub(super) async fn keep_on(
        &mut self,
        before: Worksheet,
        refreshed: &Refreshed,
    ) -> Result<(), SessionError> {
        let Some((forests, request)) = self.session.scanned.clone() else {
            return Ok(());
        };
        let now = refreshed.worksheet.clone();
        let places = refreshed.carried.rows.clone();
        let moved = tokio::task::spawn_blocking(move || {
            let subject = Subject {
                forests,
                request,
                scan: Arc::clone(&now.scan),
            };
            moved(subject, &before, &now, &places)
        });
        self.line.moved(moved.await?);
        Ok(())
    }

    /// Lays what a session kept over the worksheet.
    pub(super) async fn go_on(
        &mut self,
        id: SessionId,
        worksheet: Worksheet,
    ) -> Result<Event, SessionError> {
        match self.line.open(id).await {
            Err(reason) => Ok(Event::NotContinued(reason)),
            Ok(record) if self.is_elsewhere(&record) => Ok(Event::NotContinued(
                "it is about forests that were not scanned just now".to_owned(),
            )),
            Ok(record) => {
                let continued = self.lay_over(record, worksheet).await?;
                Ok(Event::Continued(Box::new(continued)))
            }
        }
    }

    /// Whether a session is about other forests, as far as it says.
    fn is_elsewhere(&self, record: &kept::Record) -> bool {
        let scanned = self.session.scanned.as_ref();
        match (&record.head, scanned) {
            (Some(head), Some((forests, _))) => !is_about(head, forests),
            _ => false,
        }
    }

    async fn lay_over(
        &mut self,
        mut record: kept::Record,
        mut worksheet: Worksheet,
    ) -> Result<Continued, SessionError> {
        let scanned = self.session.scanned.as_ref();
        let whole = scanned.is_some_and(|(forests, request)| {
            looks_for_all(record.head.as_ref(), forests, request)
        });
        let resume = tokio::task::spawn_blocking(move || {
            let resumed = worksheet.resume(&mut record.kept, whole);
            let rows: Vec<RowId> = worksheet
                .rows()
                .filter(|row| worksheet.is_kept(*row))
                .collect();
            (worksheet, record, resumed, rows)
        });
        let (worksheet, record, resumed, rows) = resume.await?;
        for unfit in resumed.lost.iter().chain(&resumed.aside) {
            tracing::warn!(%unfit, "not staged again");
        }
        let resumption = Resumption {
            id: record.id.clone(),
            resumed,
            faults: record.faults(),
        };
        self.line.adopt(Adopted { record, rows });
        Ok(Continued {
            worksheet,
            resumption,
        })
    }
}

/// What becomes of what is kept of `before` on the sheet of a later reading, on
/// which its rows are at `places`.
fn moved(subject: Subject, before: &Worksheet, now: &Worksheet, places: &[Option<RowId>]) -> Moved {
    let mut moved = Moved {
        subject,
        rows: now.rows().filter(|row| now.is_kept(*row)).collect(),
        left: Vec::new(),
        aside: Vec::new(),
        returned: Vec::new(),
    };
    for (row, place) in before.rows().zip(places) {
        let is_kept = place.is_some_and(|place| now.is_kept(place));
        if before.is_kept(row) == is_kept {
            continue;
        }
        let Some(noted) = noted(before, row) else {
            continue;
        };
        // It may fit a later scan as long as its value may still stand.
        let waits = || {
            matches!(
                now.locate(&noted.key),
                Located::NoFinding(_) | Located::NotJudged | Located::NotRead
            )
        };
        match place {
            Some(place) if is_kept => moved.returned.push(Noted {
                decision: now.decision(*place),
                ..noted
            }),
            None if waits() => moved.aside.push(noted),
            _ => moved.left.push(noted),
        }
    }
    moved
}

fn noted(sheet: &Worksheet, row: RowId) -> Option<Noted> {
    Some(Noted {
        key: RowKey::of(&sheet.scan, row)?,
        dn: Some(sheet.scan.snapshot.dn(sheet.finding(row).entry)),
        decision: sheet.decision(row),
    })
}
