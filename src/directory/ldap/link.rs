//! The way to one domain controller: connected when needed, signed in with
//! care, and always the same controller.
//!
//! What was read from one controller is written to that one. So the first
//! connection pins the address that answered and the controller's own name
//! (dsServiceName); a later connection goes to that address and must find that
//! controller.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use rustls::ClientConfig;
use secrecy::ExposeSecret as _;
use tokio::sync::{Mutex, MutexGuard};

use super::LOG;
use super::config::Timeouts;
use super::connection::Connection;
use super::dns::Dns;
use super::kerberos::{self, BindError, KerberosError};
use super::root_dse::RootDse;
use super::sign_in::{Refusal, SignIn, concerns_the_server, refusal};
use super::transport::{Connected, Target, Way, Wire};
use crate::directory::DirectoryError;
use crate::model::Credentials;

/// Who signs in, and what all connections of a forest have in common.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) credentials: Credentials,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) timeouts: Timeouts,
    pub(super) state: Mutex<SignIn>,
    pub(super) dns: Dns,
    /// Whose Kerberos ticket was accepted.
    pub(super) principal: OnceLock<String>,
}

/// One domain controller.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) target: Target,
    account: Arc<Account>,
    open: Mutex<Option<Arc<Connection>>>,
    pinned: OnceLock<Pinned>,
}

#[derive(Debug)]
struct Pinned {
    address: SocketAddr,
    ds_service_name: Option<String>,
    dns_host_name: Option<String>,
}

/// Why a connection is not signed in.
enum Failed {
    /// The server refused; whether that holds for all servers.
    Refused(Refusal, bool),
    /// The password was sent, and no answer came.
    Unanswered(DirectoryError),
    /// Nothing that could lock an account was tried.
    Otherwise(DirectoryError),
}

impl From<DirectoryError> for Failed {
    fn from(error: DirectoryError) -> Self {
        Self::Otherwise(error)
    }
}

impl Account {
    /// Who signs in, as far as it is known here.
    pub(super) fn name(&self) -> String {
        let known = match &self.credentials {
            Credentials::Password { user, .. } => Some(user),
            Credentials::Kerberos { principal } => self.principal.get().or(principal.as_ref()),
        };
        known.map_or_else(|| "the current Kerberos ticket".to_owned(), String::clone)
    }

    /// Lets a connection sign in. Until a first sign-in is accepted, one
    /// connection holds the state, and all others wait for what becomes of it.
    async fn admit(&self) -> Result<Option<MutexGuard<'_, SignIn>>, DirectoryError> {
        let state = self.state.lock().await;
        match &*state {
            SignIn::Refused(refusal) => Err(refusal.clone().into()),
            SignIn::Accepted => Ok(None),
            SignIn::Untried => Ok(Some(state)),
        }
    }
}

impl Link {
    pub(super) fn new(target: Target, account: Arc<Account>) -> Self {
        Self {
            target,
            account,
            open: Mutex::new(None),
            pinned: OnceLock::new(),
        }
    }

    /// Whether it has ever answered.
    pub(super) fn was_reached(&self) -> bool {
        self.pinned.get().is_some()
    }

    pub(super) fn timeouts(&self) -> Timeouts {
        self.account.timeouts
    }

    /// The connection; opened and signed in if there is none.
    pub(super) async fn connection(&self) -> Result<Arc<Connection>, DirectoryError> {
        let mut open = self.open.lock().await;
        if let Some(connection) = open.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(Arc::clone(connection));
        }
        *open = None;
        let connection = Arc::new(self.connect().await?);
        *open = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// Gives a connection up, so that the next operation opens another.
    pub(super) async fn discard(&self, connection: &Arc<Connection>) {
        connection.close();
        let mut open = self.open.lock().await;
        open.take_if(|current| Arc::ptr_eq(current, connection));
    }

    async fn connect(&self) -> Result<Connection, DirectoryError> {
        let first = self.account.admit().await?;
        let account = &self.account;
        let pinned = self.pinned.get();
        let connected = self
            .target
            .connect(Way {
                tls: account.tls.as_ref(),
                dns: &account.dns,
                pinned: pinned.map(|pinned| pinned.address),
                timeout: account.timeouts.connect,
            })
            .await?;
        let mut connection = self.sign_in(connected, first).await?;
        connection.root = RootDse::read(&connection).await?;
        self.check_is_same(&connection)?;
        Ok(connection)
    }

