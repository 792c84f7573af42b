//! One MariaDB node of a Galera cluster.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::folder::{Folder, command, own};
use crate::postgres::output;
use crate::process::Process;
use crate::{CannotStart, free_port};

const CONFIG: &str = include_str!("../node.cnf.in");
/// The scripts of the state transfer, which are in the package of the service; `cargo xtask test` unpacks it there.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/mariadb-server/usr/bin");

/// How often a node is started before a test gives up.
const STARTS: u32 = 3;

/// One node: it may run, be killed, and run again.
#[derive(Debug)]
pub struct Node {
    name: String,
    process: Option<Process>,
    folder: PathBuf,
    pub(crate) sql: u16,
    pub(crate) group: u16,
}

impl Node {
    /// Creates its data.
    pub(crate) fn create(folder: &Folder, name: &str) -> Result<Self, CannotStart> {
        let prepare = CannotStart::prepare("a MariaDB node");
        let path = folder.create(name).map_err(&prepare)?;
        let mut install = command(&program("/usr/bin/mariadb-install-db")?, &path);
        install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
        let done = install.arg(format!("--datadir={}", path.join("data").display())).output().map_err(&prepare)?;
        if !done.status.success() {
            return Err(CannotStart::not_ready("mariadb-install-db", &String::from_utf8_lossy(&done.stderr)));
        }
        let (sql, group) = (free_port()?, free_port()?);
        Ok(Self { name: name.to_owned(), process: None, folder: path, sql, group })
    }

    /// Starts it as a member of the cluster whose members have these group ports, or as the first of a new one. A member that
    /// loses its donor while it starts ends, so it is started again a few times, as systemd would.
    pub(crate) fn start(&mut self, members: &[u16]) -> Result<(), CannotStart> {
        for _ in 1..STARTS {
            match self.start_once(members) {
                Err(CannotStart::NotReady { name, log }) => {
                    eprintln!("{name} is started again; the end of its log:\n{log}")
                }
                started_or_refused => return started_or_refused,
            }
        }
        self.start_once(members)
    }

    fn start_once(&mut self, members: &[u16]) -> Result<(), CannotStart> {
        self.kill();
        self.configure(members)?;
        let mut server = command(&program("/usr/sbin/mariadbd")?, &self.folder);
        server.arg(format!("--defaults-file={}", self.folder.join("my.cnf").display()));
        server.env("PATH", format!("{SCRIPTS}:/usr/sbin:/usr/bin:/sbin:/bin")).env("HOME", &self.folder);
        let log = self.folder.join("log");
        let process = Process::start(&server, &log).map_err(CannotStart::prepare("MariaDB"))?;
        let said = || fs::read_to_string(&log).unwrap_or_default();
        let is_ready = process.wait_until(|| said().contains("Synchronized with group, ready for connections"));
        self.process = Some(process);
        if is_ready { Ok(()) } else { Err(CannotStart::not_ready(&self.name, &said())) }
    }

    fn configure(&self, members: &[u16]) -> Result<(), CannotStart> {
        let members: Vec<_> = members.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let config = CONFIG
            .replace("@DIR@", &self.folder.to_string_lossy())
            .replace("@NAME@", &self.name)
            .replace("@SQL@", &self.sql.to_string())
            .replace("@GROUP@", &self.group.to_string())
            .replace("@IST@", &free_port()?.to_string())
            .replace("@SST@", &free_port()?.to_string())
            .replace("@MEMBERS@", &members.join(","));
        let path = self.folder.join("my.cnf");
        fs::write(&path, config).and_then(|()| own(&path)).map_err(CannotStart::prepare("my.cnf"))
    }

    /// The port of its SQL server on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.sql
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.end(Signal::KILL);
        }
    }

    /// Stops it with SIGSTOP: its connections stay open and are silent.
    pub fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after `stop`.
    pub fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    /// Says that a new cluster may begin with this node, although it was not the last one that ended.
    pub(crate) fn allow_to_begin(&self) -> io::Result<()> {
        let file = self.folder.join("data/grastate.dat");
        let state = fs::read_to_string(&file)?;
        fs::write(&file, state.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1"))
    }

    /// Runs statements as root, through the socket in its folder, and returns what they print.
    ///
    /// # Panics
    /// If one of them fails.
    pub fn sql(&self, statements: &str) -> String {
        let mut client = Command::new("/usr/bin/mariadb");
        client.args(["--no-defaults", "-uroot", "-N", "-s", "-e", statements]);
        client.arg("-S").arg(self.folder.join("socket"));
        output(client)
    }
}

fn program(path: &'static str) -> Result<PathBuf, CannotStart> {
    let path = Path::new(path).to_owned();
    if path.exists() { Ok(path) } else { Err(CannotStart::Missing { path, package: "mariadb-server-core" }) }
}
