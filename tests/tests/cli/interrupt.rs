//! Ctrl-C while a command waits for Placement.

use std::io::Read;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::program::{MIGRATION, Program, SERVER};

/// Interrupts the command when it has sent a request; returns its exit code and standard error.
fn interrupted(words: &str) -> (Option<i32>, String) {
    let (program, listener) = (Program::migrating(), TcpListener::bind("127.0.0.1:0").unwrap());
    let asked = format!("{words} --placement http://{} --token admin", listener.local_addr().unwrap());
    let mut child = program.command(&asked).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // The request is never answered.
    let _request = listener.accept().unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    (child.wait().unwrap().code(), err)
}

#[test]
fn ctrl_c_says_what_may_have_been_done() {
    let task = format!("revert --server-uuid {SERVER} --migration-uuid {MIGRATION} --server present");
    let (code, err) = interrupted(&task);
    assert_eq!(code, Some(130), "{err}");
    assert_eq!(
        err,
        "interrupted: a write that was sent may be done or not; give the same command again, which reads first\n"
    );
    let program = Program::migrating();
    program.write("nova.json", r#"{"servers": [], "migrations": []}"#);
    let (code, err) = interrupted(&format!("audit --nova {}", program.path("nova.json").display()));
    assert_eq!((code, err.as_str()), (Some(130), "interrupted: nothing was changed\n"));
}
