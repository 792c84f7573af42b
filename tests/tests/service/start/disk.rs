//! A small disk that only this test and its child processes see, for the lifetime of the value.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How the namespace is made: by root, or by a user if the system allows user namespaces.
const MOUNT: &str = "mount -t tmpfs -o size=4m swaparoo \"$1\" && echo mounted && exec sleep 3600";
/// The namespace's working directory is its root.
const THERE: &str = "cd \"$1\" && shift && exec \"$@\"";

pub struct Disk {
    holder: Child,
    at: PathBuf,
}

impl Disk {
    /// Creates the folder and mounts a disk there; none if the system does not allow mounting.
    pub fn at(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]).arg(at);
        let mut holder = unshare.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        BufReader::new(holder.stdout.take()?).read_line(&mut line).ok()?;
        if line != "mounted\n" {
            let _ = holder.wait();
            println!("skipped: this system does not allow mounting (unshare --map-root-user --mount)");
            return None;
        }
        Some(Self { holder, at: at.to_owned() })
    }

    /// The command inside the disk's namespace.
    pub fn sees(&self, inner: &Command) -> Command {
        let mut outer = self.enter();
        outer.args(["sh", "-c", THERE, "sh"]).arg(inner.get_current_dir().unwrap_or(Path::new("/")));
        outer.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        outer
    }

    /// Fills the disk.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.seen_from_here("ballast")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0]).is_ok() {}
    }

    /// Frees the space again.
    pub fn free(&self) {
        std::fs::remove_file(self.seen_from_here("ballast")).unwrap();
    }

    /// Makes it writable or read-only.
    pub fn remount(&self, how: &str) {
        let status = self.enter().args(["mount", "-o", &format!("remount,{how}")]).arg(&self.at).status().unwrap();
        assert!(status.success());
    }

    fn enter(&self) -> Command {
        let mut enter = Command::new("nsenter");
        enter.args(["--mount", "--user", "--preserve-credentials", "--target", &self.holder.id().to_string()]);
        enter
    }

    fn seen_from_here(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.holder.id(), self.at.join(name).display()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
