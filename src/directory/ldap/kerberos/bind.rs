//! The SASL bind with the mechanism GSSAPI (RFC 4752 in RFC 4511, 4.2): tokens
//! until both sides know each other, then what protects the connection.
//!
//! Without TLS the connection is sealed, or there is no sign-in: a server that
//! offers less, or says yes too early, is left. Within TLS nothing is added,
//! since Active Directory refuses a second layer there.
//!
//! GSSAPI rather than GSS-SPNEGO, because it says in so many words which layer
//! is meant: with GSS-SPNEGO the flags of the Kerberos token decide, and MIT
//! Kerberos asks for integrity even where it is not wanted.

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::super::guard::{self, Answer};
use super::super::message;
use super::frames::MAX_TOKEN;
use super::{Context, fault};

const MECHANISM: &[u8] = b"GSSAPI";

/// saslBindInProgress (RFC 4511, appendix A).
const IN_PROGRESS: u32 = 14;

/// Tokens that a bind takes at most; Kerberos needs two of ours.
const ROUNDS: usize = 10;

/// The longest answer to a bind, in bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// What protects the connection after the bind (RFC 4752, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// Nothing: TLS does.
    Nothing = 1,
    /// Every byte is sealed.
    Sealed = 4,
}

/// Why a bind did not come about.
#[derive(Debug)]
pub(in crate::directory::ldap) enum BindError {
    /// The server refused.
    Refused {
        /// The LDAP result code.
        code: u32,
        /// The server's own text.
        text: String,
    },
    /// No answer came, or none that is one.
    Lost(String),
    /// The server did not prove who it is, or offers no protection.
    Untrusted(String),
}

/// Binds. Gives the context and the longest token that the server takes, in
/// bytes, 0 if it did not say.
pub(super) async fn bind<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    context: &mut dyn Context,
    first: Vec<u8>,
    layer: Layer,
) -> Result<usize, BindError> {
    let mut exchange = Exchange { stream, number: 0 };
    let offer = authenticate(&mut exchange, context, first).await?;
    let (reply, largest) = choose(context, &offer, layer)?;
    let answer = exchange.ask(Some(&reply)).await?;
    match answer.code {
        0 => Ok(largest),
        IN_PROGRESS => Err(BindError::Lost(
            "the server asks for more than Kerberos has".to_owned(),
        )),
        _ => Err(answer.into()),
    }
}

/// Exchanges tokens until both sides know each other; gives the server's
/// offer of layers.
async fn authenticate<S: AsyncRead + AsyncWrite + Unpin>(
    exchange: &mut Exchange<'_, S>,
    context: &mut dyn Context,
    first: Vec<u8>,
) -> Result<Vec<u8>, BindError> {
    let mut token = Some(first);
    for _ in 0..ROUNDS {
        let answer = exchange.ask(token.as_deref()).await?;
        match answer.code {
            IN_PROGRESS => {}
            0 => {
                return Err(BindError::Untrusted(
                    "it accepted the sign-in without saying how the connection is protected"
                        .to_owned(),
                ));
            }
            _ => return Err(answer.into()),
        }
        let received = answer.sasl.unwrap_or_default();
        if context.is_established() {
            return Ok(received);
        }
        token = context
            .step(&received)
            .map_err(|error| BindError::Untrusted(fault::unproved(&error)))?;
    }
    Err(BindError::Lost(
        "the server asks for more than Kerberos has".to_owned(),
    ))
}

/// The answer to an offer of layers, and the longest token that the server
/// takes.
fn choose(
    context: &mut dyn Context,
    offer: &[u8],
    layer: Layer,
) -> Result<(Vec<u8>, usize), BindError> {
    let untrusted = |error| BindError::Untrusted(format!("its offer cannot be read: {error}"));
    let offer = context.unwrap(offer).map_err(untrusted)?;
    let [layers, size @ ..] = offer.as_slice() else {
        return Err(untrusted("it is empty".to_owned()));
    };
    let &[high, middle, low] = size else {
        return Err(untrusted(format!("it has {} bytes, not 4", offer.len())));
    };
    if layers & layer as u8 == 0 {
        return Err(BindError::Untrusted(
            match layer {
                Layer::Sealed => "it does not offer to seal the connection; use ldaps://",
                Layer::Nothing => {
                    "it takes Kerberos within TLS only with a second layer; \
                     use ldap:// without --starttls, which Kerberos seals"
                }
            }
            .to_owned(),
        ));
    }
    let receive = match layer {
        Layer::Sealed => u32::try_from(MAX_TOKEN).unwrap_or_default(),
        Layer::Nothing => 0,
    };
    let mut reply = receive.to_be_bytes();
    reply[0] = layer as u8;
    let reply = context.wrap(false, &reply).map_err(BindError::Untrusted)?;
    let largest = u32::from_be_bytes([0, high, middle, low]);
    Ok((reply, usize::try_from(largest).unwrap_or_default()))
}

impl From<Answer> for BindError {
    fn from(answer: Answer) -> Self {
        Self::Refused {
            code: answer.code,
            text: answer.text,
        }
    }
}

/// Bind requests and their answers, one after the other.
struct Exchange<'a, S> {
    stream: &'a mut S,
    number: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Exchange<'_, S> {
    async fn ask(&mut self, token: Option<&[u8]>) -> Result<Answer, BindError> {
        self.number += 1;
        let lost = |error: std::io::Error| BindError::Lost(error.to_string());
        let request = request(self.number, token);
        self.stream.write_all(&request).await.map_err(lost)?;
        self.stream.flush().await.map_err(lost)?;
        let mut answer = message::read(self.stream, LONGEST_ANSWER)
            .await
            .map_err(BindError::Lost)?;
        guard::result(&mut answer, i32::from(self.number), guard::BIND_RESPONSE)
            .map_err(BindError::Lost)
    }
}

