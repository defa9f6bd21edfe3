//! Kerberos on Windows: SSPI, with the ticket of whoever runs the program.
//!
//! Seals, mutual proof and channel binding are asked for and checked. Whether
//! messages were left out or moved is not asked for, because cross-krb5 has no
//! way to ask; SSPI alone decides.

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx as _, PendingClientCtx, Step};

use super::{Begun, Context, Wish};

/// A context of the system's; `None` only after a step has failed.
struct Sspi(Option<State>);

enum State {
    Pending(PendingClientCtx),
    Established(ClientCtx),
}

/// Takes a ticket and makes the first token. The error is the system's text.
pub(super) fn begin(wish: &Wish) -> Result<Begun, String> {
    let (context, first) = ClientCtx::new(
        InitiateFlags::empty(),
        wish.principal.as_deref(),
        &format!("ldap/{}", wish.host),
        wish.binding.as_deref(),
    )
    .map_err(|error| format!("{error:#}"))?;
    Ok(Begun {
        context: Box::new(Sspi(Some(State::Pending(context)))),
        first: first.to_vec(),
        principal: None,
    })
}

impl Sspi {
    fn established(&mut self) -> Result<&mut ClientCtx, String> {
        match &mut self.0 {
            Some(State::Established(context)) => Ok(context),
            _ => Err("the sign-in is not finished".to_owned()),
        }
    }
}

impl Context for Sspi {
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let Some(State::Pending(context)) = self.0.take() else {
            return Err("the sign-in is finished already".to_owned());
        };
        match context.step(token).map_err(|error| format!("{error:#}"))? {
            Step::Finished((context, token)) => {
                self.0 = Some(State::Established(context));
                Ok(token.map(|token| token.to_vec()))
            }
            Step::Continue((context, token)) => {
                let token = token.to_vec();
                self.0 = Some(State::Pending(context));
                Ok(Some(token))
            }
        }
    }

    fn is_established(&self) -> bool {
        matches!(self.0, Some(State::Established(_)))
    }

    fn wrap(&mut self, sealed: bool, plain: &[u8]) -> Result<Vec<u8>, String> {
        let token = self.established()?.wrap(sealed, plain);
        token
            .map(|token| token.to_vec())
            .map_err(|error| format!("{error:#}"))
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        let plain = self.established()?.unwrap(token);
        plain
            .map(|plain| plain.to_vec())
            .map_err(|error| format!("{error:#}"))
    }
}
