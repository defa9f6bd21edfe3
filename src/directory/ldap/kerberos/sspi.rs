//! Kerberos on Windows: SSPI, with the ticket of whoever runs the program.
//!
//! Seals, mutual proof and channel binding are asked for and checked. cross-krb5
//! has no way to ask SSPI to notice messages that were left out, repeated or
//! moved, so their numbers are checked here, and a cipher that hides them is not
//! taken. It does not say either whether a message was sealed; its header does.

use cross_krb5::{ClientCtx, InitiateFlags, K5Ctx as _, PendingClientCtx, Step};

use super::arrivals::{Arrivals, Header};
use super::bind::Layer;
use super::{Begun, Context, Wish};

/// What is said of a cipher such as RC4.
const UNNUMBERED: &str = "its cipher does not show in which order messages were sent; use \
    ldaps://, or have the account use AES";

/// A context of the system's.
struct Sspi {
    /// `None` only after a step has failed.
    state: Option<State>,
    layer: Layer,
    arrivals: Arrivals,
    /// Whether what arrives must be sealed: from our first sealed message on.
    is_sealed: bool,
}

enum State {
    Pending(PendingClientCtx),
    Established(ClientCtx),
}

/// Takes a ticket and makes the first token. The error is the system's text.
pub(super) fn begin(wish: &Wish) -> Result<Begun, String> {
    let (context, first) = ClientCtx::new(
        // Seals are granted within TLS, too, and then not used.
        InitiateFlags::empty(),
        wish.principal.as_deref(),
        &format!("ldap/{}", wish.host),
        wish.binding.as_deref(),
    )
    .map_err(words)?;
    Ok(Begun {
        context: Box::new(Sspi {
            state: Some(State::Pending(context)),
            layer: wish.layer,
            arrivals: Arrivals::default(),
            is_sealed: false,
        }),
        first: first.to_vec(),
        principal: None,
    })
}

impl Sspi {
    fn established(&mut self) -> Result<&mut ClientCtx, String> {
        match &mut self.state {
            Some(State::Established(context)) => Ok(context),
            _ => Err("the sign-in is not finished".to_owned()),
        }
    }
}

impl Context for Sspi {
    fn step(&mut self, token: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let Some(State::Pending(context)) = self.state.take() else {
            return Err("the sign-in is finished already".to_owned());
        };
        match context.step(token).map_err(words)? {
            Step::Finished((context, token)) => {
                self.state = Some(State::Established(context));
                Ok(token.map(|token| token.to_vec()))
            }
            Step::Continue((context, token)) => {
                let token = token.to_vec();
                self.state = Some(State::Pending(context));
                Ok(Some(token))
            }
        }
    }

    fn is_established(&self) -> bool {
        matches!(self.state, Some(State::Established(_)))
    }

    fn wrap(&mut self, sealed: bool, plain: &[u8]) -> Result<Vec<u8>, String> {
        let token = self.established()?.wrap(sealed, plain).map_err(words)?;
        self.is_sealed |= sealed;
        Ok(token.to_vec())
    }

    fn unwrap(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        let header = Header::of(token);
        if header.is_none() && self.layer == Layer::Sealed {
            return Err(UNNUMBERED.to_owned());
        }
        if self.is_sealed && !header.is_some_and(|header| header.sealed) {
            return Err("it is signed, but not sealed".to_owned());
        }
        let plain = self.established()?.unwrap(token).map_err(words)?;
        header.map_or(Ok(()), |header| self.arrivals.note(header))?;
        Ok(plain.to_vec())
    }
}

/// The system's text on one line; it ends its lines as files do.
fn words(error: impl std::fmt::Display) -> String {
    let text = format!("{error:#}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
