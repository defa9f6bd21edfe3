//! A TCP proxy that cuts the stream at random places: pieces of one byte up to
//! tens of thousands, with and without a pause between them, and, if told so,
//! an end in the middle.
//!
//! What it does follows from its seed alone, apart from how the network fills
//! the reads.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Numbers that look random (Marsaglia, "Xorshift RNGs").
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        // Never 0, from which nothing else would come.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// How long the next piece is: often one that splits a frame's length.
    fn piece(&mut self) -> usize {
        let longest = match self.below(10) {
            0..=2 => 4,
            3..=5 => 100,
            6..=8 => 5_000,
            _ => 60_000,
        };
        usize::try_from(self.below(longest)).expect("a small number") + 1
    }
}

/// Starts a proxy to `server` on the server's own address, so that the server's
/// name leads to it; gives its port. Each connection is closed when the server
/// has sent `limit` bytes on it.
pub(crate) async fn start(server: SocketAddr, seed: u64, limit: Option<usize>) -> u16 {
    let listener = TcpListener::bind((server.ip(), 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut random = Random::new(seed);
        while let Ok((client, _)) = listener.accept().await {
            let (up, down) = (random.below(u64::MAX), random.below(u64::MAX));
            tokio::spawn(async move {
                let server = TcpStream::connect(server).await.expect("the server");
                for stream in [&client, &server] {
                    stream.set_nodelay(true).expect("a socket");
                }
                let (mut client_read, mut client_write) = client.into_split();
                let (mut server_read, mut server_write) = server.into_split();
                tokio::select! {
                    () = carry(&mut client_read, &mut server_write, Random::new(up), None) => {}
                    () = carry(&mut server_read, &mut client_write, Random::new(down), limit) => {}
                }
            });
        }
    });
    port
}

/// Passes bytes on in pieces, `limit` of them at most.
async fn carry<R, W>(from: &mut R, to: &mut W, mut random: Random, limit: Option<usize>)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 64 << 10];
    let mut left = limit.unwrap_or(usize::MAX);
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let mut rest = &buffer[..count.min(left)];
        left -= rest.len();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(random.piece().min(rest.len()));
            if to.write_all(piece).await.is_err() {
                return;
            }
            rest = after;
            match random.below(8) {
                0 => tokio::time::sleep(Duration::from_millis(random.below(3))).await,
                // Gives the reader its turn, so that pieces do not run together.
                _ => tokio::task::yield_now().await,
            }
        }
        if left == 0 {
            return;
        }
    }
}
