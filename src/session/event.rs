//! What a face asks of the session, and what it hears from it.

use std::path::PathBuf;

use super::{Again, Examined, Keeping, Refreshed};
use crate::config::SourceSpec;
use crate::exception::{Exception, Why};
use crate::kept::{SessionId, Summary};
use crate::model::{ChangeSet, Forest};
use crate::rule::Settings;
use crate::scan::{DomainProgress, ScanOptions};
use crate::transaction::{Outcome, TransactionId, TransactionReport, TransactionSummary};
use crate::worksheet::{Resumed, RowId, Worksheet};

/// Everything that a scan needs.
#[derive(Debug, Clone)]
pub struct ScanRequest {
    /// Where to read.
    pub sources: Vec<SourceSpec>,
    /// An embedded rule set or a directory of rule files.
    pub rules: String,
    /// The tenant, as far as rules care.
    pub settings: Settings,
    /// What to judge.
    pub options: ScanOptions,
    /// The file that remembers exceptions; one a forest in the state directory
    /// if none is named.
    pub exceptions: Option<PathBuf>,
}

/// Rows that are accepted, or no longer.
#[derive(Debug, Clone, Default)]
pub struct Acceptances {
    /// The rows.
    pub rows: Vec<RowId>,
    /// Their exceptions, each with the name of its forest.
    pub exceptions: Vec<(String, Exception)>,
}

/// What a face asks for. One at a time; a command sent while another runs is
/// answered by [`Event::Busy`], but for `Cancel`.
#[derive(Debug)]
pub enum Command {
    /// Test the ways to sources; the answer bears the number.
    Examine(u64, Vec<SourceSpec>),
    /// Connect, discover, scan, and send the worksheet.
    Scan(Box<ScanRequest>),
    /// The same, and keep what was decided on this sheet of an earlier scan.
    Rescan(Box<ScanRequest>, Box<Worksheet>),
    /// Read a part of what this sheet shows again, and keep what was decided.
    Refresh(Box<Worksheet>, Again),
    /// Carry out a plan as a transaction on the scanned sources.
    Apply(ChangeSet),
    /// Send the history.
    History,
    /// Send the transactions that were interrupted.
    Unsettled,
    /// Send one transaction, whole.
    Show(TransactionId),
    /// Take a transaction back, by a new one.
    Rollback(TransactionId),
    /// Settle what an unfinished transaction left in doubt.
    Recover(TransactionId),
    /// Remember why rows are right as they are.
    Remember(Acceptances),
    /// Forget the exceptions that accept rows.
    Forget(Acceptances),
    /// Go on with a kept session on this worksheet of the last scan.
    Continue(SessionId, Box<Worksheet>),
    /// Stop what is running between two entries or pages.
    Cancel,
}

/// A worksheet on which a kept session is gone on with.
#[derive(Debug)]
pub struct Continued {
    /// The worksheet that was sent, with what was staged again.
    pub worksheet: Worksheet,
    /// What became of the decisions.
    pub resumption: Resumption,
}

/// What became of the decisions of a kept session.
#[derive(Debug)]
pub struct Resumption {
    /// The session.
    pub id: SessionId,
    /// What became of its decisions.
    pub resumed: Resumed,
    /// What is damaged in its file, one sentence each.
    pub faults: Vec<String>,
}

/// What the session says.
#[derive(Debug)]
pub enum Event {
    /// Another command is still running.
    Busy,
    /// What the ways to sources are like. A test that was stopped is not
    /// answered.
    Examined(u64, Vec<Examined>),
    /// The sources are connected and discovered.
    Discovered(Vec<Forest>),
    /// How far the scan is.
    ScanProgress(Vec<DomainProgress>),
    /// The kept sessions about what is being scanned; comes before
    /// [`Event::Scanned`].
    Offered(Vec<Summary>),
    /// The kept sessions but for the present one, the one that was changed last
    /// first; or why they cannot be told, or one of them not be removed.
    Sessions(Result<Vec<Summary>, String>),
    /// A kept session is gone on with.
    Continued(Box<Continued>),
    /// It is not, and stays as it is: why.
    NotContinued(String),
    /// How the keeping of what is decided stands.
    Keeping(Keeping),
    /// The scan is over, whole or in part.
    Scanned(Box<Worksheet>),
    /// Entries were read again.
    Refreshed(Box<Refreshed>),
    /// Nothing came of reading again, and the sheet stays as it was: why, one
    /// sentence each; none if it was stopped.
    Stays(Vec<String>),
    /// The plan of an apply or a rollback is sealed in the journal at this path;
    /// writing begins.
    ApplyStarted {
        /// The transaction.
        id: TransactionId,
        /// Its journal.
        journal: PathBuf,
        /// The DN of each modification, in the order of the plan; raw.
        entries: Vec<String>,
    },
    /// One modification of the running transaction is settled.
    ApplyProgress {
        /// Its place in the plan.
        index: usize,
        /// What became of it.
        outcome: Outcome,
    },
    /// The transaction is over.
    Applied(TransactionReport),
    /// The history, newest first.
    History(Vec<TransactionSummary>),
    /// The transactions that somebody must settle, newest first; or why that is
    /// not known, which stops nothing.
    Unsettled(Result<Vec<TransactionSummary>, String>),
    /// One transaction as text to read: what it changed on which entry, and
    /// what became of it.
    Shown {
        /// The transaction.
        summary: TransactionSummary,
        /// One modification each: heading and lines of its diff, raw.
        modifications: Vec<(String, Vec<String>)>,
    },
    /// Exceptions were kept or forgotten: the rows, and where, in words.
    Remembered {
        /// The rows; accepted with the reason if one is given, else no more.
        rows: Vec<RowId>,
        /// Why they are accepted; none if they no longer are.
        why: Option<Why>,
        /// What was done, in one sentence.
        sentence: String,
    },
    /// An LDAP operation as it is sent, for the operation log.
    Operation(String),
    /// The command failed, with what went wrong and what to try.
    Failed {
        /// One sentence.
        message: String,
        /// What to try, if something is known.
        hint: Option<String>,
    },
}
