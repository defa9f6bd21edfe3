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
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex, MutexGuard};

use super::config::Timeouts;
use super::connection::Connection;
use super::dns::Dns;
use super::root_dse::RootDse;
use super::sign_in::{Refusal, SignIn, concerns_the_server, refusal};
use super::transport::{Target, Way};
use crate::directory::DirectoryError;

/// Who signs in, and what all connections of a forest have in common.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) user: String,
    pub(super) password: SecretString,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) timeouts: Timeouts,
    pub(super) state: Mutex<SignIn>,
    pub(super) dns: Dns,
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
}

impl Account {
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
        let opened = self
            .target
            .open(Way {
                tls: account.tls.as_ref(),
                dns: &account.dns,
                pinned: pinned.map(|pinned| pinned.address),
                timeout: account.timeouts.connect,
            })
            .await?;
        let mut connection = Connection::new(opened, self.target.to_string(), account.timeouts);
        self.sign_in(&connection, first).await?;
        connection.root = RootDse::read(&connection).await?;
        self.check_is_same(&connection)?;
        Ok(connection)
    }

    async fn sign_in(
        &self,
        connection: &Connection,
        first: Option<MutexGuard<'_, SignIn>>,
    ) -> Result<(), DirectoryError> {
        let account = &self.account;
        let answer = connection
            .bind(&account.user, account.password.expose_secret())
            .await;
        let refused = |reason| Refusal {
            host: connection.host().to_owned(),
            user: account.user.clone(),
            reason,
        };
        let (state, outcome) = match answer {
            Ok(result) if result.rc == 0 => (Some(SignIn::Accepted), Ok(())),
            Ok(result) => {
                let refused = refused(refusal(result.rc, &result.text));
                let state =
                    (!concerns_the_server(result.rc)).then(|| SignIn::Refused(refused.clone()));
                (state, Err(refused.into()))
            }
            // Whether it counted as an attempt is not known; so it is the last.
            Err(error) if first.is_some() => {
                let reason = format!("no answer came ({error}), and it is not tried twice");
                (Some(SignIn::Refused(refused(reason))), Err(error))
            }
            Err(error) => (None, Err(error)),
        };
        if let Some(state) = state {
            match first {
                Some(mut held) => *held = state,
                None => *account.state.lock().await = state,
            }
        }
        outcome
    }

    /// Pins the controller, or checks that it is the one that was pinned.
    fn check_is_same(&self, connection: &Connection) -> Result<(), DirectoryError> {
        let found = &connection.root.ds_service_name;
        let pinned = self.pinned.get_or_init(|| Pinned {
            address: connection.address(),
            ds_service_name: found.clone(),
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
