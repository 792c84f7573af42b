//! MySQL 8 for the nightly tests: Debian has none, so the packages of Ubuntu 22.04 are unpacked, and none is installed.

use crate::step::{run, say, step};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

const ARCHIVE: &str = "http://archive.ubuntu.com/ubuntu/pool/main/";
/// Downloads a file with apt's own settings, and checks its digest.
const DOWNLOAD: &str = "/usr/lib/apt/apt-helper";
/// The server, its client and the libraries that Debian 12 does not have, each with its SHA-256. The archive keeps these
/// versions, since they are those of the release itself.
const PACKAGES: [(&str, &str); 9] = [
    (
        "m/mysql-8.0/mysql-server-core-8.0_8.0.28-0ubuntu4_amd64.deb",
        "69a97fa36a94ce981cf4a5fd6eb674003fa42559b442ba9807309c69d1b90fdb",
    ),
    (
        "m/mysql-8.0/mysql-client-core-8.0_8.0.28-0ubuntu4_amd64.deb",
        "2659942ab2c31551e4cd634f65f65b56786848b628e8ff2ceb5d30f0e51eea30",
    ),
    (
        "liba/libaio/libaio1_0.3.112-13build1_amd64.deb",
        "2dcfe0b49d7cccfbf1bd6a3f627cf44bea9f51fb32f7e0e552a0df75698e0d27",
    ),
    (
        "libe/libevent/libevent-core-2.1-7_2.1.12-stable-1build3_amd64.deb",
        "9317ae74915b9e4372f7506fbd16ae2a021e0ead79a8d88f96dad49b87d94508",
    ),
    (
        "libe/libevent/libevent-pthreads-2.1-7_2.1.12-stable-1build3_amd64.deb",
        "078211a125a9ef5a9c7d24eb441761cefde8812b69889f7cee96824b0dc66831",
    ),
    ("i/icu/libicu70_70.1-2_amd64.deb", "58a154f6307289813da2276f900498ef536ae7c0522d2cf31a3c3c5cf62dfd9a"),
    ("m/mecab/libmecab2_0.996-14build9_amd64.deb", "cb25c996ff0ed53158bc6b9cda66f68f003ff3824f8276ddfa0ad20d60e1411a"),
    (
        "p/protobuf/libprotobuf-lite23_3.12.4-1ubuntu7_amd64.deb",
        "74213165bb99962044366f56d43eaebf7f7ffd7903d60820abd8373f6fe067c0",
    ),
    (
        "libt/libtirpc/libtirpc3_1.3.2-2build1_amd64.deb",
        "e5af8cc79ce2cd14a716922f7936d2a7c26d1e90642aaa7810afe4fcdc1cf2dc",
    ),
];

/// Unpacks it into `target/mysql-server`, where the tests look for it. Where that is not possible, it says so: the tests
/// then leave MySQL out.
pub fn unpack(workspace: &Workspace) -> Result<()> {
    let folder = workspace.products().join("mysql-server");
    if folder.join("usr/sbin/mysqld").exists() {
        return Ok(());
    }
    if !Path::new(DOWNLOAD).exists() || !cfg!(target_arch = "x86_64") {
        say("skipped: MySQL 8 for the tests can be unpacked only on x86-64 with apt");
        return Ok(());
    }
    step("unpack MySQL 8.0.28 into target/mysql-server (about 30 MB)", || {
        // The server comes last, since it says that all is there.
        PACKAGES.iter().rev().try_for_each(|package| fetch(&folder, package))
    })
}

fn fetch(folder: &Path, (path, digest): &(&str, &str)) -> Result<()> {
    fs::create_dir_all(folder)?;
    let package = folder.join("package.deb");
    let mut download = Command::new(DOWNLOAD);
    download.arg("download-file").arg(format!("{ARCHIVE}{path}")).arg(&package).arg(format!("SHA256:{digest}"));
    run(&mut download).with_context(|| format!("cannot download {ARCHIVE}{path}"))?;
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(folder))?;
    Ok(fs::remove_file(package)?)
}
