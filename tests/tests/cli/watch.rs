//! `swaparoo policy test --watch`: the loop of a policy's author.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::program::Program;

#[test]
fn a_changed_component_is_tested_again_until_ctrl_c() {
    let program = Program::migrating();
    let standard = std::env::var("SWAPAROO_POLICIES").expect("SWAPAROO_POLICIES is not set; run `cargo xtask test`");
    let standard = std::fs::read(Path::new(&standard).join("standard.wasm")).unwrap();
    program.write("mine.wasm", &standard);
    let mut command = program.command("policy test mine.wasm --run back-to-a-deleted-server --watch");
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut round = || -> Vec<String> {
        let mut said = Vec::new();
        while said.last().is_none_or(|line: &String| !line.starts_with("waiting for a change of mine.wasm")) {
            said.push(lines.next().expect("the program goes on").unwrap());
        }
        said
    };
    let first = round();
    assert!(first.iter().any(|line| line.contains("back-to-a-deleted-server")), "{first:?}");
    program.write("mine.wasm", "not wasm");
    assert_eq!(round().len(), 2, "the error is on standard error");
    program.write("mine.wasm", &standard);
    assert_eq!(round(), first);
    let signal = signal_that_ends();
    kill_process(Pid::from_child(&process), signal).unwrap();
    let mut error = String::new();
    process.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert!(error.contains("error: ") && error.contains("not WebAssembly"), "{error}");
    assert_eq!(process.wait().unwrap().signal(), Some(signal.as_raw()), "{error}");
}

/// SIGINT, as from Ctrl-C; but a shell that runs the tests in the background makes all their processes ignore it.
fn signal_that_ends() -> Signal {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
    let is_ignored = ignored & 1 << (Signal::INT.as_raw() - 1) != 0;
    if is_ignored { Signal::TERM } else { Signal::INT }
}
