//! Reads and damages the journal's file from outside.

use std::path::Path;
use std::process::Command;

/// Runs a Python script with the journal open as `db` and arguments in `sys.argv[2:]`; returns its output.
pub fn python(folder: &Path, script: &str, given: &[&str]) -> String {
    let python = std::env::var_os("SWAPAROO_PLACEMENT_PYTHON").expect("`cargo xtask test` sets it");
    let script = format!("import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db:\n    {script}");
    let output =
        Command::new(python).arg("-c").arg(script).arg(folder.join("journal.db")).args(given).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Changes one row.
pub fn change(folder: &Path, sql: &str, of: &str) {
    assert_eq!(python(folder, "print(db.execute(sys.argv[2], sys.argv[3:]).rowcount)", &[sql, of]), "1");
}

/// Removes the component of a policy.
pub fn lose_policy(folder: &Path, digest: &str) {
    change(folder, "DELETE FROM policies WHERE digest = ?", digest);
}
