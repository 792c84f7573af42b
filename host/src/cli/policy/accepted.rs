//! `policy.toml`: the findings of the promotion check that a policy's author accepts, each with a reason. It stands beside
//! the component, so that it is reviewed with the rules.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use swaparoo::registry::promotion::{Conformance, Consent, SearchReport};

/// The name of the file.
const FILE: &str = "policy.toml";

/// The content of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    #[serde(default)]
    accept: Vec<Entry>,
}

/// One accepted finding: exactly one of the names, and why it is as it should be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// A built-in scenario that fails.
    scenario: Option<String>,
    /// A kind of task without rules.
    kind: Option<String>,
    /// A scene of `swaparoo check` with a counterexample.
    scene: Option<String>,
    reason: String,
}

impl Accepted {
    /// Reads the file.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot read {}", file.display());
        let text = std::fs::read_to_string(file).with_context(cannot)?;
        let read: Self = toml::from_str(&text).with_context(|| format!("{} is not in its form", file.display()))?;
        for (number, entry) in (1..).zip(&read.accept) {
            let names = [&entry.scenario, &entry.kind, &entry.scene];
            let place = format!("{}: [[accept]] number {number}", file.display());
            ensure!(
                names.iter().filter(|name| name.is_some()).count() == 1,
                "{place} needs one of scenario, kind, scene"
            );
            ensure!(!entry.reason.trim().is_empty(), "{place} needs a reason: say why this is as it should be");
        }
        Ok(read)
    }

    /// The file beside a component, if there is one.
    pub fn beside(component: &str) -> Option<PathBuf> {
        let file = Path::new(component).with_file_name(FILE);
        (component.contains('.') && file.exists()).then_some(file)
    }

    /// Adds what is accepted to a consent.
    pub fn add_to(&self, consent: &mut Consent) {
        for Entry { scenario, kind, scene, .. } in &self.accept {
            consent.accept_failed.extend(scenario.iter().chain(kind).cloned());
            consent.accept_counterexamples.extend(scene.iter().cloned());
        }
    }

    /// Each accepted finding that is there, with its reason; and each that is not there any more.
    pub fn lines(&self, conformance: &Conformance, search: &SearchReport) -> Vec<String> {
        let line = |Entry { scenario, kind, scene, reason }: &Entry| {
            let failed = |test: &dyn Fn(&_) -> bool| conformance.failed.iter().any(test);
            let (what, is_found) = match (scenario, kind, scene) {
                (Some(name), _, _) => (name, failed(&|one| one.offered && one.name == *name)),
                (_, Some(kind), _) => (kind, failed(&|one| !one.offered && one.kind.name() == kind)),
                (_, _, scene) => (scene.as_ref()?, search.failed.iter().any(|one| Some(&one.name) == scene.as_ref())),
            };
            Some(match is_found {
                true => format!("{what}: {reason}"),
                false => format!("{what}: this is not found any more; remove it from {FILE}"),
            })
        };
        self.accept.iter().filter_map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Accepted> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        std::fs::write(&file, text).unwrap();
        Accepted::read(&file)
    }

    #[test]
    fn each_entry_becomes_the_acceptance_of_its_flag() {
        let text = "[[accept]]\nscenario = \"swap\"\nreason = \"a\"\n[[accept]]\nkind = \"abort\"\nreason = \"b\"\n\
                    [[accept]]\nscene = \"give-back\"\nreason = \"c\"\n";
        let mut consent = Consent { accept_failed: vec!["x".to_owned()], ..Consent::default() };
        read(text).unwrap().add_to(&mut consent);
        assert_eq!(consent.accept_failed, ["x", "swap", "abort"]);
        assert_eq!(consent.accept_counterexamples, ["give-back"]);
        assert!(read("").unwrap().accept.is_empty());
    }

    #[test]
    fn an_entry_has_one_name_and_a_reason() {
        for (text, says) in [
            ("[[accept]]\nreason = \"a\"\n", "number 1 needs one of scenario, kind, scene"),
            ("[[accept]]\nkind = \"move\"\nscene = \"swap\"\nreason = \"a\"\n", "needs one of scenario, kind, scene"),
            ("[[accept]]\nkind = \"move\"\nreason = \" \"\n", "needs a reason"),
            ("[[accept]]\nkind = \"move\"\n", "missing field `reason`"),
            ("[[accept]]\nkinds = \"move\"\nreason = \"a\"\n", "unknown field `kinds`"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(says) && error.contains(FILE), "{error}");
        }
    }
}
