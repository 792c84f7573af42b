//! A MySQL 8 server. Debian has none, so `cargo xtask nightly` unpacks Ubuntu's, and CI does without it.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::database_names::DatabaseNames;
use crate::folder::{Folder, command, own};
use crate::postgres::output;
use crate::process::Process;
use crate::{CannotStart, Options, free_port};

/// Where `cargo xtask nightly` unpacks the server, its client and their libraries.
const UNPACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/mysql-server");
const SERVER: &str = "usr/sbin/mysqld";
/// A small server, which keeps what it confirms.
const SETTINGS: [&str; 5] = [
    "--bind-address=127.0.0.1",
    "--mysqlx=OFF",
    "--performance-schema=OFF",
    "--innodb-buffer-pool-size=64M",
    "--innodb-flush-log-at-trx-commit=1",
];

/// A running MySQL.
#[derive(Debug)]
pub struct Mysql {
    port: u16,
    names: DatabaseNames,
    /// Ends before its folder is removed.
    _process: Process,
    folder: Folder,
}

impl Mysql {
    /// Whether the server is unpacked here.
    #[must_use]
    pub fn is_unpacked() -> bool {
        Path::new(UNPACKED).join(SERVER).exists()
    }

    /// Creates its data and starts it; returns when it answers. Users without a password may connect without TLS.
    ///
    /// # Errors
    /// It is not unpacked, or does not start.
    pub fn start() -> Result<Self, CannotStart> {
        Self::start_with(&Options::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As `start`.
    pub fn start_with(options: &Options) -> Result<Self, CannotStart> {
        let folder = Folder::new("mysql").map_err(CannotStart::prepare("a folder"))?;
        let done =
            server(&folder)?.arg("--initialize-insecure").output().map_err(CannotStart::prepare("MySQL's data"))?;
        if !done.status.success() {
            return Err(CannotStart::not_ready("mysqld --initialize", &String::from_utf8_lossy(&done.stderr)));
        }
        certify(&folder, options).map_err(CannotStart::prepare("MySQL's certificate"))?;
        let port = free_port()?;
        let mysql = Self { port, names: DatabaseNames::default(), _process: launch(&folder, port, options)?, folder };
        mysql.sql(&format!("CREATE USER swaparoo IDENTIFIED BY '{}'", options.password.as_deref().unwrap_or_default()));
        Ok(mysql)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates an empty database for the user `swaparoo`; returns its name.
    ///
    /// # Panics
    /// If the server refuses it.
    #[must_use]
    pub fn create_database(&self) -> String {
        let name = self.names.next();
        self.sql(&format!("CREATE DATABASE {name}; GRANT ALL ON {name}.* TO swaparoo"));
        name
    }

    /// The URL of a database of this name, through this port (of a proxy, for example).
    #[must_use]
    pub fn url(&self, database: &str, port: u16) -> String {
        format!("mysql://swaparoo@127.0.0.1:{port}/{database}")
    }

    /// Runs statements as root, through the socket in its folder, and returns what they print.
    ///
    /// # Panics
    /// If one of them fails.
    pub fn sql(&self, statements: &str) -> String {
        let mut client = Command::new(Path::new(UNPACKED).join("usr/bin/mysql"));
        client.env("LD_LIBRARY_PATH", libraries());
        client.args(["--no-defaults", "-uroot", "-N", "-s", "-e", statements]).arg("-S").arg(socket(&self.folder));
        output(client)
    }
}

/// The server with its folder, without what it should do.
fn server(folder: &Folder) -> Result<Command, CannotStart> {
    let path = Path::new(UNPACKED).join(SERVER);
    if !path.exists() {
        return Err(CannotStart::Missing { path, package: "mysql-server-core-8.0 (Ubuntu 22.04)" });
    }
    // `setpriv` clears no variables, so the server finds its libraries.
    let mut server = command(&path, folder.path());
    server.env("LD_LIBRARY_PATH", libraries()).args(["--no-defaults", "--secure-file-priv=NULL"]);
    server.arg(format!("--lc-messages-dir={UNPACKED}/usr/share/mysql"));
    server.arg(format!("--datadir={}", folder.path().join("data").display()));
    Ok(server)
}

fn launch(folder: &Folder, port: u16, options: &Options) -> Result<Process, CannotStart> {
    let mut server = server(folder)?;
    server.args(SETTINGS).arg(format!("--port={port}")).arg(format!("--socket={}", socket(folder).display()));
    if options.tls.is_some() {
        let file = |name: &str| folder.path().join(name).display().to_string();
        server.arg("--require-secure-transport=ON");
        server.args([format!("--ssl-cert={}", file("server.crt")), format!("--ssl-key={}", file("server.key"))]);
    } else {
        // Otherwise it makes a certificate, and a `Cut` cannot see which answers are those to a commit.
        server.arg("--skip-ssl");
    }
    let log = folder.path().join("log");
    let process = Process::start(&server, &log).map_err(CannotStart::prepare("MySQL"))?;
    let said = || fs::read_to_string(&log).unwrap_or_default();
    let is_ready = || said().contains(&format!("port: {port}"));
    if process.wait_until(is_ready) { Ok(process) } else { Err(CannotStart::not_ready("MySQL", &said())) }
}

fn certify(folder: &Folder, options: &Options) -> io::Result<()> {
    let Some(tls) = &options.tls else { return Ok(()) };
    for (name, content) in [("server.crt", &tls.certificate), ("server.key", &tls.key)] {
        let path = folder.path().join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        own(&path)?;
    }
    Ok(())
}

fn libraries() -> String {
    format!("{UNPACKED}/usr/lib/x86_64-linux-gnu")
}

fn socket(folder: &Folder) -> PathBuf {
    folder.path().join("socket")
}
