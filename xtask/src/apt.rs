//! Installs Debian packages if that is possible without asking: as root, with apt.

use crate::step::{run, step};
use anyhow::{Result, bail};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Held during an installation, since apt allows one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Prints and installs packages; if it may not, the error contains the command.
pub fn install(what_for: &str, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !possible() {
        bail!("{what_for} is missing: run `apt-get install {names}` as root, or install it as your system does");
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    step(&format!("install the Debian packages {names} ({what_for})"), || {
        run(apt().arg("update"))?;
        run(apt().args(["install", "-y", "--no-install-recommends"]).args(packages))
    })
}

/// Whether this process may install packages: it is root, and apt exists.
pub fn possible() -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|of_this_process| of_this_process.uid() == 0);
    root && Path::new("/usr/bin/apt-get").exists()
}

fn apt() -> Command {
    let mut apt = Command::new("/usr/bin/apt-get");
    apt.arg("-qq").env("DEBIAN_FRONTEND", "noninteractive");
    apt
}
