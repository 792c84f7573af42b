//! A registry on loopback: Debian's docker-registry with TLS and a user.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program_under_test::program;

/// `cargo xtask test` unpacks it there; its installation would start a system service.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/docker-registry/usr/bin/docker-registry");
pub const USER: &str = "operator";
const PASSWORD: &str = "s3cret";
/// The line of that user for the registry: a bcrypt hash.
const HTPASSWD: &str = "operator:$2b$04$.JHQ.CzrbirQB3mjZsHYfuf5Kzwo3SAV7rO7erf659PMmgvlVn/e2\n";

pub struct OciRegistry {
    process: Option<Child>,
    port: u16,
    pub folder: TempDir,
}

impl OciRegistry {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("ca.pem", &certificate.pem());
        write("key.pem", &key.serialize_pem());
        write("htpasswd", HTPASSWD);
        write("config.yml", &config(folder.path(), port));
        let mut registry = Self { process: None, port, folder };
        registry.write_secret("password", PASSWORD);
        registry.write_secret("wrong", "another");
        registry.run();
        registry
    }

    pub fn run(&mut self) {
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg(self.path("config.yml")).stdin(Stdio::null()).stdout(Stdio::null());
        let log = fs::File::create(self.path("log")).unwrap();
        self.process = Some(command.stderr(log).spawn().unwrap_or_else(|error| panic!("{PROGRAM}: {error}")));
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "{}", fs::read_to_string(self.path("log")).unwrap());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_secret(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// `oci://localhost:PORT/policies/mine` and more of the address.
    pub fn place(&self, more: &str) -> String {
        format!("oci://localhost:{}/policies/mine{more}", self.port)
    }

    /// `swaparoo policy ...` in that folder, as the user of the registry.
    pub fn policy(&self, folder: &Path, words: &str) -> Output {
        self.policy_as(folder, words, "password")
    }

    pub fn policy_as(&self, folder: &Path, words: &str, password: &str) -> Output {
        let mut command = Command::new(program());
        command.arg("policy").args(words.split_whitespace()).current_dir(folder);
        command.env("SWAPAROO_REGISTRY_CAFILE", self.path("ca.pem")).env("SWAPAROO_REGISTRY_USER", USER);
        command.env("SWAPAROO_REGISTRY_PASSWORD_FILE", self.path(password)).output().unwrap()
    }
}

impl Drop for OciRegistry {
    fn drop(&mut self) {
        self.kill();
    }
}

fn config(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "version: 0.1\n\
         log: {{ accesslog: {{ disabled: true }} }}\n\
         storage: {{ filesystem: {{ rootdirectory: {folder}/storage }} }}\n\
         http: {{ addr: \"127.0.0.1:{port}\", tls: {{ certificate: {folder}/ca.pem, key: {folder}/key.pem }} }}\n\
         auth: {{ htpasswd: {{ realm: policies, path: {folder}/htpasswd }} }}\n"
    )
}
