//! A service whose journal is in a database waits while another service has this journal.

use swaparoo::http::config::JournalAt;
use swaparoo::http::notify;
use swaparoo::journal::{Journal, OpenError, WhenHeld};

use super::error::StartError;
use super::secrets;
use crate::cli::stdout::say;

/// The journal in the database, once this service has it; `None` if the journal is somewhere else.
pub async fn database(at: &JournalAt) -> Result<Option<Journal>, StartError> {
    let JournalAt::Database(at) = at else { return Ok(None) };
    let options = secrets::database(at).map_err(StartError::lasting)?;
    let starting = tokio::spawn(notify::starting());
    let opened = Journal::connect(&options, WhenHeld::Refuse).await;
    starting.abort();
    let runner = match opened {
        Ok(journal) => return Ok(Some(journal)),
        Err(OpenError::Beats { runner, .. }) => runner,
        Err(error) => return Err(error.into()),
    };
    tracing::info!("waiting as a standby: the runner {runner} has the journal");
    say!("waiting as a standby: the runner {runner} has the journal");
    notify::status(&format!("standby for the runner {runner}"));
    // For systemd, the start is done: it may last for months.
    notify::ready();
    let watchdog = tokio::spawn(notify::watchdog());
    let journal = Journal::connect(&options, WhenHeld::Wait).await;
    watchdog.abort();
    notify::status("has taken the journal");
    Ok(Some(journal?))
}
