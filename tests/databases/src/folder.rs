//! A database's folder, and the user that it runs as: PostgreSQL and Galera's state transfer refuse to work as root.

use std::io;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The system's user and group `nobody`: the databases refuse to run as root.
const NOBODY: u32 = 65_534;

/// A new folder that belongs to the database's user. It is removed when this is dropped.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    pub fn new(name: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("swaparoo-{name}-")).tempdir()?;
        own(folder.path())?;
        Ok(Self(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Creates a folder in this one.
    pub fn create(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        std::fs::create_dir(&path)?;
        own(&path).map(|()| path)
    }
}

/// Gives a file or folder to the database's user.
pub fn own(path: &Path) -> io::Result<()> {
    if is_root() { chown(path, Some(NOBODY), Some(NOBODY)) } else { Ok(()) }
}

/// CAP_SYS_NICE in the mask of /proc/PID/status.
const NICE: u64 = 1 << 23;
/// Galera gives its thread the usual priority, and does not start if it may not: when the tests run at idle priority.
const KEEP_NICE: [&str; 2] = ["--inh-caps=+sys_nice", "--ambient-caps=+sys_nice"];

/// A command that runs this program as the database's user, with its temporary files in this folder. In a common one they
/// would not last: each MariaDB that starts removes the temporary tables that it finds there, also another server's.
pub fn command(program: &Path, folder: &Path) -> Command {
    let mut command = if is_root() {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        setpriv.args(if may_set_priorities() { &KEEP_NICE[..] } else { &[] }).arg(program);
        setpriv
    } else {
        Command::new(program)
    };
    command.env_remove("HOME").env("TMPDIR", folder).stdin(Stdio::null());
    command
}

/// Containers often have no such right, and then cannot hand it on.
fn may_set_priorities() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let rights = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    rights.and_then(|rights| u64::from_str_radix(rights.trim(), 16).ok()).is_some_and(|rights| rights & NICE != 0)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
