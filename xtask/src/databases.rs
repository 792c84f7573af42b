//! The databases that tests start: PostgreSQL, and MariaDB with Galera. Only their programs are used, no system service.

use crate::workspace::Workspace;
use crate::{apt, unpacked};
use anyhow::Result;
use std::path::Path;

/// A program of each package. `rsync`, `lsof` and `ss` are what Galera's state transfer calls.
const MARIADB: [(&str, &str); 6] = [
    ("/usr/sbin/mariadbd", "mariadb-server-core"),
    ("/usr/bin/mariadb", "mariadb-client-core"),
    ("/usr/lib/galera/libgalera_smm.so", "galera-4"),
    ("/usr/bin/rsync", "rsync"),
    ("/usr/bin/lsof", "lsof"),
    ("/usr/bin/ss", "iproute2"),
];
/// Has the scripts of the state transfer.
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
    unpacked::package(workspace, SCRIPTS, "usr/bin/wsrep_sst_rsync", "the scripts of Galera's state transfer")
}
