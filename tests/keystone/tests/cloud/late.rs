//! The service is started before its Keystone, as after a power failure.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::REAL;

/// A service. It is killed when this value is dropped.
struct Service {
    process: Child,
    address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    /// Starts a service with Keystone at that address.
    fn start(folder: &Path, keystone: SocketAddr) -> Self {
        let auth = format!(
            "{{auth_url: \"http://{keystone}/v3\", username: admin, password: the-admins-password, project_name: admin, \
             user_domain_id: default, project_domain_id: default}}"
        );
        let clouds = format!("clouds:\n  late:\n    region_name: RegionOne\n    auth: {auth}\n");
        std::fs::write(folder.join("clouds.yaml"), clouds).unwrap();
        let config = format!(
            "[listen]\nsocket = \"\"\ntcp = \"127.0.0.1:0\"\n[placement]\ncloud = \"late\"\n[journal]\nfile = {:?}\n",
            folder.join("journal.db")
        );
        std::fs::write(folder.join("swaparoo.toml"), config).unwrap();
        let program =
            std::env::var_os("SWAPAROO_PROGRAM").expect("SWAPAROO_PROGRAM is not set; run `cargo xtask test`");
        let mut command = Command::new(program);
        command.args(["serve", "--config", "swaparoo.toml"]).env_clear().env("HOME", folder).current_dir(folder);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
        Self { process, address: address.expect("it listens") }
    }

    /// Its complete answer to `GET /readyz`.
    fn readyz(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// Forwards connections at that port to the real Keystone, until the process ends.
fn forward(listener: TcpListener) {
    let keystone = REAL.urls().keystone.strip_prefix("http://").unwrap().to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming().map(Result::unwrap) {
            let server = TcpStream::connect(&keystone).unwrap();
            for (mut from, mut to) in [
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server.try_clone().unwrap(), client.try_clone().unwrap()),
            ] {
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
}

#[test]
fn a_service_that_is_started_before_its_keystone_waits_for_it() {
    let _there = REAL.urls();
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let service = Service::start(folder.path(), address);
    let early = service.readyz();
    assert!(early.starts_with("HTTP/1.1 503 ") && early.contains("the keystone of cloud"), "{early}");
    forward(TcpListener::bind(address).unwrap());
    let began = Instant::now();
    loop {
        let answer = service.readyz();
        if answer.starts_with("HTTP/1.1 200 ") {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{answer}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
