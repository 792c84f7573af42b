//! A server process, which ends with the test program.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// Starts the program in its arguments, says its process id, and kills it as soon as its own standard input is closed: when
/// the test program drops it, or dies.
const GUARD: &str = r#""$@" </dev/null >&2 & echo $!; cat >/dev/null; kill -KILL $! 2>/dev/null; wait"#;

/// How long a start may take: machines that run several builds are slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server.
#[derive(Debug)]
pub struct Process {
    guard: Child,
    id: Option<Pid>,
}

impl Process {
    /// Starts this command; what it prints goes to that file.
    pub fn start(command: &Command, output: &Path) -> io::Result<Self> {
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "sh"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => guard.env(name, value),
                None => guard.env_remove(name),
            };
        }
        let output = File::create(output)?;
        let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(output).spawn()?;
        let mut id = String::new();
        if let Some(stdout) = guard.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut id)?;
        }
        let id = id.trim().parse().ok().and_then(Pid::from_raw);
        Ok(Self { guard, id })
    }

    /// Returns true as soon as `ready`, and false if the process ends before or takes too long.
    pub fn wait_until(&self, mut ready: impl FnMut() -> bool) -> bool {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if ready() {
                return true;
            }
            if !self.is_running() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// Whether the process exists.
    pub fn is_running(&self) -> bool {
        self.id.is_some_and(|id| test_kill_process(id).is_ok())
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        if let Some(id) = self.id {
            let _ = kill_process(id, signal);
        }
    }

    /// Sends a signal and returns when the process has ended.
    pub fn end(&self, signal: Signal) {
        self.signal(signal);
        // A stopped process receives other signals than SIGKILL only after this.
        self.signal(Signal::CONT);
        let began = Instant::now();
        while self.is_running() && began.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.guard.stdin.take();
        let _ = self.guard.wait();
    }
}
