//! A connection on which everything is sealed: plain bytes on this side,
//! frames on the other.
//!
//! What is written is wrapped in pieces that the server can take, and a piece
//! is only said to be written when it is on its way. A stream that ends within
//! a frame ends in an error, not in silence.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Context;
use super::frames::{FrameError, Frames, frame};

/// How much of the network is read at once, in bytes.
const READ: usize = 32 << 10;

/// The most that is wrapped at once, in bytes; requests are shorter.
const PIECE: usize = 64 << 10;

/// What wrapping adds at most, in bytes: header, confounder, padding and
/// checksum are 76 with AES (RFC 4121, 4.2.4; RFC 3962) and less with others.
const OVERHEAD: usize = 256;

/// The stream `inner`, sealed by `context`.
pub(super) struct Sealed<S> {
    inner: S,
    context: Box<dyn Context>,
    /// The longest piece that the server takes, wrapped.
    piece: usize,
    frames: Frames,
    /// Why nothing more can be read, once what was good has been taken.
    fault: Option<FrameError>,
    scratch: Box<[u8]>,
    /// Opened, and not taken yet from `taken` on.
    plain: Vec<u8>,
    taken: usize,
    /// Wrapped, and not sent yet from `sent` on.
    wrapped: Vec<u8>,
    sent: usize,
}

impl<S> Sealed<S> {
    /// `largest` is the longest token that the server takes, in bytes; 0 if it
    /// did not say. `None` if nothing fits into that.
    pub(super) fn new(inner: S, context: Box<dyn Context>, largest: usize) -> Option<Self> {
        let piece = match largest {
            0 => PIECE,
            largest => largest.saturating_sub(OVERHEAD).min(PIECE),
        };
        (piece > 0).then(|| Self {
            inner,
            context,
            piece,
            frames: Frames::default(),
            fault: None,
            scratch: vec![0; READ].into(),
            plain: Vec::new(),
            taken: 0,
            wrapped: Vec::new(),
            sent: 0,
        })
    }
}

fn broken(error: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

impl<S: AsyncRead + Unpin> AsyncRead for Sealed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Task<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.taken == this.plain.len() {
            if let Some(fault) = &this.fault {
                return Poll::Ready(Err(broken(fault)));
            }
            this.plain.clear();
            this.taken = 0;
            let mut arrived = ReadBuf::new(&mut this.scratch);
            ready!(Pin::new(&mut this.inner).poll_read(task, &mut arrived))?;
            if arrived.filled().is_empty() {
                return Poll::Ready(if this.frames.is_empty() {
                    Ok(())
                } else {
                    Err(broken("the connection ended within a sealed message"))
                });
            }
            this.frames.push(arrived.filled());
            let opened = this.frames.open(this.context.as_mut(), &mut this.plain);
            this.fault = opened.err();
        }
        let rest = this.plain.get(this.taken..).unwrap_or_default();
        let count = rest.len().min(to.remaining());
        to.put_slice(rest.get(..count).unwrap_or_default());
        this.taken += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Sealed<S> {
    /// Sends what is wrapped.
    fn poll_send(&mut self, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self
            .wrapped
            .get(self.sent..)
            .filter(|rest| !rest.is_empty())
        {
            let count = ready!(Pin::new(&mut self.inner).poll_write(task, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += count;
        }
        self.wrapped.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Sealed<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Task<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(task))?;
        let piece = bytes.get(..this.piece).unwrap_or(bytes);
        if piece.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let token = this.context.wrap(true, piece).map_err(broken)?;
        this.wrapped = frame(&token).ok_or_else(|| broken("a request is too long to be sealed"))?;
        // The rest is sent by the next write or flush.
        if let Poll::Ready(Err(error)) = this.poll_send(task) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(task))?;
        Pin::new(&mut this.inner).poll_flush(task)
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(task))?;
        Pin::new(&mut this.inner).poll_shutdown(task)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::super::fake::Fake;
    use super::*;

    fn sealed<S>(stream: S, largest: usize) -> Sealed<S> {
        Sealed::new(stream, Box::new(Fake::established()), largest).unwrap()
    }

    /// Bytes that do not repeat soon.
    fn data(count: usize) -> Vec<u8> {
        (0..=250).cycle().take(count).collect()
    }

    #[tokio::test]
    async fn both_directions_carry_any_amount_through_a_narrow_pipe() {
        for (width, largest) in [(1, 300), (7, 1000), (100_000, 0)] {
            let (here, there) = duplex(width);
            let (mut client, mut server) = (sealed(here, largest), sealed(there, largest));
            let sent = data(20_000);
            let (forth, back) = (sent.clone(), sent.clone());
            let asking = tokio::spawn(async move {
                client.write_all(&forth).await.unwrap();
                client.flush().await.unwrap();
                let mut answer = vec![0; forth.len()];
                client.read_exact(&mut answer).await.unwrap();
                client.shutdown().await.unwrap();
                answer
            });
            let mut asked = vec![0; sent.len()];
            server.read_exact(&mut asked).await.unwrap();
            server.write_all(&back).await.unwrap();
            server.flush().await.unwrap();
            assert_eq!(asked, sent);
            assert_eq!(asking.await.unwrap(), sent);
            assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
        }
    }

    #[tokio::test]
    async fn no_frame_is_longer_than_the_server_takes() {
        let (here, mut there) = duplex(1 << 20);
        let mut client = sealed(here, 1000);
        client.write_all(&data(5000)).await.unwrap();
        client.shutdown().await.unwrap();
        drop(client);
        let mut wire = Vec::new();
        there.read_to_end(&mut wire).await.unwrap();
        let mut rest = wire.as_slice();
        let mut frames = 0;
        while let Some((header, after)) = rest.split_first_chunk::<4>() {
            let length = u32::from_be_bytes(*header) as usize;
            assert!((1..=1000).contains(&length));
            rest = &after[length..];
            frames += 1;
        }
        assert!(frames > 5, "{frames}");
        let clear = data(200);
        assert!(!wire.windows(clear.len()).any(|part| part == clear));
    }

    #[tokio::test]
    async fn an_end_within_a_frame_is_an_error_and_between_frames_an_end() {
        let whole = frame(&Fake::established().wrap(true, b"answer").unwrap()).unwrap();
        for count in 0..=whole.len() {
            let (here, mut there) = duplex(1 << 10);
            there.write_all(&whole[..count]).await.unwrap();
            drop(there);
            let mut read = Vec::new();
            let outcome = sealed(here, 0).read_to_end(&mut read).await;
            let is_clean = count == 0 || count == whole.len();
            assert_eq!(outcome.is_ok(), is_clean, "{count} of {}", whole.len());
        }
    }

    #[tokio::test]
    async fn what_came_before_a_bad_frame_is_given_and_then_the_reason() {
        let (here, mut there) = duplex(1 << 10);
        let good = frame(&Fake::established().wrap(true, b"good").unwrap()).unwrap();
        there.write_all(&good).await.unwrap();
        there.write_all(&[0, 0, 0, 0]).await.unwrap();
        let mut client = sealed(here, 0);
        let mut read = [0; 4];
        client.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"good");
        for _ in 0..2 {
            let error = client.read(&mut read).await.unwrap_err();
            assert_eq!(
                error.to_string(),
                "malformed answer: a sealed message of 0 bytes, where 1 to 16777215 are allowed"
            );
        }
    }

    #[test]
    fn a_server_that_takes_nothing_gets_nothing() {
        assert!(Sealed::new((), Box::new(Fake::established()), 256).is_none());
        assert!(Sealed::new((), Box::new(Fake::established()), 257).is_some());
    }
}
