//! Two ends of a connection within this process: one for ldap3, one for the
//! guard.

use std::io;

use ldap3::{LdapConnSettings, StdStream};

/// The settings and the URL that make ldap3 use its end, and the other end.
#[cfg(unix)]
pub(super) fn pair() -> io::Result<(LdapConnSettings, &'static str, tokio::net::UnixStream)> {
    let (ours, theirs) = tokio::net::UnixStream::pair()?;
    let stream = StdStream::Unix(theirs.into_std()?);
    let settings = LdapConnSettings::new().set_std_stream(stream);
    Ok((settings, "ldapi:///", ours))
}

/// The settings and the URL that make ldap3 use its end, and the other end.
///
/// Over the loopback interface, because Windows has no anonymous pair. The
/// listener takes one connection, which must be our own, and is closed.
#[cfg(not(unix))]
pub(super) fn pair() -> io::Result<(LdapConnSettings, &'static str, tokio::net::TcpStream)> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let theirs = std::net::TcpStream::connect(listener.local_addr()?)?;
    let (ours, peer) = listener.accept()?;
    if peer != theirs.local_addr()? {
        return Err(io::Error::other(
            "another program took the local connection",
        ));
    }
    ours.set_nonblocking(true)?;
    ours.set_nodelay(true)?;
    theirs.set_nodelay(true)?;
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Tcp(theirs));
    Ok((
        settings,
        "ldap://127.0.0.1",
        tokio::net::TcpStream::from_std(ours)?,
    ))
}
