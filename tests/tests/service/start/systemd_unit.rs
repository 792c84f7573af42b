//! The parts of the service's unit that decide when systemd restarts it.

use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const UNIT: &str = include_str!("../../../../host/swaparoo.service");

/// A failing start takes well under a second.
const STAYS_UP: Duration = Duration::from_secs(10);

/// The settings of the unit.
#[derive(Debug)]
pub struct SystemdUnit {
    restart: String,
    prevent: Vec<i32>,
    pub pause: Duration,
}

impl SystemdUnit {
    /// The one in `host/`.
    pub fn read() -> Self {
        assert_eq!(value("StartLimitIntervalSec"), "0", "systemd would give up after a few starts");
        // systemd 252 of Debian 12 does not support RestartSteps= and would ignore it with a warning.
        assert!(!UNIT.contains("RestartSteps") && !UNIT.contains("RestartMaxDelaySec"));
        let prevent = value("RestartPreventExitStatus").split(' ').map(|code| code.parse().unwrap()).collect();
        let pause = Duration::from_secs(value("RestartSec").parse().unwrap());
        Self { restart: value("Restart").to_owned(), prevent, pause }
    }

    /// Whether systemd restarts a service that has ended in this way (systemd.service(5), "Restart=").
    pub fn starts_again(&self, ended: ExitStatus) -> bool {
        assert_eq!(self.restart, "on-failure");
        match ended.code() {
            Some(0) => false,
            Some(code) => !self.prevent.contains(&code),
            // Killed, but not by systemd.
            None => true,
        }
    }

    /// Starts and restarts the service as the unit says, with its pauses, until it keeps running. Returns the number of
    /// starts. `ended` is called after each end. None if it is not restarted.
    pub fn supervise(&self, command: impl Fn() -> Command, mut ended: impl FnMut(ExitStatus)) -> Option<usize> {
        for starts in 1..=10 {
            let Some(end) = runs_until(&mut command(), STAYS_UP) else { return Some(starts) };
            ended(end);
            if !self.starts_again(end) {
                return None;
            }
            std::thread::sleep(self.pause);
        }
        None
    }
}

/// How it ended; none if it was still running after that time, and was killed.
fn runs_until(command: &mut Command, stays_up: Duration) -> Option<ExitStatus> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while began.elapsed() < stays_up {
        if let Some(end) = child.try_wait().unwrap() {
            return Some(end);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

fn value(key: &str) -> &'static str {
    let found = UNIT.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("the unit has no {key}"))
}
