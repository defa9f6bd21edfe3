//! One LDAP message from a stream on which more than LDAP follows: TLS after
//! `StartTLS`, sealed frames after a bind. Not one byte more is read.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::ber;

/// The longest header: a tag and a length of five bytes.
const LONGEST_HEADER: usize = 6;

/// Reads one message of `limit` bytes at most. The error is a reason for
/// people.
pub(super) async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    limit: usize,
) -> Result<Vec<u8>, String> {
    let lost = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
        _ => error.to_string(),
    };
    let mut message = Vec::new();
    let length = loop {
        message.push(stream.read_u8().await.map_err(lost)?);
        let length = ber::message_length(&message).map_err(|error| error.to_string())?;
        match length {
            Some(length) if length <= limit => break length,
            None if message.len() < LONGEST_HEADER => {}
            _ => return Err("the answer is too long".to_owned()),
        }
    };
    let header = message.len();
    message.resize(length, 0);
    if let Some(rest) = message.get_mut(header..) {
        stream.read_exact(rest).await.map_err(lost)?;
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_follows_a_message_is_left_where_it_is() {
        let mut stream = &b"\x30\x82\x00\x02\x05\x00rest"[..];
        let message = read(&mut stream, 100).await.unwrap();
        assert_eq!(message, b"\x30\x82\x00\x02\x05\x00");
        assert_eq!(stream, b"rest");
    }

    #[tokio::test]
    async fn a_message_that_is_none_cut_or_too_long_is_refused() {
        for (bytes, why) in [
            (
                &b"HTTP/1.1 400"[..],
                "malformed answer: it is no LDAP message",
            ),
            (b"\x30", "the server closed the connection"),
            (b"\x30\x05ab", "the server closed the connection"),
            (b"\x30\x84\x00\x00\x01\x00", "the answer is too long"),
        ] {
            let mut stream = bytes;
            assert_eq!(read(&mut stream, 100).await.unwrap_err(), why);
        }
    }
}
