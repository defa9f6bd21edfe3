//! Kerberos where there is a Unix: MIT Kerberos or Heimdal through GSSAPI.
//!
//! The service is named with an empty realm, so that the domain's Kerberos
//! server says where it belongs (referrals), and DNS is not asked to change
//! the name. The context detects repeated, missing and moved messages, as RFC
//! 4752, 3.1 demands; anything short of that is refused.

use libgssapi::context::{ClientCtx, CtxFlags, SecurityContext as _};
use libgssapi::credential::{Cred, CredUsage};
use libgssapi::error::Error;
use libgssapi::name::Name;
use libgssapi::oid::{GSS_MECH_KRB5, GSS_NT_KRB5_PRINCIPAL, OidSet};

use super::arrivals::{Arrivals, Header};
use super::bind::Layer;
use super::{Begun, Context, Wish, fault};

/// A context of the system's.
struct Gssapi {
    context: ClientCtx,
    needed: CtxFlags,
    /// Beside the system's own check, so that both systems pass the same one.
    arrivals: Arrivals,
    is_sealed: bool,
}

/// Takes a ticket and makes the first token. The error is the system's text.
pub(super) fn begin(wish: &Wish) -> Result<Begun, String> {
    let mechanisms = OidSet::singleton(GSS_MECH_KRB5).map_err(words)?;
    let principal = |name: &str| Name::new(name.as_bytes(), Some(GSS_NT_KRB5_PRINCIPAL));
    let whose = wish.principal.as_deref().map(principal);
    let whose = whose.transpose().map_err(words)?;
    let ticket = Cred::acquire(whose.as_ref(), None, CredUsage::Initiate, Some(&mechanisms));
    let ticket = ticket.map_err(words)?;
    if ticket.lifetime().is_ok_and(|left| left.is_zero()) {
        return Err(fault::EXPIRED.to_owned());
    }
    let whose = ticket.name().ok().map(|name| name.to_string());
    let service = principal(&format!("ldap/{}@", wish.host)).map_err(words)?;
    let mut needed = CtxFlags::GSS_C_MUTUAL_FLAG
        | CtxFlags::GSS_C_INTEG_FLAG
        | CtxFlags::GSS_C_REPLAY_FLAG
        | CtxFlags::GSS_C_SEQUENCE_FLAG;
    if wish.layer == Layer::Sealed {
        needed |= CtxFlags::GSS_C_CONF_FLAG;
    }
    let mut context = ClientCtx::new(Some(ticket), service, needed, Some(GSS_MECH_KRB5));
    let first = context.step(None, wish.binding.as_deref()).map_err(words)?;
    let first = first.ok_or("the system's Kerberos made no token")?.to_vec();
    Ok(Begun {
        context: Box::new(Gssapi {
            context,
            needed,
            arrivals: Arrivals::default(),
            is_sealed: false,
        }),
        first,
        principal: whose,
    })
}

impl Context for Gssapi {
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let next = self.context.step(Some(token), None).map_err(words)?;
        if self.context.is_complete() {
            let granted = self.context.flags().map_err(words)?;
            if !granted.contains(self.needed) {
                let missing = self.needed.difference(granted);
                return Err(format!("it does not grant {missing:?}"));
            }
        }
        Ok(next.map(|token| token.to_vec()))
    }

    fn is_established(&self) -> bool {
        self.context.is_complete()
    }

    fn wrap(&mut self, sealed: bool, plain: &[u8]) -> Result<Vec<u8>, String> {
        self.is_sealed |= sealed;
        let token = self.context.wrap(sealed, plain).map_err(words)?;
        Ok(token.to_vec())
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        let header = Header::of(token);
        if self.is_sealed && header.is_some_and(|header| !header.sealed) {
            return Err("it is signed, but not sealed".to_owned());
        }
        let plain = self.context.unwrap(token).map_err(words)?;
        header.map_or(Ok(()), |header| self.arrivals.note(header))?;
        Ok(plain.to_vec())
    }
}

fn words(error: Error) -> String {
    error.to_string()
}
