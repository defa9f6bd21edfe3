//! One signed-in connection, and the operations on it.
//!
//! Every operation has a time limit and leaves one line in the log, at target
//! `idmend::ldap`, without values. An operation that is not answered ends the
//! connection, so that no late answer can be taken for another's.

use std::time::Duration;

use bytes::Bytes;
use ldap3::controls::RawControl;
use ldap3::exop::WhoAmI;
use ldap3::{Ldap, LdapError, LdapResult, Scope};

use super::answers::{Answers, too_long};
use super::config::Timeouts;
use super::guard::Answer;
use super::relay::Item;
use super::root_dse::RootDse;
use super::transport::Opened;
use super::{LOG, request};
use crate::directory::DirectoryError;
use crate::directory::result_code::explain_in_full;

/// A connection that is signed in.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) opened: Opened,
    /// Host and port, for people.
    host: String,
    timeouts: Timeouts,
    /// What the server says of itself.
    pub(super) root: RootDse,
}

/// A search to be sent.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) base: &'a str,
    pub(super) scope: Scope,
    pub(super) filter: &'a str,
    pub(super) attributes: Vec<String>,
    pub(super) controls: Vec<RawControl>,
    /// How long the server may be silent.
    pub(super) timeout: Duration,
}

impl Connection {
    pub(super) fn new(opened: Opened, host: String, timeouts: Timeouts) -> Self {
        Self {
            opened,
            host,
            timeouts,
            root: RootDse::default(),
        }
    }

    /// Host and port.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The address that answers.
    pub(super) fn address(&self) -> std::net::SocketAddr {
        self.opened.address
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// A handle for one operation.
    pub(super) fn handle(&self) -> Ldap {
        self.opened.ldap.clone()
    }

    /// Whether no operation can be sent any more.
    pub(super) fn is_closed(&self) -> bool {
        self.opened.ending.get().is_some() || self.handle().is_closed()
    }

    /// Ends the connection at once.
    pub(super) fn close(&self) {
        self.opened
            .ending
            .get_or_init(|| "it was given up".to_owned());
        self.opened.abort.abort();
    }

    /// What to call a failure of ldap3's, which is never a server's refusal.
    pub(super) fn failure(&self, error: &LdapError, timeout: Duration) -> DirectoryError {
        match (error, self.opened.ending.get()) {
            (LdapError::Timeout { .. }, _) => silent(&self.host, timeout),
            (_, Some(why)) => lost(&self.host, why),
            (_, None) => lost(&self.host, &error.to_string()),
        }
    }

    /// Signs in. The answer is the server's; a failure means that none came.
    pub(super) async fn bind(
        &self,
        user: &str,
        password: &str,
    ) -> Result<LdapResult, DirectoryError> {
        let timeout = self.timeouts.operation;
        let answer = self
            .handle()
            .with_timeout(timeout)
            .simple_bind(user, password)
            .await;
        let code = answer.as_ref().map(|result| result.rc).ok();
        tracing::info!(target: LOG, host = self.host, user, code, "bind");
        answer.map_err(|error| self.failure(&error, timeout))
    }

    /// Who the server says is signed in (RFC 4532); `None` if it will not say.
    pub(super) async fn who_am_i(&self) -> Option<String> {
        let mut handle = self.handle();
        let answer = handle
            .with_timeout(self.timeouts.operation)
            .extended(WhoAmI)
            .await
            .ok()?;
        tracing::info!(target: LOG, host = self.host, code = answer.1.rc, "who am i");
        let name = String::from_utf8_lossy(answer.0.val.as_deref()?).into_owned();
        let name = name
            .strip_prefix("u:")
            .or(name.strip_prefix("dn:"))
            .unwrap_or(&name);
        (answer.1.rc == 0 && !name.is_empty()).then(|| name.to_owned())
    }

    /// Starts a search.
    pub(super) fn search(&self, question: Question<'_>) -> Result<Answers, DirectoryError> {
        let described = format!(
            "search {:?} scope {:?} filter {}",
            question.base,
            question.scope,
            beginning(question.filter)
        );
        let (filter, timeout) = (question.filter, question.timeout);
        let write = |number| request::search(number, question);
        let search =
            self.opened.searches.begin(write).ok_or_else(|| {
                DirectoryError::Unusable(format!("'{filter}' is not an LDAP filter"))
            })?;
        Ok(Answers::new(self, search, described, timeout))
    }

    /// Sends a small search and waits for all of it, `limit` entries at most.
    pub(super) async fn ask(
        &self,
        question: Question<'_>,
        limit: usize,
    ) -> Result<(Vec<Bytes>, Answer), DirectoryError> {
        let mut answers = self.search(question)?;
        let mut found = Vec::new();
        loop {
            match answers.next().await? {
                Item::Entries(entries) if found.len() + entries.len() > limit => {
                    self.close();
                    return Err(lost(
                        &self.host,
                        "malformed answer: more entries than were asked for",
                    ));
                }
                Item::Entries(entries) => found.extend(entries),
                Item::TooLong(name) => return Err(DirectoryError::Unusable(too_long(&name))),
                Item::Done(answer) => return Ok((found, answer)),
            }
        }
    }

    /// Reads one entry; `None` if there is none of that name.
    pub(super) async fn base_read(
        &self,
        base: &str,
        attributes: Vec<String>,
    ) -> Result<Option<Bytes>, DirectoryError> {
        let question = Question {
            base,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            controls: self
                .root
                .descriptor_flags(&attributes)
                .into_iter()
                .collect(),
            attributes,
            timeout: self.timeouts.operation,
        };
        let (mut entries, done) = self.ask(question, 1).await?;
        match done.code {
            0 => Ok(entries.pop()),
            32 => Ok(None),
            code => Err(DirectoryError::Refused {
                operation: format!("reading {base}"),
                code,
                reason: explain_in_full(code, &done.text),
            }),
        }
    }
}

/// As much of a filter as a log needs: one for the holders of fifty values
/// has thousands of characters.
fn beginning(filter: &str) -> std::borrow::Cow<'_, str> {
    const ENOUGH: usize = 200;
    match filter.char_indices().nth(ENOUGH) {
        Some((end, _)) => {
            let beginning = filter.get(..end).unwrap_or_default();
            format!("{beginning}… ({} bytes)", filter.len()).into()
        }
        None => filter.into(),
    }
}

/// What to call a connection that broke.
pub(super) fn lost(host: &str, why: &str) -> DirectoryError {
    DirectoryError::Unreachable {
        host: host.to_owned(),
        reason: format!("connection lost: {why}"),
    }
}

/// What to call a server that does not answer.
pub(super) fn silent(host: &str, timeout: Duration) -> DirectoryError {
    let seconds = timeout.as_secs();
    lost(host, &format!("no answer within {seconds} seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_told_by_its_beginning() {
        assert_eq!(beginning("(cn=ü)"), "(cn=ü)");
        let long = "ü".repeat(500);
        let told = format!("{}… (1000 bytes)", "ü".repeat(200));
        assert_eq!(beginning(&long), told);
    }
}
