//! The databases that a service's journal can be in, on loopback, for tests: [`Postgres`], a [`Galera`] cluster of MariaDB
//! nodes, [`Mysql`], and a [`Cut`], a proxy in front of one of them that loses connections and answers. Each has a new folder, runs
//! as a user without rights, and ends when its value is dropped or the test program dies. No system service is used.

mod cut;
mod database_names;
mod folder;
mod galera;
mod mysql;
mod node;
mod postgres;
mod process;

pub use cut::Cut;
pub use galera::Galera;
pub use mysql::Mysql;
pub use node::Node;
pub use postgres::{Options, Postgres, Tls};

use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};

/// A database cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// A program is not installed.
    #[error("{} is missing, which the package {package} has; run the tests by `cargo xtask test`", path.display())]
    Missing {
        /// The path at which it was looked for.
        path: PathBuf,
        /// The Debian package.
        package: &'static str,
    },
    /// A folder or process could not be made.
    #[error("cannot prepare {what}: {cause}")]
    Prepare {
        /// What was tried.
        what: &'static str,
        /// The system's error.
        cause: io::Error,
    },
    /// It ended, or did not listen in time.
    #[error("{name} did not become ready; the end of its log:\n{log}")]
    NotReady {
        /// Which database.
        name: String,
        /// The last lines of its log.
        log: String,
    },
}

impl CannotStart {
    fn prepare(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |cause| Self::Prepare { what, cause }
    }

    fn not_ready(name: &str, log: &str) -> Self {
        let lines: Vec<_> = log.lines().collect();
        let last = lines.get(lines.len().saturating_sub(40)..).unwrap_or_default();
        Self::NotReady { name: name.to_owned(), log: last.join("\n") }
    }
}

/// Below the range from which Linux takes the ports of connections: no client can take one before the server listens there.
const PORTS: Range<u16> = 12_000..32_000;

/// A free port, which this program gets only once. Programs that run at the same time begin at different places.
fn free_port() -> Result<u16, CannotStart> {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let begin = std::process::id().wrapping_mul(7_919);
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..PORTS.len() {
        let nth = begin.wrapping_add(u32::from(TRIED.fetch_add(1, Ordering::Relaxed))) % PORTS.len() as u32;
        let port = PORTS.start + nth as u16;
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(error) => last = error,
        }
    }
    Err(CannotStart::prepare("a port")(last))
}
