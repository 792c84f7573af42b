//! `swaparoo placement`: the model behind a socket.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use clap::Args;
use swaparoo::placement::state;
use swaparoo_placement::{Placement, http};
use tokio::net::TcpListener;

use super::Exit;
use super::out::say;

/// Serve a Placement in memory over HTTP, for try-outs and tests
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen; port 0 takes any that is free. The token `admin` may do everything, as with noauth2
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8778")]
    listen: SocketAddr,
    /// Begin with this state, if the file is there, and write it back at the end (interrupt or SIGTERM)
    #[arg(long, value_name = "FILE.json")]
    state: Option<PathBuf>,
}

/// Serves until it is told to end.
pub async fn run(options: &Serve) -> anyhow::Result<Exit> {
    let model = match options.state.as_deref().filter(|file| file.exists()) {
        Some(file) => state::read(file)?,
        None => Placement::default(),
    };
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", options.listen))?;
    say!("listening on http://{}", listener.local_addr()?);
    let shared = Arc::new(Mutex::new(model));
    tokio::select! {
        served = http::serve(listener, shared.clone()) => served?,
        told = told_to_end() => told?,
    }
    if let Some(file) = &options.state {
        state::write(file, &shared.lock().unwrap_or_else(PoisonError::into_inner))?;
        say!("the state is in {}", file.display());
    }
    Ok(Exit::Finished)
}

async fn told_to_end() -> std::io::Result<()> {
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}
