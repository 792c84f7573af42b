//! Signals that end the service, or that would end it without an error.

use std::io;

use swaparoo::http::notify;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A write beyond the largest size of a file (RLIMIT_FSIZE) then fails as on a full disk. Otherwise the system would end the
/// process without an error. The handler stays when its receiver is dropped.
pub fn survive_file_size_limit() -> io::Result<()> {
    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop)
}

/// Resolves when SIGTERM or SIGINT arrives. The handlers are installed by this call, before the future is polled, so
/// from here on a signal no longer kills the process.
pub fn stopped() -> impl Future<Output = ()> {
    let [terminate, interrupt] = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
    let wanted = async |signal: io::Result<Signal>| match signal {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    };
    async move {
        tokio::select! {
            () = wanted(terminate) => {}
            () = wanted(interrupt) => {}
        }
        notify::stopping();
        tracing::info!("stopping");
    }
}
