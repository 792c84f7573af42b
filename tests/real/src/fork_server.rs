//! The process that starts all Placements of this test program. It loads Placement's modules once: a start takes some
//! tenths of a second instead of three.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fork_server.py");

static SERVER: LazyLock<Mutex<Option<ForkServer>>> = LazyLock::new(Mutex::default);

/// It ends when this process ends, since its standard input is closed then, and all Placements end with it.
struct ForkServer {
    _process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A started Placement; it ends when this value is dropped.
#[derive(Debug)]
pub(crate) struct Forked {
    process: u32,
    /// Its URL; `None` if it has ended before it listened.
    pub url: Option<String>,
}

impl Forked {
    /// Starts a Placement with the `placement.conf` of a folder, under this python.
    pub fn start(python: &str, folder: &Path, options: &[&str]) -> io::Result<Self> {
        let mut server = server();
        if server.is_none() {
            *server = Some(ForkServer::start(python)?);
        }
        let Some(server) = server.as_mut() else { return Err(io::ErrorKind::NotFound.into()) };
        let answer = server.ask(&format!("start {} {}", folder.display(), options.join(" ")))?;
        let (process, said) = answer.split_once(' ').unwrap_or((answer.as_str(), ""));
        let process = process.parse().map_err(|_| io::Error::other(format!("{SCRIPT} answers {answer:?}")))?;
        Ok(Self { process, url: said.strip_prefix("listening on ").map(str::to_owned) })
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        if let Some(server) = server().as_mut() {
            let _ = writeln!(server.commands, "end {}", self.process);
        }
    }
}

impl ForkServer {
    fn start(python: &str) -> io::Result<Self> {
        let mut process = Command::new(python).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let Some((commands, answers)) = pipes else { return Err(io::ErrorKind::BrokenPipe.into()) };
        Ok(Self { _process: process, commands, answers: BufReader::new(answers) })
    }

    fn ask(&mut self, command: &str) -> io::Result<String> {
        writeln!(self.commands, "{command}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }
}

fn server() -> MutexGuard<'static, Option<ForkServer>> {
    SERVER.lock().unwrap_or_else(PoisonError::into_inner)
}
