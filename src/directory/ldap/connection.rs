//! One signed-in connection, and the operations on it.
//!
//! Every operation has a time limit and leaves one line in the log, at target
//! `idmend::ldap`, without values. An operation that is not answered ends the
//! connection, so that no late answer can be taken for another's.

use std::time::{Duration, Instant};

use ldap3::asn1::StructureTag;
use ldap3::controls::{Control, RawControl};
use ldap3::exop::WhoAmI;
use ldap3::{Ldap, LdapError, LdapResult, Scope, SearchStream};

use super::config::Timeouts;
use super::root_dse::RootDse;
use super::transport::Opened;
use super::{LOG, ber};
use crate::directory::DirectoryError;
use crate::directory::result_code::explain_in_full;

/// The paged results control, RFC 2696.
pub(super) const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";

/// A connection that is signed in.
#[derive(Debug)]
pub(super) struct Connection {
    opened: Opened,
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
    /// How long the next entry may take.
    pub(super) timeout: Duration,
}

/// The answers to a search, as they come.
pub(super) struct Answers {
    stream: SearchStream<'static, String, Vec<String>>,
    ending: super::guard::Ending,
    host: String,
    timeout: Duration,
    described: String,
    begun: Instant,
    count: usize,
}

/// How a search ended.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) code: u32,
    pub(super) text: String,
    /// Where the next page begins; `None` after the last.
    pub(super) cookie: Option<Vec<u8>>,
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
        failure(&self.host, &self.opened.ending, error, timeout)
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
    pub(super) async fn search(&self, question: Question<'_>) -> Result<Answers, DirectoryError> {
        let mut handle = self.handle();
        let described = format!(
            "search {:?} scope {:?} filter {}",
            question.base, question.scope, question.filter
        );
        handle
            .with_timeout(question.timeout)
            .with_controls(question.controls);
        let stream = handle
            .streaming_search(
                question.base,
                question.scope,
                question.filter,
                question.attributes,
            )
            .await;
        match stream {
            Ok(stream) => Ok(Answers {
                stream,
                ending: self.opened.ending.clone(),
                host: self.host.clone(),
                timeout: question.timeout,
                described,
                begun: Instant::now(),
                count: 0,
            }),
            Err(LdapError::FilterParsing) => Err(DirectoryError::Unusable(format!(
                "'{}' is not an LDAP filter",
                question.filter
            ))),
            Err(error) => Err(self.failure(&error, question.timeout)),
        }
    }

    /// Sends a small search and waits for all of it, `limit` entries at most.
    pub(super) async fn ask(
        &self,
        question: Question<'_>,
        limit: usize,
    ) -> Result<(Vec<StructureTag>, Done), DirectoryError> {
        let mut answers = self.search(question).await?;
        let mut entries = Vec::new();
        while let Some(entry) = answers.next().await? {
            if entries.len() == limit {
                self.close();
                return Err(DirectoryError::Unreachable {
                    host: self.host.clone(),
                    reason: "connection lost: malformed answer: more entries than were asked for"
                        .to_owned(),
                });
            }
            entries.push(entry);
        }
        Ok((entries, answers.finish().await))
    }

    /// Reads one entry; `None` if there is none of that name.
    pub(super) async fn base_read(
        &self,
        base: &str,
        attributes: Vec<String>,
    ) -> Result<Option<StructureTag>, DirectoryError> {
        let question = Question {
            base,
            scope: Scope::Base,
            filter: "(objectClass=*)",
            attributes,
            controls: Vec::new(),
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

impl Answers {
    /// The next entry, `None` after the last. References to other servers are
    /// left out: each domain is read by itself.
    pub(super) async fn next(&mut self) -> Result<Option<StructureTag>, DirectoryError> {
        if self.stream.res.is_some() {
            return Ok(None);
        }
        loop {
            match self.stream.next().await {
                Ok(Some(entry)) if entry.is_ref() || entry.is_intermediate() => {}
                Ok(Some(entry)) => {
                    self.count += 1;
                    return Ok(Some(entry.0));
                }
                Ok(None) => return Ok(None),
                Err(error) => return Err(failure(&self.host, &self.ending, &error, self.timeout)),
            }
        }
    }

    /// How it ended; to be called after the last entry.
    pub(super) async fn finish(mut self) -> Done {
        let result = self.stream.finish().await;
        tracing::info!(
            target: LOG,
            host = self.host,
            code = result.rc,
            entries = self.count,
            milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            "{}", self.described
        );
        let cookie = result
            .ctrls
            .iter()
            .find(|Control(_, control)| control.ctype == PAGED_RESULTS)
            .and_then(|Control(_, control)| control.val.as_deref())
            .and_then(read_cookie);
        Done {
            code: result.rc,
            text: result.text,
            cookie,
        }
    }
}

/// The cookie of a paged results control's value; `None` if it is empty.
fn read_cookie(value: &[u8]) -> Option<Vec<u8>> {
    let whole = ber::element(value, &(0..value.len())).ok()?;
    let parts = ber::elements(value, &whole.content, 2).ok()?;
    let cookie = value.get(parts.get(1)?.content.clone())?;
    (!cookie.is_empty()).then(|| cookie.to_vec())
}

fn failure(
    host: &str,
    ending: &super::guard::Ending,
    error: &LdapError,
    timeout: Duration,
) -> DirectoryError {
    let reason = match error {
        LdapError::Timeout { .. } => {
            format!(
                "connection lost: no answer within {} seconds",
                timeout.as_secs()
            )
        }
        _ => match ending.get() {
            Some(why) => format!("connection lost: {why}"),
            None => format!("connection lost: {error}"),
        },
    };
    DirectoryError::Unreachable {
        host: host.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_from_any_bytes() {
        assert_eq!(read_cookie(b"\x30\x05\x02\x01\x00\x04\x00"), None);
        assert_eq!(
            read_cookie(b"\x30\x06\x02\x01\x00\x04\x01a"),
            Some(b"a".to_vec())
        );
        for odd in [&b""[..], b"\x30", b"\x30\x03\x02\x01\x00", b"\x30\x7f\x02"] {
            assert_eq!(read_cookie(odd), None);
        }
    }
}
