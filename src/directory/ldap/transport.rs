//! From a host name to an ldap3 handle: TCP, TLS or `StartTLS`, and the relay.
//!
//! Nothing is sent in the clear before TLS but the `StartTLS` request itself,
//! and nothing but its answer is read. Whoever signs in before ldap3 takes
//! over, as Kerberos does, does so between [`Target::connect`] and
//! [`Target::drive`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;

use super::dns::Dns;
use super::pair::pair;
use super::relay::{self, Ending, Searches};
use super::{guard, message, tls};
use crate::directory::DirectoryError;
use crate::model::Protection;

/// Message 1: `ExtendedRequest` 1.3.6.1.4.1.1466.20037 (RFC 4511, 4.14.1).
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// The longest answer to `StartTLS`, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// A connection that carries LDAP, whatever protects it.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// One of any kind.
pub(super) type Wire = Box<dyn Duplex>;

/// Where to connect to, and how.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The name given, which the certificate must carry.
    pub(super) host: String,
    /// Port.
    pub(super) port: u16,
    /// TLS or not.
    pub(super) protection: Protection,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// What it takes to get there.
#[derive(Debug)]
pub(super) struct Way<'a> {
    pub(super) tls: Option<&'a Arc<ClientConfig>>,
    pub(super) dns: &'a Dns,
    /// The address that answered before.
    pub(super) pinned: Option<SocketAddr>,
    pub(super) timeout: Duration,
}

/// A connection on which nothing has been said yet.
pub(super) struct Connected {
    pub(super) wire: Wire,
    /// The address that answered.
    pub(super) address: SocketAddr,
    /// The server's certificate (DER), within TLS.
    pub(super) certificate: Option<Vec<u8>>,
}

/// An open connection: ldap3 and searches, behind the relay.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) ldap: Ldap,
    pub(super) searches: Searches,
    pub(super) ending: Ending,
    /// The address that answered.
    pub(super) address: SocketAddr,
    /// Ends the connection at once.
    pub(super) abort: AbortHandle,
}

impl Target {
    pub(super) fn unreachable(&self, reason: impl Into<String>) -> DirectoryError {
        DirectoryError::Unreachable {
            host: self.to_string(),
            reason: reason.into(),
        }
    }

    /// Connects to the address that answered before, or else to the first
    /// address of the host that answers.
    pub(super) async fn connect(&self, way: Way<'_>) -> Result<Connected, DirectoryError> {
        let timeout = way.timeout;
        let opening = async {
            let (stream, address) = self.dial(way.dns, way.pinned).await?;
            let (wire, certificate): (Wire, _) = match (self.protection, way.tls) {
                (Protection::Sealed | Protection::Cleartext, _) => (Box::new(stream), None),
                (Protection::Ldaps, Some(tls)) => self.secure(stream, tls).await?,
                (Protection::StartTls, Some(tls)) => {
                    let stream = self.start_tls(stream).await?;
                    self.secure(stream, tls).await?
                }
                (_, None) => return Err(self.unreachable("TLS is not configured")),
            };
            Ok(Connected {
                wire,
                address,
                certificate,
            })
        };
        tokio::time::timeout(timeout, opening)
            .await
            .unwrap_or_else(|_elapsed| {
                Err(self.unreachable(format!(
                    "no answer within {} seconds; check the host name, the port and the firewall",
                    timeout.as_secs()
                )))
            })
    }

    async fn dial(
        &self,
        dns: &Dns,
        pinned: Option<SocketAddr>,
    ) -> Result<(TcpStream, SocketAddr), DirectoryError> {
        let addresses: Vec<SocketAddr> = match pinned {
            Some(address) => vec![address],
            None => dns
                .addresses(&self.host, self.port)
                .await
                .map_err(|error| {
                    self.unreachable(format!("the host name cannot be resolved: {error}"))
                })?,
        };
        let mut last = self.unreachable("the host name has no address");
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    // Only a matter of speed; the connection works without.
                    stream.set_nodelay(true).ok();
                    return Ok((stream, address));
                }
                Err(error) => last = self.unreachable(error.to_string()),
            }
        }
        Err(last)
    }

    /// The stream within TLS, and the server's certificate.
    async fn secure(
        &self,
        stream: TcpStream,
        tls: &Arc<ClientConfig>,
    ) -> Result<(Wire, Option<Vec<u8>>), DirectoryError> {
        let name = ServerName::try_from(self.host.clone())
            .map_err(|error| self.unreachable(format!("the host name is none for TLS: {error}")))?;
        let connector = TlsConnector::from(Arc::clone(tls));
        let stream = connector.connect(name, stream).await.map_err(|error| {
            let fault = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>());
            match fault.and_then(|fault| tls::certificate_fault(fault, &self.host)) {
                Some(reason) => DirectoryError::Certificate {
                    host: self.to_string(),
                    reason,
                },
                None if fault.is_some_and(|fault| tls::handshake_fault(fault).is_some()) => {
                    self.unreachable(tls::OLD_SERVER)
                }
                None if is_broken_off(&error) => self.unreachable(format!(
                    "the server broke off the TLS handshake; a domain controller without a \
                     certificate does so, and so does one that is too old: {}",
                    tls::OLD_SERVER
                )),
                None if fault.is_some_and(is_no_tls) => {
                    self.unreachable("what answers there does not speak TLS; LDAPS is usually on port 636, and --starttls is for port 389")
                }
                None => self.unreachable(format!("TLS failed: {error}")),
            }
        })?;
        let certificates = stream.get_ref().1.peer_certificates();
        let certificate = certificates.and_then(<[_]>::first).map(|own| own.to_vec());
        Ok((Box::new(stream), certificate))
    }

    /// Asks for TLS on a plain connection.
    async fn start_tls(&self, mut stream: TcpStream) -> Result<TcpStream, DirectoryError> {
        let lost = |reason: String| self.unreachable(format!("StartTLS failed: {reason}"));
        let sent = stream.write_all(START_TLS).await;
        sent.map_err(|error| lost(error.to_string()))?;
        let answer = message::read(&mut stream, LONGEST_ANSWER).await;
        let mut answer = answer.map_err(lost)?;
        let answer = guard::result(&mut answer, 1, guard::EXTENDED_RESPONSE).map_err(lost)?;
        if answer.code != 0 {
            let (code, text) = (answer.code, answer.text);
            return Err(self.unreachable(format!(
                "the server refused StartTLS ({code}: {text}); try ldaps://"
            )));
        }
        Ok(stream)
    }

    /// Starts ldap3 behind the relay.
    pub(super) async fn drive(
        &self,
        wire: Wire,
        address: SocketAddr,
    ) -> Result<Opened, DirectoryError> {
        let local = |error: &dyn std::fmt::Display| {
            self.unreachable(format!("the connection cannot be set up: {error}"))
        };
        let (settings, url, inner) = pair().map_err(|error| local(&error))?;
        let (connection, ldap) = LdapConnAsync::with_settings(settings, url)
            .await
            .map_err(|error| local(&error))?;
        let ending = Ending::default();
        let (searches, desk) = Searches::open();
        let relay = tokio::spawn(relay::relay(wire, inner, desk, Arc::clone(&ending)));
        // How it ends is told by the relay, to whoever waits for an answer.
        drop(tokio::spawn(connection.drive()));
        Ok(Opened {
            ldap,
            searches,
            ending,
            address,
            abort: relay.abort_handle(),
        })
    }
}

fn is_broken_off(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::UnexpectedEof
    )
}

fn is_no_tls(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidMessage(_))
}
