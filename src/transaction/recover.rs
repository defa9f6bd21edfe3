//! Settling what an interrupted transaction left open.

use super::{
    ApplyOptions, Environment, JournalError, Precondition, TransactionId, TransactionReport,
};

/// A transaction to be settled.
#[derive(Debug)]
pub struct RecoverRun<'a> {
    /// Where, who, when.
    pub environment: Environment<'a>,
    /// Which.
    pub id: &'a TransactionId,
    /// Send what was not done, too.
    pub finish: bool,
    /// How careful and how fast.
    pub options: ApplyOptions,
    /// The live check of new values, when finishing.
    pub precondition: &'a dyn Precondition,
}

/// Why a transaction could not be settled.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// Its first line cannot be read.
    #[error("the journal of transaction {0} does not say which directories it wrote to")]
    NoHeader(TransactionId),
    /// A domain it wrote to is not among the sources.
    #[error("transaction {id} wrote to {domain}, which is not among the sources ({source_name})")]
    UnknownDomain {
        /// The transaction.
        id: TransactionId,
        /// The domain's DNS name.
        domain: String,
        /// How the source was named then.
        source_name: String,
    },
    /// The journal could not be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Settles a transaction by reading every entry whose outcome is not known.
/// What stays in doubt is in the report; everything else gets its outcome in
/// the journal, and the transaction its end.
pub async fn recover(_run: RecoverRun<'_>) -> Result<TransactionReport, RecoverError> {
    todo!()
}
