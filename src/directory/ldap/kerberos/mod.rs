//! Signing in with the current Kerberos ticket: no password is typed, sent or
//! stored.
//!
//! On a plain connection everything after the sign-in is sealed, and a server
//! that does not seal is left. Within TLS the ticket is bound to the server's
//! certificate (channel binding) and nothing is sealed twice. The ticket comes
//! from the system: MIT Kerberos or Heimdal where there is a Unix, SSPI on
//! Windows. A build without the feature `kerberos` has all of this but the
//! ticket, and says so.

#[cfg(any(feature = "kerberos", test))]
mod arrivals;
mod bind;
mod binding;
mod fault;
mod frames;
mod stream;

#[cfg(test)]
mod fake;

#[cfg(not(feature = "kerberos"))]
#[path = "absent.rs"]
mod system;
#[cfg(all(feature = "kerberos", unix))]
#[path = "gssapi.rs"]
mod system;
#[cfg(all(feature = "kerberos", windows))]
#[path = "sspi.rs"]
mod system;

use std::net::IpAddr;
use std::time::Duration;

pub(super) use self::bind::BindError;
pub(super) use self::fault::{ABSENT, refusal};

use self::bind::{Layer, bind};
use self::stream::Sealed;
use super::transport::Wire;

/// A security context with one server (RFC 2743).
trait Context: Send {
    /// Takes the server's token and gives the next of ours, if there is one.
    /// Fails if the server is not the one that was asked for, or if what the
    /// context must give was not granted.
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String>;

    /// Whether both sides know each other.
    fn is_established(&self) -> bool;

    /// Protects bytes against change, and against reading if `sealed`.
    fn wrap(&mut self, sealed: bool, plain: &[u8]) -> Result<Vec<u8>, String>;

    /// What the server wrapped; fails if it was altered, repeated, left out or
    /// moved on the way.
    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String>;
}

/// What the system makes of a ticket.
struct Begun {
    context: Box<dyn Context>,
    /// The first token for the server.
    first: Vec<u8>,
    /// Whose ticket it is, if the system says so.
    principal: Option<String>,
}

/// Whose ticket is shown to whom.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Whose ticket; the default one of the system if not said.
    pub(super) principal: Option<String>,
    /// The domain controller's own DNS name.
    pub(super) host: String,
    /// The server's certificate (DER), within TLS.
    pub(super) certificate: Option<Vec<u8>>,
    /// How long the domain's Kerberos server, and then the controller, may
    /// take.
    pub(super) timeout: Duration,
}

/// A connection that is signed in.
pub(super) struct SignedIn {
    pub(super) wire: Wire,
    /// Whose ticket it was, if the system says so.
    pub(super) principal: Option<String>,
}

/// Why nobody is signed in.
#[derive(Debug)]
pub(super) enum KerberosError {
    /// There is no ticket for the server; it was not asked.
    Ticket(String),
    /// The server was asked.
    Bind(BindError),
}

/// What the system's Kerberos is asked for.
#[cfg_attr(
    not(feature = "kerberos"),
    expect(dead_code, reason = "there is nobody to ask")
)]
struct Wish {
    principal: Option<String>,
    host: String,
    layer: Layer,
    /// The channel binding token.
    binding: Option<Vec<u8>>,
}

/// Signs in on a connection on which nothing has been said yet.
pub(super) async fn sign_in(mut wire: Wire, request: Request) -> Result<SignedIn, KerberosError> {
    let layer = match request.certificate {
        Some(_) => Layer::Nothing,
        None => Layer::Sealed,
    };
    let timeout = request.timeout;
    let Begun {
        mut context,
        first,
        principal,
    } = begin(request, layer).await?;
    let binding = bind(&mut wire, context.as_mut(), first, layer);
    let largest = tokio::time::timeout(timeout, binding)
        .await
        .unwrap_or_else(|_elapsed| Err(BindError::Lost(too_long("", timeout))))
        .map_err(KerberosError::Bind)?;
    let wire = match layer {
        Layer::Nothing => wire,
        Layer::Sealed => {
            let sealed = Sealed::new(wire, context, largest).ok_or_else(|| {
                let why = "it takes no sealed message that could hold anything";
                KerberosError::Bind(BindError::Untrusted(why.to_owned()))
            })?;
            Box::new(sealed)
        }
    };
    Ok(SignedIn { wire, principal })
}

/// Asks the system for a ticket, on a thread of its own: it may read files and
/// talk to the network, and cannot be told to stop.
async fn begin(request: Request, layer: Layer) -> Result<Begun, KerberosError> {
    let Request {
        principal,
        host,
        certificate,
        timeout,
    } = request;
    if host.parse::<IpAddr>().is_ok() {
        return Err(KerberosError::Ticket(format!(
            "Kerberos knows servers by name, not by address; use the domain controller's \
             DNS name instead of {host}"
        )));
    }
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let wish = Wish {
        principal,
        host: host.to_lowercase(),
        layer,
        binding: certificate.as_deref().and_then(binding::end_point),
    };
    let asking = move || {
        let begun = system::begin(&wish).map_err(|text| fault::explain(&text, &wish.host));
        // Nobody waits any more.
        drop(sender.send(begun));
    };
    std::thread::Builder::new()
        .name("kerberos".to_owned())
        .spawn(asking)
        .map_err(|error| KerberosError::Ticket(error.to_string()))?;
    match tokio::time::timeout(timeout, receiver).await {
        Ok(Ok(begun)) => begun.map_err(KerberosError::Ticket),
        Ok(Err(_gone)) => Err(KerberosError::Ticket(
            "the system's Kerberos gave no answer".to_owned(),
        )),
        Err(_elapsed) => Err(KerberosError::Ticket(too_long(
            " from the domain's Kerberos server; check DNS and whether port 88 can be reached",
            timeout,
        ))),
    }
}

fn too_long(of: &str, timeout: Duration) -> String {
    format!("no answer within {} seconds{of}", timeout.as_secs())
}
