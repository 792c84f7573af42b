//! A running `swaparoo placement`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::program::{Program, Ran};

pub struct Service {
    process: Child,
    out: BufReader<ChildStdout>,
    url: String,
}

impl Service {
    /// Starts it in the program's folder, on a free port. It loads its state from this file and saves it there.
    pub fn start(program: &Program, state: &str) -> Self {
        let mut command = program.command(&format!("placement --listen 127.0.0.1:0 --state {state}"));
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { process, out, url }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it; returns its exit code and its output since then.
    pub fn end(mut self) -> Ran {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.process.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Ran { code: self.process.wait().unwrap().code().unwrap_or(-1), out, err }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
