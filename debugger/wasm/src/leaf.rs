//! The end of one path of an exploration, and the faults and events on the path.

use std::rc::Rc;

use serde::Serialize;
use swaparoo_sim::SimEvent;
use swaparoo_sim::describe;
use tsify::Tsify;

/// The end of one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct Leaf {
    /// `right`, `leak`, `loss`, `person`, `unknown` or `broken`.
    pub verdict: &'static str,
    /// The outcome's or failure's name.
    pub end: String,
    /// The faults and events on the path.
    pub path: Vec<Turn>,
}

/// A fault or event on a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct Turn {
    /// The effect's kind; with `nth`, the place of a change.
    pub effect: &'static str,
    /// The number of the effect among those of its kind, from 1.
    pub nth: usize,
    /// The index in the history.
    pub index: usize,
    /// The code of the fault or event.
    pub what: String,
    /// Text for display.
    pub words: String,
}

/// A path so far. Paths share their common beginning; texts are made only for paths that end.
pub struct PathStep {
    /// The effect's kind; `nth` is its number among those of its kind, and `index` its index in the history.
    pub effect: &'static str,
    /// The number of the effect among those of its kind, from 1.
    pub nth: usize,
    /// From 0.
    pub index: usize,
    /// The fault or event.
    pub what: SimEvent,
    /// The path before it.
    pub before: Option<Rc<PathStep>>,
}

impl Leaf {
    /// Makes the end of a path, with its texts.
    #[must_use]
    pub fn new(path: Option<&Rc<PathStep>>, verdict: &'static str, end: String) -> Self {
        let mut turns = Vec::new();
        let mut next = path;
        while let Some(there) = next {
            let PathStep { effect, nth, index, what, before } = &**there;
            let (code, words) = (what.code(), describe::event(*what));
            turns.push(Turn { effect, nth: *nth, index: *index, what: code, words });
            next = before.as_ref();
        }
        turns.reverse();
        Self { verdict, end, path: turns }
    }
}
