//! The log's lines for whoever has to answer later who changed what: one for
//! each attribute of each modification, at target `idmend::audit`.
//!
//! They repeat what the journal says, in the log of the run. Values and texts of
//! servers are quoted with escapes, so that none can look like a line.

use super::{Origin, Outcome, TransactionId};
use crate::model::{DistinguishedName, Identity, Value};
use crate::transaction::run::Step;

const TARGET: &str = "idmend::audit";

/// Notes what became of a modification.
pub(super) fn note(id: &TransactionId, origin: &Origin, (step, outcome): (Step<'_>, &Outcome)) {
    let (_, modification, target) = step;
    let (code, text) = match outcome {
        Outcome::Failed { code, text, .. } => (*code, text.as_str()),
        outcome if outcome.wrote() => (Some(0), ""),
        _ => (None, ""),
    };
    let guid = match &modification.identity {
        Identity::Guid(guid) => guid.to_string(),
        Identity::Dn(_) => String::new(),
    };
    for change in &modification.changes {
        tracing::info!(
            target: TARGET,
            transaction = id.as_str(),
            by = target.identity.as_deref().unwrap_or("unknown"),
            user = origin.user,
            from = origin.host,
            controller = target.domain.host,
            entry = DistinguishedName::as_str(&modification.dn),
            guid,
            attribute = change.attribute.as_str(),
            old = ?texts(&change.delete),
            new = ?texts(&change.add),
            outcome = outcome.to_string(),
            code,
            text,
            "change"
        );
    }
}

fn texts(values: &[Value]) -> Vec<std::borrow::Cow<'_, str>> {
    values.iter().map(Value::to_text_lossy).collect()
}
