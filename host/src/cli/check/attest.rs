//! Signs what a check found.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use swaparoo::registry::signature::{CheckResult, CheckStatement, CheckedScenes, PrivateKey};

use super::report::{CheckReport, SceneReport};
use crate::cli::stdout;

#[derive(Debug, Args)]
pub struct Attest {
    /// Sign the result of all scenes with this key, as an in-toto statement in FILE.wasm.check
    #[arg(long, value_name = "KEY.pem", conflicts_with_all = ["scenes", "leave_out"])]
    attest: Option<PathBuf>,
    /// A source of the component, for the statement, such as git+https://HOST/REPOSITORY@COMMIT; repeat for several
    #[arg(long = "source", value_name = "URI", requires = "attest")]
    sources: Vec<String>,
}

/// A key, the file for the statement, and the sources to name in it.
pub struct Attestation<'o> {
    key: PrivateKey,
    out: PathBuf,
    sources: &'o [String],
}

impl Attest {
    /// Reads the key before the search, which takes long.
    pub fn prepare(&self, policy: &str) -> anyhow::Result<Option<Attestation<'_>>> {
        let Some(key) = &self.attest else { return Ok(None) };
        let file = Path::new(policy);
        ensure!(file.is_file(), "--attest writes a file beside the component, and {policy} is not a file");
        let (key, out) = (PrivateKey::read(key)?, CheckStatement::beside(file));
        Ok(Some(Attestation { key, out, sources: &self.sources }))
    }
}

impl Attestation<'_> {
    /// Signs what was found and writes it, also where something is wrong.
    pub fn write(&self, report: &CheckReport) -> anyhow::Result<()> {
        let searched = report.scenes.iter().filter(|scene| scene.without_rules_for.is_none());
        let mut scenes = CheckedScenes::default();
        for scene in searched {
            scenes.of(result(scene)).push(scene.name.to_owned());
        }
        let stated = CheckStatement::of(&report.policy, report.faults, scenes, self.sources);
        stated.sign(&self.key)?.write(&self.out)?;
        stdout::complain(format!("{}: {stated}, signed by {}", self.out.display(), self.key.public()));
        Ok(())
    }
}

fn result(scene: &SceneReport) -> CheckResult {
    match scene {
        right if right.is_right() => CheckResult::Passed,
        known if known.has_only_known() => CheckResult::Warned,
        _ => CheckResult::Failed,
    }
}
