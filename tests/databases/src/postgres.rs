//! A PostgreSQL server.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::database_names::DatabaseNames;
use crate::folder::{Folder, command, own};
use crate::process::Process;
use crate::{CannotStart, free_port};

/// The name of the user, who may do everything.
pub const USER: &str = "swaparoo";

/// A certificate and its key, each as PEM.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The certificate of the server.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// How the server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Clients must use TLS, and the server shows this certificate.
    pub tls: Option<Tls>,
    /// Clients must give this password.
    pub password: Option<String>,
}

/// A running PostgreSQL.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    programs: PathBuf,
    port: u16,
    names: DatabaseNames,
    folder: Folder,
}

impl Postgres {
    /// Creates a cluster with no password and starts it; returns when it answers.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Self, CannotStart> {
        Self::start_with(&Options::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As `start`.
    pub fn start_with(options: &Options) -> Result<Self, CannotStart> {
        let programs = programs()?;
        let folder = Folder::new("postgres").map_err(CannotStart::prepare("a folder"))?;
        initialize(&programs, &folder, options)?;
        let port = free_port()?;
        let process = launch(&programs, folder.path(), port)?;
        let postgres = Self { process, programs, port, names: DatabaseNames::default(), folder };
        if let Some(password) = &options.password {
            postgres.sql("postgres", &format!("ALTER USER {USER} PASSWORD '{password}'"));
        }
        Ok(postgres)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates an empty database and returns its name.
    ///
    /// # Panics
    /// If the server refuses it.
    #[must_use]
    pub fn create_database(&self) -> String {
        let name = self.names.next();
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// The URL of a database of this name, through this port (of a proxy, for example).
    #[must_use]
    pub fn url(&self, database: &str, port: u16) -> String {
        format!("postgresql://{USER}@127.0.0.1:{port}/{database}")
    }

    /// Runs statements with psql, through the socket in its folder, and returns what they print.
    ///
    /// # Panics
    /// If one of them fails.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-U", USER, "-d", database, "-c", statements]);
        psql.arg("-h").arg(self.folder.path()).arg("-p").arg(self.port.to_string());
        output(psql)
    }

    /// Ends it at once, as a crash does: nothing is written any more.
    pub fn crash(&self) {
        self.process.end(Signal::QUIT);
    }

    /// Stores its data as they are on the disk. It must have crashed.
    ///
    /// # Errors
    /// They cannot be copied.
    pub fn store_data(&self) -> Result<(), CannotStart> {
        self.copy("data", "stored")
    }

    /// Brings the stored data back: all that was committed since then is lost. It must have crashed.
    ///
    /// # Errors
    /// They cannot be copied.
    pub fn restore_data(&self) -> Result<(), CannotStart> {
        self.copy("stored", "data")
    }

    fn copy(&self, from: &str, to: &str) -> Result<(), CannotStart> {
        let [from, to] = [from, to].map(|name| self.folder.path().join(name));
        let mut copy = Command::new("cp");
        copy.arg("--archive").arg("--no-target-directory").arg(&from).arg(&to);
        let cannot = CannotStart::prepare("a copy of the data");
        if to.exists() {
            fs::remove_dir_all(&to).map_err(&cannot)?;
        }
        match copy.status().map_err(cannot)? {
            status if status.success() => Ok(()),
            status => Err(CannotStart::not_ready("cp", &status.to_string())),
        }
    }

    /// Starts it again after a crash, on the same port.
    ///
    /// # Errors
    /// It does not start.
    pub fn restart(&mut self) -> Result<(), CannotStart> {
        self.process = launch(&self.programs, self.folder.path(), self.port)?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its processes then end with it. After SIGKILL they would notice a little later.
        self.process.end(Signal::QUIT);
    }
}

/// The folder of the newest version's programs.
fn programs() -> Result<PathBuf, CannotStart> {
    let folder = Path::new("/usr/lib/postgresql");
    let versions = fs::read_dir(folder).into_iter().flatten().flatten();
    let versions = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let newest = versions.filter(|version| folder.join(format!("{version}/bin/initdb")).exists()).max();
    let newest = newest.ok_or(CannotStart::Missing { path: folder.to_owned(), package: "postgresql" })?;
    Ok(folder.join(newest.to_string()).join("bin"))
}

fn initialize(programs: &Path, folder: &Folder, options: &Options) -> Result<(), CannotStart> {
    let prepare = CannotStart::prepare("a PostgreSQL cluster");
    let mut initdb = command(&programs.join("initdb"), folder.path());
    initdb.args(["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust", "--username", USER, "-D"]);
    let done = initdb.arg(folder.path().join("data")).output().map_err(&prepare)?;
    if !done.status.success() {
        return Err(CannotStart::not_ready("initdb", &String::from_utf8_lossy(&done.stderr)));
    }
    settle(folder, options).map_err(prepare)
}

/// The settings that the options need.
fn settle(folder: &Folder, options: &Options) -> std::io::Result<()> {
    let data = folder.path().join("data");
    let file = |name: &str, content: &str| {
        let path = data.join(name);
        fs::write(&path, content).and_then(|()| own(&path))
    };
    if let Some(tls) = &options.tls {
        file("server.crt", &tls.certificate)?;
        file("server.key", &tls.key)?;
        fs::set_permissions(data.join("server.key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    let mut config = fs::read_to_string(data.join("postgresql.conf"))?;
    config.push_str(if options.tls.is_some() { "ssl = on\n" } else { "" });
    file("postgresql.conf", &config)?;
    let host = if options.tls.is_some() { "hostssl" } else { "host" };
    let how = if options.password.is_some() { "scram-sha-256" } else { "trust" };
    file("pg_hba.conf", &format!("local all all trust\n{host} all all samehost {how}\n"))
}

fn launch(programs: &Path, folder: &Path, port: u16) -> Result<Process, CannotStart> {
    let mut postgres = command(&programs.join("postgres"), folder);
    postgres.arg("-D").arg(folder.join("data")).args(["-c", "listen_addresses=127.0.0.1"]);
    postgres.args(["-c", &format!("port={port}")]);
    postgres.args(["-c", &format!("unix_socket_directories={}", folder.display())]);
    let log = folder.join("log");
    let process = Process::start(&postgres, &log).map_err(CannotStart::prepare("PostgreSQL"))?;
    let said = || fs::read_to_string(&log).unwrap_or_default();
    let is_ready = || said().contains("ready to accept connections") && TcpStream::connect(("127.0.0.1", port)).is_ok();
    if process.wait_until(is_ready) { Ok(process) } else { Err(CannotStart::not_ready("PostgreSQL", &said())) }
}

/// What a program prints.
#[expect(clippy::panic, reason = "a test must see the statement that failed")]
pub fn output(mut program: Command) -> String {
    match program.output() {
        Ok(done) if done.status.success() => String::from_utf8_lossy(&done.stdout).trim().to_owned(),
        Ok(done) => panic!("{program:?}: {}", String::from_utf8_lossy(&done.stderr)),
        Err(error) => panic!("{program:?}: {error}"),
    }
}
