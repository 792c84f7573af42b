//! Notifications to systemd: ready (once the service answers), alive, and stopping.

use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::placement_fixture::PlacementFixture;
use super::serve::{Serve, change, command, configure};

/// systemd's notification socket.
struct Manager(UnixDatagram);

impl Manager {
    fn at(folder: &Path) -> Self {
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(socket)
    }

    /// The next notification. On a slow machine the service also asks for more time to start.
    fn hears(&self) -> String {
        loop {
            let mut bytes = [0; 4096];
            let length = self.0.recv(&mut bytes).expect("there is a notification");
            let text = String::from_utf8_lossy(&bytes[..length]).trim().to_owned();
            if !text.starts_with("EXTEND_TIMEOUT_USEC=") {
                return text;
            }
        }
    }

    /// Whether there are no more notifications.
    fn heard_all(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        self.0.recv(&mut [0; 4096]).is_err()
    }
}

/// Kills the service even if the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the service in that folder, as systemd does.
fn unit(folder: &Path) -> Command {
    let mut command = command(folder);
    command.env("NOTIFY_SOCKET", folder.join("notify")).env_remove("WATCHDOG_PID").env_remove("WATCHDOG_USEC");
    command
}

/// Its answer over its socket.
fn asked(socket: &Path) -> String {
    let mut stream = UnixStream::connect(socket).expect("it listens");
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: swaparoo\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// After the ready notification, requests and a stop must work at once. This test does not wait for printed lines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_reports_ready_when_it_answers_and_stopping_at_sigterm() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let manager = Manager::at(folder.path());
    configure(folder.path(), &placement.proxy.url(), "");
    let socket = folder.path().join("s.sock");
    change(folder.path(), "socket = \"\"", &format!("socket = {socket:?}"));
    for _ in 0..5 {
        let service = unit(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut service = Running(service.unwrap());
        assert_eq!(manager.hears(), "READY=1");
        assert!(asked(&socket).starts_with("HTTP/1.1 200 "));
        let pid = rustix::process::Pid::from_child(&service.0);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert_eq!(manager.hears(), "STOPPING=1");
        assert_eq!(service.0.wait().unwrap().code(), Some(0));
    }
    assert!(manager.heard_all());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_does_not_start_is_never_ready() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let manager = Manager::at(folder.path());
    let second = unit(folder.path()).stdin(Stdio::null()).output().unwrap();
    assert_eq!(second.status.code(), Some(2), "the journal is the first one's: {second:?}");
    assert!(manager.heard_all());
    assert_eq!(serve.get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_notifies_the_watchdog_as_often_as_the_unit_requires() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let manager = Manager::at(folder.path());
    configure(folder.path(), &placement.proxy.url(), "");
    let mut command = unit(folder.path());
    command.env("WATCHDOG_USEC", "100000");
    let serve = Serve::run(folder.path(), command);
    let mut heard = (0..6).map(|_| manager.hears()).collect::<Vec<_>>();
    heard.sort_unstable();
    assert_eq!(heard, ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    drop(serve);
}
