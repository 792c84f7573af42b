//! The databases that tests start: PostgreSQL, and MariaDB with Galera. Only their programs are used, no system service.

use crate::apt;
use crate::step::{run, step};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A program of each package. `rsync`, `lsof` and `ss` are what Galera's state transfer calls.
const MARIADB: [(&str, &str); 6] = [
    ("/usr/sbin/mariadbd", "mariadb-server-core"),
    ("/usr/bin/mariadb", "mariadb-client-core"),
    ("/usr/lib/galera/libgalera_smm.so", "galera-4"),
    ("/usr/bin/rsync", "rsync"),
    ("/usr/bin/lsof", "lsof"),
    ("/usr/bin/ss", "iproute2"),
];
/// Has the scripts of the state transfer. Its installation would start a system service, so it is only unpacked.
const SCRIPTS: &str = "mariadb-server";

/// Installs what is missing.
pub fn install(workspace: &Workspace) -> Result<()> {
    if !Path::new("/usr/lib/postgresql").exists() {
        apt::install("PostgreSQL, for tests of the journal", &["postgresql"])?;
    }
    let missing: Vec<_> = MARIADB.iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, name)| *name).collect();
    if !missing.is_empty() {
        apt::install("MariaDB with Galera, for tests of the journal", &missing)?;
    }
    let folder = workspace.products().join(SCRIPTS);
    if folder.join("usr/bin/wsrep_sst_rsync").exists() {
        return Ok(());
    }
    step("unpack the scripts of Galera's state transfer", || unpack(&folder))
}

fn unpack(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    let mut download = Command::new("/usr/bin/apt-get");
    download.args(["-qq", "download", SCRIPTS]).current_dir(folder);
    run(&mut download).with_context(|| format!("cannot fetch the Debian package {SCRIPTS}"))?;
    let packages = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let Some(package) = packages.into_iter().find(|path| path.extension().is_some_and(|end| end == "deb")) else {
        bail!("apt-get did not download {SCRIPTS} into {}", folder.display());
    };
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(folder))?;
    Ok(fs::remove_file(package)?)
}
