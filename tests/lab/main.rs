//! Tests against the live forests that `tests/lab/run` provisions: two Samba
//! domain controllers, `contoso.test` and `emea.contoso.test`, and one that
//! gives Kerberos tickets, `woodgrove.test`.
//!
//! They are built only with `--features lab` (`kerberos` too for the last) and
//! run one at a time. Each leaves the forest as it found it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper fails the test by panicking"
)]

#[cfg(feature = "kerberos")]
mod acceptor;
mod directory;
mod faults;
mod foreign;
mod forest;
#[cfg(feature = "kerberos")]
mod forests;
mod job;
#[cfg(feature = "kerberos")]
mod kerberos;
mod kill;
mod ldif;
mod openldap;
mod plan;
mod program;
#[cfg(feature = "kerberos")]
mod proxy;
mod rights;
mod slapd;
#[path = "../pty/terminal.rs"]
#[expect(dead_code, reason = "the tests of the terminal itself use more of it")]
mod terminal;
mod tui;
mod undo;
mod ways;
