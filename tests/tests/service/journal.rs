//! The journal's file, looked into and spoilt from outside.

use std::path::Path;
use std::process::Command;

/// What Python prints that has the journal there open as `db`, and what it is given in `sys.argv[2:]`.
pub fn python(folder: &Path, script: &str, given: &[&str]) -> String {
    let python = std::env::var_os("SWAPAROO_PLACEMENT_PYTHON").expect("`cargo xtask test` sets it");
    let script = format!("import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db:\n    {script}");
    let output =
        Command::new(python).arg("-c").arg(script).arg(folder.join("journal.db")).args(given).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// One row changes.
pub fn change(folder: &Path, sql: &str, of: &str) {
    assert_eq!(python(folder, "print(db.execute(sys.argv[2], sys.argv[3:]).rowcount)", &[sql, of]), "1");
}

/// It loses the component of a policy, as if it had been for a program of another time.
pub fn lose_policy(folder: &Path, digest: &str) {
    change(folder, "DELETE FROM policies WHERE digest = ?", digest);
}
