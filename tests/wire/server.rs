//! A small LDAP server on a loopback port that answers as a test tells it to,
//! and remembers what it was asked.
//!
//! In the clear: what is tested is what goes over the wire, not TLS.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapBindResponse, LdapExtendedResponse, LdapMsg, LdapOp, LdapPartialAttribute, LdapResult,
    LdapResultCode, LdapSearchResultEntry, LdapSearchScope,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::codec::{Decoder as _, Encoder as _};

/// One thing the server does in answer to a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Send a message with the request's number.
    Send(LdapOp, Vec<LdapControl>),
    /// Send an operation, as bytes, in a message with the request's number.
    Operation(Vec<u8>),
    /// Send bytes as they are.
    Raw(Vec<u8>),
    /// Send operations as [`Act::Operation`] does, by their number, until the
    /// client says anything.
    Endless(fn(usize) -> Vec<u8>),
    /// Wait before going on.
    Wait(Duration),
    /// Close the connection.
    Close,
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The number of the connection, from 0.
    pub(crate) connection: usize,
    pub(crate) message: LdapMsg,
}

/// Answers a request; `None` leaves it to the server's own answers: every bind
/// is accepted, the rootDSE is [`Server::root`], nothing else exists.
pub(crate) type Script = Box<dyn FnMut(&Asked) -> Option<Vec<Act>> + Send>;

/// A running server; it ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server that calls itself an Active Directory.
    pub(crate) async fn start(
        script: impl FnMut(&Asked) -> Option<Vec<Act>> + Send + 'static,
    ) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
    }

    /// The same at an address.
    pub(crate) async fn start_at(
        address: SocketAddr,
        script: impl FnMut(&Asked) -> Option<Vec<Act>> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::default();
        let script: Arc<Mutex<Script>> = Arc::new(Mutex::new(Box::new(script)));
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                tokio::spawn(serve(
                    stream,
                    connection,
                    Arc::clone(&script),
                    Arc::clone(&log),
                ));
            }
        });
        Self { address, asked }
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("the log").clone()
    }

    /// How many requests of a kind were received.
    pub(crate) fn count(&self, is: impl Fn(&LdapOp) -> bool) -> usize {
        let asked = self.asked();
        asked.iter().filter(|asked| is(&asked.message.op)).count()
    }

    pub(crate) fn binds(&self) -> usize {
        self.count(|op| matches!(op, LdapOp::BindRequest(_)))
    }

    pub(crate) fn modifies(&self) -> usize {
        self.count(|op| matches!(op, LdapOp::ModifyRequest(_)))
    }

    /// The rootDSE of a domain controller with the given dsServiceName.
    pub(crate) fn root(service: &str) -> LdapOp {
        entry(
            "",
            &[
                ("supportedCapabilities", &["1.2.840.113556.1.4.800"]),
                (
                    "supportedControl",
                    &["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.1339"],
                ),
                ("defaultNamingContext", &["DC=x"]),
                ("dsServiceName", &[service]),
            ],
        )
    }
}

