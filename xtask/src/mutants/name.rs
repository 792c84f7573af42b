//! Names of mutants that survive edits: without lines and columns.

use super::outcomes::Listed;
use anyhow::{Context, Result};
use std::collections::BTreeMap;

/// The names of all mutants, by the names with places that cargo-mutants prints. If several have the same name without
/// the place, they are numbered in the order of the source: `... #1`, `... #2`.
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// From cargo-mutants' list in JSON, which is in the order of the source.
    pub fn parse(list: &str) -> Result<Self> {
        let listed: Vec<Listed> = serde_json::from_str(list).context("cannot parse cargo-mutants' list")?;
        let mut same: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Listed { name } in listed {
            same.entry(without_place(&name)).or_default().push(name);
        }
        let numbered = same.into_iter().flat_map(|(name, printed)| {
            let one = printed.len() == 1;
            let name = move |at: usize| if one { name.clone() } else { format!("{name} #{}", at + 1) };
            printed.into_iter().enumerate().map(move |(at, printed)| (printed, name(at))).collect::<Vec<_>>()
        });
        Ok(Self(numbered.collect()))
    }

    /// The name of the mutant that cargo-mutants prints so.
    pub fn of(&self, printed: &str) -> Result<String> {
        self.0.get(printed).cloned().with_context(|| format!("the mutant {printed} is not in cargo-mutants' list"))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// `file.rs:12:5: what` without the line and the column.
fn without_place(printed: &str) -> String {
    let parts = printed.split_once(": ");
    let file = |place: &str| place.split(':').next().unwrap_or_default().to_owned();
    parts.map_or_else(|| printed.to_owned(), |(place, what)| format!("{}: {what}", file(place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_place_and_a_number_if_it_is_not_alone() {
        let list = r#"[
            {"name": "a.rs:9:5: replace f -> T with T::new()"},
            {"name": "a.rs:10:20: replace == with != in f"},
            {"name": "a.rs:10:30: replace == with != in f"}
        ]"#;
        let names = Names::parse(list).unwrap();
        assert_eq!(names.of("a.rs:9:5: replace f -> T with T::new()").unwrap(), "a.rs: replace f -> T with T::new()");
        assert_eq!(names.of("a.rs:10:20: replace == with != in f").unwrap(), "a.rs: replace == with != in f #1");
        assert_eq!(names.of("a.rs:10:30: replace == with != in f").unwrap(), "a.rs: replace == with != in f #2");
        assert!(names.of("a.rs:11:1: replace == with != in f").is_err());
    }
}