    /// Signs in on a fresh connection, and notes what became of it.
    async fn sign_in(
        &self,
        connected: Connected,
        first: Option<MutexGuard<'_, SignIn>>,
    ) -> Result<Connection, DirectoryError> {
        let account = &self.account;
        let outcome = match &account.credentials {
            Credentials::Password { user, password } => {
                let connection = self.drive(connected.wire, connected.address).await?;
                let answer = connection.bind(user, password.expose_secret()).await;
                let answer = answer.map(|result| (result.rc, result.text));
                self.judge(answer).map(|()| connection)
            }
            Credentials::Kerberos { principal } => {
                self.with_ticket(connected, principal.clone()).await
            }
        };
        let (state, outcome) = match outcome {
            Ok(connection) => (Some(SignIn::Accepted), Ok(connection)),
            Err(Failed::Refused(refusal, is_final)) => {
                let state = is_final.then(|| SignIn::Refused(refusal.clone()));
                (state, Err(refusal.into()))
            }
            // Whether it counted as an attempt is not known; so it is the last.
            Err(Failed::Unanswered(error)) if first.is_some() => {
                let reason = format!("no answer came ({error}), and it is not tried twice");
                (Some(SignIn::Refused(self.refused(reason))), Err(error))
            }
            Err(Failed::Unanswered(error) | Failed::Otherwise(error)) => (None, Err(error)),
        };
        if let Some(state) = state {
            match first {
                Some(mut held) => *held = state,
                None => *account.state.lock().await = state,
            }
        }
        outcome
    }

    async fn drive(&self, wire: Wire, address: SocketAddr) -> Result<Connection, DirectoryError> {
        let opened = self.target.drive(wire, address).await?;
        let timeouts = self.account.timeouts;
        Ok(Connection::new(opened, self.target.to_string(), timeouts))
    }

    /// What the answer to a simple bind means.
    fn judge(&self, answer: Result<(u32, String), DirectoryError>) -> Result<(), Failed> {
        match answer {
            Ok((0, _)) => Ok(()),
            Ok((code, text)) => {
                let refused = self.refused(refusal(code, &text));
                Err(Failed::Refused(refused, !concerns_the_server(code)))
            }
            Err(error) => Err(Failed::Unanswered(error)),
        }
    }

    /// Signs in with the Kerberos ticket. What goes wrong before the server
    /// has judged it costs no attempt, since no password is tried.
    async fn with_ticket(
        &self,
        connected: Connected,
        principal: Option<String>,
    ) -> Result<Connection, Failed> {
        let pinned = self.pinned.get();
        let named = pinned.and_then(|pinned| pinned.dns_host_name.clone());
        let request = kerberos::Request {
            principal,
            host: named.unwrap_or_else(|| self.target.host.clone()),
            certificate: connected.certificate,
            timeout: self.account.timeouts.operation,
        };
        let host = self.target.to_string();
        let signed_in = kerberos::sign_in(connected.wire, request).await;
        tracing::info!(target: LOG, host, accepted = signed_in.is_ok(), "bind with Kerberos");
        match signed_in {
            Ok(signed_in) => {
                if let Some(principal) = signed_in.principal {
                    self.account.principal.get_or_init(|| principal);
                }
                Ok(self.drive(signed_in.wire, connected.address).await?)
            }
            Err(KerberosError::Bind(BindError::Refused { code, text })) => {
                let refused = self.refused(kerberos::refusal(code, &text));
                Err(Failed::Refused(refused, !concerns_the_server(code)))
            }
            Err(KerberosError::Bind(BindError::Lost(reason))) => {
                let reason = format!("connection lost during the sign-in: {reason}");
                Err(Failed::Otherwise(self.target.unreachable(reason)))
            }
            Err(
                KerberosError::Ticket(reason) | KerberosError::Bind(BindError::Untrusted(reason)),
            ) => Err(Failed::Otherwise(DirectoryError::Kerberos { host, reason })),
        }
    }

    fn refused(&self, reason: String) -> Refusal {
        Refusal {
            host: self.target.to_string(),
            user: match &self.account.credentials {
                Credentials::Password { user, .. } => Some(user.clone()),
                Credentials::Kerberos { .. } => None,
            },
            reason,
        }
    }

    /// Pins the controller, or checks that it is the one that was pinned.
    fn check_is_same(&self, connection: &Connection) -> Result<(), DirectoryError> {
        let found = &connection.root.ds_service_name;
        let pinned = self.pinned.get_or_init(|| Pinned {
            address: connection.address(),
            ds_service_name: found.clone(),
            dns_host_name: connection.root.dns_host_name.clone(),
        });
        if pinned.ds_service_name == *found {
            return Ok(());
        }
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
        Err(DirectoryError::Unusable(format!(
            "{} is another domain controller now ({}, before {}); \
             name one controller instead of a name that several share",
            self.target,
            name(found),
            name(&pinned.ds_service_name),
        )))
    }
}
