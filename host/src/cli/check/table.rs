//! A row of the table of scenes.

use std::fmt::Display;

use crate::cli::stdout::say;

const NAME: usize = 28;
const NUMBER: usize = 9;

/// Prints a scene's name, its numbers and its result.
pub fn row(name: &str, numbers: &[impl Display], result: &str) {
    let numbers: String = numbers.iter().map(|number| format!("{number:>NUMBER$}")).collect();
    say!("{name:<NAME$}{numbers}   {result}");
}
