//! A violation of a schema.

use std::fmt::{self, Write};

use super::repr;

/// A place in a document.
pub(crate) enum JsonPath<'a> {
    Root,
    Key(&'a JsonPath<'a>, &'a str),
    Item(&'a JsonPath<'a>, usize),
}

impl JsonPath<'_> {
    fn steps(&self) -> Vec<String> {
        match self {
            Self::Root => Vec::new(),
            Self::Key(outer, key) => [outer.steps(), vec![repr::text(key)]].concat(),
            Self::Item(outer, index) => [outer.steps(), vec![index.to_string()]].concat(),
        }
    }
}

pub(crate) struct Violation {
    keyword: &'static str,
    text: String,
    steps: Vec<String>,
}

impl Violation {
    pub(crate) fn new(keyword: &'static str, text: String, place: &JsonPath) -> Self {
        Self { keyword, text, steps: place.steps() }
    }

    pub(crate) fn depth(&self) -> usize {
        self.steps.len()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  Failed validating '{}' in schema, on instance", self.text, self.keyword)?;
        self.steps.iter().try_for_each(|step| {
            f.write_char('[')?;
            f.write_str(step)?;
            f.write_char(']')
        })
    }
}
