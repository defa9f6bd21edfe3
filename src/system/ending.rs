//! What asks the program to end: signals on Unix, events of the console on
//! Windows.
//!
//! It only passes on that somebody asked. What is under way ends in its own
//! time, and Windows gives a program whose window is closed 5 seconds for it
//! (`HandlerRoutine`, "Timeouts").

use std::io;

use tokio::sync::mpsc;

/// Whether a lost terminal asks a program to end, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hangup {
    /// It does.
    Ends,
    /// It does what it always does, so that `nohup` works.
    AsUsual,
}

/// A message each time that somebody asks the program to end: Ctrl-C, SIGTERM
/// and, if wanted, SIGHUP. They end nothing by themselves from the call on.
///
/// # Errors
///
/// If the system does not let them be caught.
#[cfg(unix)]
pub(crate) fn requests(hangup: Hangup) -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
    if hangup == Hangup::Ends {
        kinds.push(SignalKind::hangup());
    }
    let (sender, receiver) = mpsc::channel(4);
    for kind in kinds {
        let mut stream = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() && sender.send(()).await.is_ok() {}
        });
    }
    Ok(receiver)
}

/// A message each time that somebody asks the program to end: Ctrl-C,
/// Ctrl-Break, a closed window, the end of the user's session or of the system.
/// The first two end nothing by themselves from the call on.
///
/// # Errors
///
/// If the system does not let them be caught.
#[cfg(windows)]
pub(crate) fn requests(_hangup: Hangup) -> io::Result<mpsc::Receiver<()>> {
    use tokio::signal::windows;
    let (mut interrupt, mut stop) = (windows::ctrl_c()?, windows::ctrl_break()?);
    let (mut close, mut logoff) = (windows::ctrl_close()?, windows::ctrl_logoff()?);
    let mut shutdown = windows::ctrl_shutdown()?;
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let asked = tokio::select! {
                asked = interrupt.recv() => asked,
                asked = stop.recv() => asked,
                asked = close.recv() => asked,
                asked = logoff.recv() => asked,
                asked = shutdown.recv() => asked,
            };
            if asked.is_none() || sender.send(()).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}