#[expect(
    clippy::default_trait_access,
    reason = "the buffers' type is of a crate that is no dependency of ours"
)]
async fn serve(
    mut stream: TcpStream,
    connection: usize,
    script: Arc<Mutex<Script>>,
    log: Arc<Mutex<Vec<Asked>>>,
) {
    let mut codec = LdapCodec::default();
    let mut received = Default::default();
    loop {
        while let Ok(Some(message)) = codec.decode(&mut received) {
            let asked = Asked {
                connection,
                message,
            };
            let acts =
                (script.lock().expect("the script"))(&asked).unwrap_or_else(|| usual(&asked));
            log.lock().expect("the log").push(asked.clone());
            for act in acts {
                let mut bytes = Default::default();
                match act {
                    Act::Send(op, ctrl) => {
                        let msgid = asked.message.msgid;
                        let message = LdapMsg { msgid, op, ctrl };
                        codec.encode(message, &mut bytes).expect("a message");
                    }
                    Act::Operation(operation) => {
                        bytes.extend_from_slice(&in_message(&asked, operation));
                    }
                    Act::Endless(operation) => {
                        let (mut reader, mut writer) = stream.split();
                        for number in 0.. {
                            let message = in_message(&asked, operation(number));
                            tokio::select! {
                                read = reader.read_buf(&mut received) => match read {
                                    Ok(0) | Err(_) => return,
                                    Ok(_) => break,
                                },
                                sent = writer.write_all(&message) => if sent.is_err() {
                                    return;
                                },
                            }
                        }
                    }
                    Act::Raw(raw) => bytes.extend_from_slice(&raw),
                    Act::Wait(time) => tokio::time::sleep(time).await,
                    Act::Close => return,
                }
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        }
        match stream.read_buf(&mut received).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn in_message(asked: &Asked, operation: Vec<u8>) -> Vec<u8> {
    let number = element(0x02, &asked.message.msgid.to_be_bytes());
    element(0x30, &[number, operation].concat())
}

/// What the server answers when the test does not say.
fn usual(asked: &Asked) -> Vec<Act> {
    match &asked.message.op {
        LdapOp::BindRequest(_) => vec![bound(LdapResultCode::Success, "")],
        LdapOp::SearchRequest(search) if search.base.is_empty() => {
            vec![
                Act::Send(Server::root("one"), Vec::new()),
                done(LdapResultCode::Success),
            ]
        }
        LdapOp::SearchRequest(search) if search.scope == LdapSearchScope::Base => {
            vec![done(LdapResultCode::NoSuchObject)]
        }
        LdapOp::SearchRequest(_) => vec![done(LdapResultCode::Success)],
        LdapOp::ExtendedRequest(_) => vec![Act::Send(
            LdapOp::ExtendedResponse(LdapExtendedResponse {
                res: result(LdapResultCode::ProtocolError, "not known here"),
                name: None,
                value: None,
            }),
            Vec::new(),
        )],
        LdapOp::ModifyRequest(_) => vec![modified(LdapResultCode::Success, "")],
        _ => vec![Act::Close],
    }
}

pub(crate) fn result(code: LdapResultCode, message: &str) -> LdapResult {
    LdapResult {
        code,
        matcheddn: String::new(),
        message: message.to_owned(),
        referral: Vec::new(),
    }
}

pub(crate) fn bound(code: LdapResultCode, message: &str) -> Act {
    let response = LdapBindResponse {
        res: result(code, message),
        saslcreds: None,
    };
    Act::Send(LdapOp::BindResponse(response), Vec::new())
}

pub(crate) fn modified(code: LdapResultCode, message: &str) -> Act {
    Act::Send(LdapOp::ModifyResponse(result(code, message)), Vec::new())
}

pub(crate) fn done(code: LdapResultCode) -> Act {
    Act::Send(LdapOp::SearchResultDone(result(code, "")), Vec::new())
}

/// The end of a page; an empty cookie ends the search.
pub(crate) fn page_end(cookie: &[u8]) -> Act {
    let control = LdapControl::SimplePagedResults {
        size: 0,
        cookie: cookie.to_vec(),
    };
    let end = LdapOp::SearchResultDone(result(LdapResultCode::Success, ""));
    Act::Send(end, vec![control])
}

/// The cookie that a request for a page carries; `None` if it asks for no page.
pub(crate) fn cookie(asked: &Asked) -> Option<(i64, Vec<u8>)> {
    asked.message.ctrl.iter().find_map(|control| match control {
        LdapControl::SimplePagedResults { size, cookie } => Some((*size, cookie.clone())),
        _ => None,
    })
}

pub(crate) fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> LdapOp {
    LdapOp::SearchResultEntry(LdapSearchResultEntry {
        dn: dn.to_owned(),
        attributes: attributes
            .iter()
            .map(|(name, values)| LdapPartialAttribute {
                atype: (*name).to_owned(),
                vals: values
                    .iter()
                    .map(|value| value.as_bytes().to_vec())
                    .collect(),
            })
            .collect(),
    })
}

/// An element of BER with this tag.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a length that LDAP allows");
    [&[tag, 0x84], &length.to_be_bytes()[..], content].concat()
}

/// A `SearchResultEntry` with this list of attributes, as bytes.
pub(crate) fn raw_entry(dn: &str, attributes: &[u8]) -> Vec<u8> {
    let name = element(0x04, dn.as_bytes());
    element(0x64, &[name, element(0x30, attributes)].concat())
}

/// An attribute with its values, as bytes.
pub(crate) fn raw_attribute<'a>(name: &str, values: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let values: Vec<u8> = values.flat_map(|value| element(0x04, value)).collect();
    let name = element(0x04, name.as_bytes());
    element(0x30, &[name, element(0x31, &values)].concat())
}

/// [`entry`] as something to send.
pub(crate) fn send_entry(dn: &str, attributes: &[(&str, &[&str])]) -> Act {
    Act::Send(entry(dn, attributes), Vec::new())
}
