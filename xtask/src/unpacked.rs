//! Debian packages of services for tests, unpacked and not installed: an installation would start the service.

use crate::step::{run, step};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Unpacks a package into `target/PACKAGE`, unless `file` is there already. `what_for` is for people.
pub fn package(workspace: &Workspace, package: &str, file: &str, what_for: &str) -> Result<()> {
    let folder = workspace.products().join(package);
    if folder.join(file).exists() {
        return Ok(());
    }
    step(&format!("unpack {what_for} into target/{package}"), || unpack(package, &folder))
}

fn unpack(package: &str, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut download = Command::new("/usr/bin/apt-get");
    download.args(["-qq", "download", package]).current_dir(folder);
    run(&mut download).with_context(|| format!("cannot fetch the Debian package {package}"))?;
    let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let Some(file) = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "deb")) else {
        bail!("apt-get did not download {package} into {}", folder.display());
    };
    run(Command::new("dpkg-deb").arg("-x").arg(&file).arg(folder))?;
    Ok(fs::remove_file(file)?)
}
