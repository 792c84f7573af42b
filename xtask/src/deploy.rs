//! `cargo xtask deploy`: the package, the container image and the examples in `deploy/`, each tried for real. What a machine
//! cannot do is skipped with its reason.

use crate::part::Parts;
use crate::step::run;
use crate::workspace::Workspace;
use crate::{deb, venv};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// A way to install the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Way {
    /// The Debian package
    Package,
    /// The container image
    Container,
    /// The examples for Kolla-Ansible and OpenStack-Ansible
    Examples,
}

/// Checks one way, or all.
pub fn check(workspace: &Workspace, program: &Path, only: Option<Way>) -> Result<()> {
    Parts::of(|of_run| {
        parts(workspace, of_run, program, only);
        Ok(())
    })
}

/// The same as parts of a run. All use the package of the program of the tests.
pub fn parts(workspace: &Workspace, parts: &Parts, program: &Path, only: Option<Way>) {
    let Ok(package) = parts.need("the Debian package", || deb::package(workspace, program, deb::Profile::Debug)) else {
        return;
    };
    let part = |way, name: &str, script: &str| {
        if only.is_none_or(|only| only == way) {
            parts.run(name, || test(workspace, script, &package));
        }
    };
    part(Way::Package, "the package, installed and purged", "package.py");
    part(Way::Container, "the container image", "container.py");
    part(Way::Examples, "the examples for deployments", "examples.py");
}

fn test(workspace: &Workspace, script: &str, package: &Path) -> Result<()> {
    let script = workspace.root.join("tests/deploy").join(script);
    run(Command::new(venv::ansible(workspace)?).arg("-B").arg(script).arg(package).current_dir(&workspace.root))
}