/// A `BindRequest` with SASL credentials (RFC 4511, 4.2).
fn request(number: u8, token: Option<&[u8]>) -> Vec<u8> {
    let mut credentials = element(0x04, MECHANISM);
    if let Some(token) = token {
        credentials.extend(element(0x04, token));
    }
    let mut bind = vec![0x02, 1, 3, 0x04, 0];
    bind.extend(element(0xa3, &credentials));
    let mut message = vec![0x02, 1, number];
    message.extend(element(0x60, &bind));
    element(0x30, &message)
}

/// An element of BER: tag, length, content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => bytes.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let zeros = length.iter().take_while(|byte| **byte == 0).count();
            let digits = length.get(zeros..).unwrap_or_default();
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            bytes.extend(digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::super::fake::Fake;
    use super::*;

    /// The server's side: for each expected credentials, an answer.
    async fn serve(mut stream: DuplexStream, script: Vec<(Option<Vec<u8>>, u8, Vec<u8>)>) {
        for (number, (expected, code, token)) in script.into_iter().enumerate() {
            let number = u8::try_from(number + 1).unwrap();
            let asked = message::read(&mut stream, 1 << 20).await.unwrap();
            assert_eq!(asked, request(number, expected.as_deref()));
            let mut result = vec![0x0a, 1, code, 0x04, 0, 0x04, 2, b'n', b'o'];
            result.extend(element(0x87, &token));
            let mut answer = vec![0x02, 1, number];
            answer.extend(element(0x61, &result));
            stream.write_all(&element(0x30, &answer)).await.unwrap();
        }
    }

    /// A client that gives `hello`, wants `proof`, and is done then.
    fn client() -> Fake {
        Fake {
            expected: vec![b"proof".to_vec()],
            ..Fake::default()
        }
    }

    fn offer(bytes: &[u8]) -> Vec<u8> {
        Fake::established().wrap(false, bytes).unwrap()
    }

    async fn outcome(
        layer: Layer,
        script: Vec<(Option<Vec<u8>>, u8, Vec<u8>)>,
    ) -> Result<usize, BindError> {
        let (mut here, there) = duplex(1 << 16);
        let server = tokio::spawn(serve(there, script));
        let mut context = client();
        let outcome = bind(&mut here, &mut context, b"hello".to_vec(), layer).await;
        server.await.unwrap();
        outcome
    }

    fn why(outcome: Result<usize, BindError>) -> String {
        match outcome {
            Ok(largest) => format!("bound, {largest}"),
            Err(BindError::Refused { code, text }) => format!("refused {code} {text}"),
            Err(BindError::Lost(why)) => format!("lost: {why}"),
            Err(BindError::Untrusted(why)) => format!("untrusted: {why}"),
        }
    }

    #[tokio::test]
    async fn the_layer_that_is_needed_is_chosen_and_said() {
        for (layer, reply) in [
            (Layer::Sealed, [4, 0xff, 0xff, 0xff]),
            (Layer::Nothing, [1, 0, 0, 0]),
        ] {
            let script = vec![
                (Some(b"hello".to_vec()), 14, b"proof".to_vec()),
                (None, 14, offer(&[7, 1, 0, 0])),
                (Some(offer(&reply)), 0, Vec::new()),
            ];
            assert_eq!(why(outcome(layer, script).await), "bound, 65536");
        }
    }

    #[tokio::test]
    async fn less_protection_than_is_needed_is_not_taken() {
        for (layer, bytes, said) in [
            (
                Layer::Sealed,
                &[3, 1, 0, 0][..],
                "untrusted: it does not offer to seal the connection; use ldaps://",
            ),
            (
                Layer::Nothing,
                &[6, 1, 0, 0],
                "untrusted: it takes Kerberos within TLS only with a second layer; \
                 use ldap:// without --starttls, which Kerberos seals",
            ),
            (
                Layer::Sealed,
                &[4, 1, 0],
                "untrusted: its offer cannot be read: it has 3 bytes, not 4",
            ),
            (
                Layer::Sealed,
                &[],
                "untrusted: its offer cannot be read: it is empty",
            ),
        ] {
            let script = vec![
                (Some(b"hello".to_vec()), 14, b"proof".to_vec()),
                (None, 14, offer(bytes)),
            ];
            assert_eq!(why(outcome(layer, script).await), said);
        }
    }

    #[tokio::test]
    async fn a_yes_without_proof_is_none() {
        let early = vec![(Some(b"hello".to_vec()), 0, Vec::new())];
        assert_eq!(
            why(outcome(Layer::Sealed, early).await),
            "untrusted: it accepted the sign-in without saying how the connection is protected"
        );
        let forged = vec![(Some(b"hello".to_vec()), 14, b"forged".to_vec())];
        assert!(
            why(outcome(Layer::Sealed, forged).await)
                .starts_with("untrusted: it could not prove that it is the one asked for")
        );
    }

    #[tokio::test]
    async fn a_refusal_is_the_servers_at_any_step() {
        let steps = vec![
            (Some(b"hello".to_vec()), 14, b"proof".to_vec()),
            (None, 14, offer(&[7, 1, 0, 0])),
            (Some(offer(&[4, 0xff, 0xff, 0xff])), 14, Vec::new()),
        ];
        for refusing in 0..steps.len() {
            let mut script = steps[..=refusing].to_vec();
            script[refusing].1 = 49;
            assert_eq!(why(outcome(Layer::Sealed, script).await), "refused 49 no");
        }
        assert!(why(outcome(Layer::Sealed, steps).await).starts_with("lost: "));
    }

    #[test]
    fn lengths_are_written_as_short_as_they_can_be() {
        assert_eq!(element(4, &[7; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }
}
