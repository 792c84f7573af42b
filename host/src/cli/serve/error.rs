//! Why the service does not start, and whether a later start may succeed without a change of the configuration.

use std::io::ErrorKind;

use swaparoo::clients::cloud;
use swaparoo::http::ListenError;
use swaparoo::journal::{JournalError, OpenError};
use swaparoo::registry::RegistryError;

use crate::cli::Exit;

/// An error with the exit code that it leads to.
#[derive(Debug)]
pub struct StartError {
    pub error: anyhow::Error,
    pub exit: Exit,
}

impl StartError {
    /// The error remains until the configuration, or a file that it names, is changed.
    pub fn lasting(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), exit: Exit::BadInput }
    }

    /// The error may go away by itself, for example when the machine lacks a resource for a time.
    pub fn passing(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), exit: Exit::StartAgain }
    }

    fn of(error: impl Into<anyhow::Error>, passes: bool) -> Self {
        if passes { Self::passing(error) } else { Self::lasting(error) }
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        let passes = error.passes();
        Self::of(error, passes)
    }
}

impl From<JournalError> for StartError {
    fn from(error: JournalError) -> Self {
        Self::passing(error)
    }
}

impl From<RegistryError> for StartError {
    fn from(error: RegistryError) -> Self {
        let passes = error.passes();
        Self::of(error, passes)
    }
}

impl From<cloud::Error> for StartError {
    fn from(error: cloud::Error) -> Self {
        let passes = error.passes();
        Self::of(error, passes)
    }
}

/// An address of this machine may come up after the service, so that error may pass. An address in use means that two
/// services are configured with the same one.
impl From<ListenError> for StartError {
    fn from(error: ListenError) -> Self {
        let passes = match &error {
            ListenError::Socket { why, .. } | ListenError::Tcp { why, .. } => !matches!(
                why.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied | ErrorKind::InvalidInput
            ),
            _ => false,
        };
        Self::of(error, passes)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;
    use std::time::Duration;

    use swaparoo::engine::LoadError;
    use swaparoo::engine::worker::WorkerError;

    use super::*;

    fn ends(fault: impl Into<StartError>) -> Exit {
        fault.into().exit
    }

    #[test]
    fn temporary_errors_and_wrong_configurations_have_different_exit_codes() {
        let file = || PathBuf::from("journal.db");
        assert_eq!(ends(OpenError::InUse { file: file() }), Exit::BadInput);
        assert_eq!(ends(OpenError::Newer { file: file(), found: 9, known: 2 }), Exit::BadInput);
        for (passes, exit) in [(true, Exit::StartAgain), (false, Exit::BadInput)] {
            assert_eq!(ends(OpenError::Unusable { file: file(), why: "it is".into(), passes }), exit);
        }
        assert_eq!(ends(RegistryError::Journal(JournalError::new("disk full"))), Exit::StartAgain);
        assert_eq!(ends(RegistryError::NoPrevious), Exit::BadInput);
        let limit = Duration::from_secs(45);
        for (source, exit) in [
            (WorkerError::Ended { how: "signal: 9 (SIGKILL)".into() }, Exit::StartAgain),
            (WorkerError::Time { limit }, Exit::StartAgain),
            (WorkerError::ProcessorTime { limit }, Exit::BadInput),
        ] {
            let said = source.to_string();
            let policy = LoadError::NotCompiled { name: "mine".into(), source };
            assert_eq!(ends(RegistryError::Invalid(policy)), exit, "{said}");
        }
        for (kind, exit) in [
            (ErrorKind::AddrNotAvailable, Exit::StartAgain),
            (ErrorKind::StorageFull, Exit::StartAgain),
            (ErrorKind::NotFound, Exit::BadInput),
        ] {
            assert_eq!(ends(ListenError::Socket { socket: file(), why: io::Error::from(kind) }), exit, "{kind:?}");
        }
        assert_eq!(ends(cloud::Error::NoCloud), Exit::BadInput);
        let (cloud, url, cause) = ("c".to_owned(), "u".to_owned(), "no route".to_owned());
        assert_eq!(ends(cloud::Error::NoAnswer { cloud, url, cause }), Exit::StartAgain);
    }
}
