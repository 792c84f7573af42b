//! `swaparoo policy test --watch`: tests a policy again when one of its files has changed.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::{Exit, json_files};
use crate::cli::stdout::{complain, say};

/// How often the files are looked at. A file counts as written when it has not changed for this long.
const EVERY: Duration = Duration::from_millis(300);

/// The files that a test reads.
pub struct Watched {
    /// The component.
    pub file: PathBuf,
    /// The folders of scenarios and of records.
    pub folders: Vec<PathBuf>,
}

/// The times and sizes of the files.
type State = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

impl Watched {
    /// Does the work now and after each change, until the program is interrupted. An error of the work is printed: the next
    /// change may mend it.
    pub async fn each(&self, work: impl AsyncFn() -> anyhow::Result<Exit>) -> anyhow::Result<Exit> {
        loop {
            let before = self.state();
            if let Err(error) = work().await {
                complain(format_args!("error: {error:#}"));
            }
            say!("\nwaiting for a change of {} (Ctrl-C ends this)", self.file.display());
            self.changed(&before).await;
        }
    }

    /// Returns when something has changed, and then nothing more.
    async fn changed(&self, before: &State) {
        let mut last = self.state();
        loop {
            sleep(EVERY).await;
            let now = self.state();
            if now == last && now != *before {
                return;
            }
            last = now;
        }
    }

    fn state(&self) -> State {
        let in_folders = self.folders.iter().flat_map(|folder| json_files(folder).unwrap_or_default());
        let files = std::iter::once(self.file.clone()).chain(in_folders);
        files.map(|file| (file.clone(), state(&file))).collect()
    }
}

/// `None` if it is not there at this moment.
fn state(file: &Path) -> Option<(SystemTime, u64)> {
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}
