//! The mutants that the search does not catch, each with the reason: `tests/mutants/not_caught.json`.

use super::name::Names;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The file.
pub const FILE: &str = "tests/mutants/not_caught.json";

/// The mutants with their reasons.
pub struct Named(BTreeMap<String, String>);

/// Mutants that are not caught for the same reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    mutants: Vec<String>,
}

impl Named {
    /// Reads the file.
    pub fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let groups: Vec<Group> = serde_json::from_str(text).with_context(|| format!("cannot parse {FILE}"))?;
        let mut reasons = BTreeMap::new();
        for Group { reason, mutants } in groups {
            for mutant in mutants {
                if reasons.contains_key(&mutant) {
                    bail!("{FILE} has {mutant} twice");
                }
                reasons.insert(mutant, reason.clone());
            }
        }
        Ok(Self(reasons))
    }

    /// Each name must be the name of a mutant.
    pub fn check(&self, names: &Names) -> Result<()> {
        let exist: BTreeSet<&str> = names.all().collect();
        let gone: Vec<&str> = self.0.keys().map(String::as_str).filter(|name| !exist.contains(name)).collect();
        if gone.is_empty() { Ok(()) } else { bail!("{FILE} names mutants that do not exist:\n{}", gone.join("\n")) }
    }

    /// Why this mutant is not caught, if it is named.
    pub fn reason(&self, mutant: &str) -> Option<&str> {
        self.0.get(mutant).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_mutant_is_an_error_and_so_is_one_with_two_reasons() {
        let names = Names::parse(r#"[{"name": "a.rs:9:5: delete ! in f"}]"#).unwrap();
        let group = |mutants: &str| format!(r#"{{"reason": "the same", "mutants": [{mutants}]}}"#);
        let named = |groups: &[String]| Named::parse(&format!("[{}]", groups.join(",")));
        let right = named(&[group(r#""a.rs: delete ! in f""#)]).unwrap();
        right.check(&names).unwrap();
        assert_eq!(right.reason("a.rs: delete ! in f"), Some("the same"));
        let stale = named(&[group(r#""a.rs: delete ! in g""#)]).unwrap();
        assert!(stale.check(&names).unwrap_err().to_string().contains("a.rs: delete ! in g"));
        let twice = group(r#""a.rs: delete ! in f""#);
        assert!(named(&[twice.clone(), twice]).is_err());
    }
}
