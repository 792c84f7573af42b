//! `swaparoo policy new`: a folder with a policy to start from.

mod template;

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};
use swaparoo::engine::BUILT_IN;

use super::{Exit, new_file, wit};
use crate::cli::stdout::say;

#[derive(Debug, Args)]
pub struct New {
    /// The policy's name, and the new folder: lower case letters, digits and dashes
    name: String,
    /// The language of the rules
    #[arg(long, value_enum)]
    lang: Language,
}

/// A language that has a template.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Language {
    /// Rust, by wit-bindgen: a small and fast component
    Rust,
    /// An overlay in Rust: as `standard`, except for rules of its own
    RustOverlay,
    /// JavaScript, by componentize-qjs: 1.2 MB with the QuickJS engine
    Js,
    /// Python, by componentize-py: 19 MB with the CPython interpreter; it needs higher limits than others
    Python,
}

impl Language {
    /// What its template is, for people.
    fn makes(self) -> &'static str {
        match self {
            Self::RustOverlay => "an overlay over the policy standard",
            Self::Rust | Self::Js | Self::Python => "a policy of moves",
        }
    }
}

/// Writes the folder.
pub fn run(New { name, lang }: &New) -> anyhow::Result<Exit> {
    check(name)?;
    let folder = Path::new(name);
    ensure!(fs::symlink_metadata(folder).is_err(), "{name} exists, and is not overwritten: give another name");
    let contract = wit::FILES.map(|(file, text)| (format!("wit/{file}"), text.to_owned()));
    let files: Vec<(String, String)> = template::files(*lang, name).into_iter().chain(contract).collect();
    let named: Vec<(&str, String)> = files.iter().map(|(file, text)| (file.as_str(), text.clone())).collect();
    new_file::write(folder, &named).with_context(|| format!("cannot make the folder {name}"))?;
    say!("{name}/: {}; {name}/README.md says how to build and test it", lang.makes());
    Ok(Exit::Finished)
}

/// The contract's rules for a name, and none that a built-in policy has.
fn check(name: &str) -> anyhow::Result<()> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(
        (1..=64).contains(&name.len()) && name.chars().all(is_plain) && !name.starts_with('-'),
        "{name:?} is not a name of a policy: give 1 to 64 lower case letters, digits and dashes, not a dash first"
    );
    ensure!(BUILT_IN.iter().all(|own| own.name != name), "{name} is a policy of this program: give another name");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_name_is_one_of_the_contract_and_not_taken() {
        for name in ["mine", "a", "site-7", &"x".repeat(64)] {
            assert!(check(name).is_ok(), "{name}");
        }
        for name in ["", "Mine", "a/b", "..", "-a", "a b", "standard", "nova-34", &"x".repeat(65)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
