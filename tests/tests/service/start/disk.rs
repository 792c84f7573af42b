//! A small disk of its own, which only this and what it runs see, for as long as it lives.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where it is made, by whoever may: root, or anybody where the system lets users have namespaces of their own.
const MOUNT: &str = "mount -t tmpfs -o size=4m swaparoo \"$1\" && echo mounted && exec sleep 3600";
/// The namespace's working directory is its root.
const THERE: &str = "cd \"$1\" && shift && exec \"$@\"";

pub struct Disk {
    holder: Child,
    at: PathBuf,
}

impl Disk {
    /// One at this folder, which it makes; none where this system lets its users mount nothing.
    pub fn at(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]).arg(at);
        let mut holder = unshare.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        BufReader::new(holder.stdout.take()?).read_line(&mut line).ok()?;
        if line != "mounted\n" {
            let _ = holder.wait();
            println!("left out: this system lets its users mount nothing (unshare --map-root-user --mount)");
            return None;
        }
        Some(Self { holder, at: at.to_owned() })
    }

    /// The command where the disk is seen.
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

    /// Takes all the room that there is.
    pub fn fill(&self) {
        let mut file = std::fs::File::create(self.seen_from_here("ballast")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        while file.write_all(&[0]).is_ok() {}
    }

    /// Gives it back.
    pub fn free(&self) {
        std::fs::remove_file(self.seen_from_here("ballast")).unwrap();
    }

    /// It can be written to, or only be read.
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
