//! The end of one path of an exploration, and the way to it.

use std::rc::Rc;

use serde::Serialize;
use swaparoo_sim::Happening;
use swaparoo_sim::words::happening;
use tsify::Tsify;

/// The end of one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct Leaf {
    /// `right`, `leak`, `loss`, `person`, `unknown` or `broken`.
    pub verdict: &'static str,
    /// The outcome's or failure's name.
    pub end: String,
    /// What happened on the way, beside plain answers.
    pub path: Vec<Turn>,
}

/// Something that happened on a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct Turn {
    /// The effect's kind, and how often it was asked by then: the place of a change.
    pub effect: &'static str,
    /// From 1.
    pub nth: usize,
    /// The place in the history.
    pub index: usize,
    /// The happening's code.
    pub what: String,
    /// For people.
    pub words: String,
}

/// A path as far as it has come. Paths share what they have in common; words are for those that come to an end.
pub struct Path {
    /// The effect's kind, how often it was asked by then, and its place in the history.
    pub effect: &'static str,
    /// From 1.
    pub nth: usize,
    /// From 0.
    pub index: usize,
    /// What happened.
    pub what: Happening,
    /// What happened before.
    pub before: Option<Rc<Path>>,
}

impl Leaf {
    /// The end of a path, whose words are made here.
    #[must_use]
    pub fn new(path: Option<&Rc<Path>>, verdict: &'static str, end: String) -> Self {
        let mut turns = Vec::new();
        let mut next = path;
        while let Some(there) = next {
            let Path { effect, nth, index, what, before } = &**there;
            let (code, words) = (what.code(), happening(*what));
            turns.push(Turn { effect, nth: *nth, index: *index, what: code, words });
            next = before.as_ref();
        }
        turns.reverse();
        Self { verdict, end, path: turns }
    }
}
