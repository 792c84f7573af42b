//! `swaparoo placement`: serves the simulated Placement over HTTP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use clap::Args;
use swaparoo::clients::placement::state;
use swaparoo_placement::{Placement, http};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::stdout::say;
use super::{Exit, complain};

/// Serve a simulated Placement in memory over HTTP, for experiments and tests
#[derive(Debug, Args)]
pub struct ServePlacement {
    /// Address to listen on; port 0 takes any free port. The token `admin` may do everything, as with noauth2
    #[arg(long, value_name = "ADDR", value_parser = address, default_value = "127.0.0.1:8778")]
    listen: SocketAddr,
    /// Start with the state in this file, if it exists, and write the state back at the end (SIGINT or SIGTERM)
    #[arg(long, value_name = "FILE.json")]
    state: Option<PathBuf>,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "not an address with a port, such as 127.0.0.1:8778")
}

/// Serves until SIGINT or SIGTERM.
pub async fn run(options: &ServePlacement) -> anyhow::Result<Exit> {
    if let Some(file) = &options.state {
        folder_is_there(file)?;
    }
    let model = match options.state.as_deref().filter(|file| file.exists()) {
        Some(file) => state::read(file)?,
        None => Placement::default(),
    };
    let listener = TcpListener::bind(options.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", options.listen))?;
    // Set up before the address is printed, so that a signal sent from then on ends the program in order.
    let mut signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
    say!("listening on http://{}", listener.local_addr()?);
    let shared = Arc::new(Mutex::new(model));
    tokio::select! {
        served = http::serve(listener, shared.clone()) => served?,
        () = stop_signal(&mut signals) => {}
    }
    let Some(file) = &options.state else { return Ok(Exit::Finished) };
    Ok(match state::write(file, &shared.lock().unwrap_or_else(PoisonError::into_inner)) {
        Ok(()) => {
            say!("the state is in {}", file.display());
            Exit::Finished
        }
        Err(error) => {
            complain(&error.into());
            Exit::Failed
        }
    })
}

/// Checked at the start, because at the end the state would be lost.
fn folder_is_there(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (file, shown) = (file.display(), folder.display());
    anyhow::ensure!(
        folder.is_dir(),
        "the Placement state {file} cannot be written: the folder {shown} does not exist; create it first"
    );
    Ok(())
}

async fn stop_signal([interrupted, terminated]: &mut [Signal; 2]) {
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
}
