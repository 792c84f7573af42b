//! The end of one path of an exploration, and the faults and events on the path.

use std::rc::Rc;

use serde::Serialize;
use swaparoo_sim::SimEvent;
use swaparoo_sim::describe;
use tsify::Tsify;

/// The end of one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct ExploredPath {
    /// `right`, `leak`, `loss`, `person`, `unknown` or `broken`.
    pub verdict: &'static str,
    /// The outcome's or failure's name.
    pub end: String,
    /// The faults and events on the path.
    pub events: Vec<PathEvent>,
}

/// A fault or event on a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Tsify)]
pub struct PathEvent {
    /// The effect's kind; with `nth`, the place of a change.
    pub effect: &'static str,
    /// The number of the effect among those of its kind, from 1.
    pub nth: usize,
    /// The index in the history.
    pub index: usize,
    /// The code of the fault or event.
    pub what: String,
    /// Text for display.
    pub text: String,
}

/// A path so far. Paths share their common beginning; texts are made only for paths that end.
pub struct PathLink {
    /// The effect's kind; `nth` is its number among those of its kind, and `index` its index in the history.
    pub effect: &'static str,
    /// The number of the effect among those of its kind, from 1.
    pub nth: usize,
    /// From 0.
    pub index: usize,
    /// The fault or event.
    pub what: SimEvent,
    /// The path before it.
    pub before: Option<Rc<PathLink>>,
}

impl ExploredPath {
    /// Makes the end of a path, with its texts.
    #[must_use]
    pub fn new(path: Option<&Rc<PathLink>>, verdict: &'static str, end: String) -> Self {
        let mut events = Vec::new();
        let mut next = path;
        while let Some(there) = next {
            let PathLink { effect, nth, index, what, before } = &**there;
            let (code, text) = (what.code(), describe::event(*what));
            events.push(PathEvent { effect, nth: *nth, index: *index, what: code, text });
            next = before.as_ref();
        }
        events.reverse();
        Self { verdict, end, events }
    }
}
