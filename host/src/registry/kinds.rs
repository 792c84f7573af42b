//! Kinds of task that a change of roles is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::contract::TaskKind;

/// At least one kind of task, in the contract's order and each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<TaskKind>", into = "Vec<TaskKind>")]
pub struct Kinds(Vec<TaskKind>);

/// A text that lists no kinds of task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotKinds {
    /// The list is empty.
    #[error("no kind of task is named: name some of {}, or leave the list out", Kinds::all())]
    None,
    /// No task has this kind.
    #[error("{0:?} is not a kind of task; the kinds are {all}", all = Kinds::all())]
    Unknown(String),
}

impl Kinds {
    /// All kinds.
    #[must_use]
    pub fn all() -> Self {
        Self(TaskKind::ALL.to_vec())
    }

    /// The kinds for which this holds; `None` if there is none.
    #[must_use]
    pub fn of(holds: impl Fn(TaskKind) -> bool) -> Option<Self> {
        let kinds: Vec<TaskKind> = TaskKind::ALL.into_iter().filter(|kind| holds(*kind)).collect();
        (!kinds.is_empty()).then_some(Self(kinds))
    }

    /// Whether this kind is one of them.
    #[must_use]
    pub fn contain(&self, kind: TaskKind) -> bool {
        self.0.contains(&kind)
    }

    /// The kinds.
    pub fn iter(&self) -> impl Iterator<Item = TaskKind> + '_ {
        self.0.iter().copied()
    }

    /// Whether all kinds are named.
    #[must_use]
    pub fn are_all(&self) -> bool {
        self.0.len() == TaskKind::ALL.len()
    }

    /// As the option `--for` takes them.
    #[must_use]
    pub fn as_option(&self) -> String {
        self.names(",")
    }

    /// For a sentence: ` for move, revert`, or nothing for all kinds.
    #[must_use]
    pub fn for_some(&self) -> String {
        if self.are_all() { String::new() } else { format!(" for {self}") }
    }

    fn names(&self, between: &str) -> String {
        self.iter().map(TaskKind::name).collect::<Vec<_>>().join(between)
    }
}

impl From<TaskKind> for Kinds {
    fn from(kind: TaskKind) -> Self {
        Self(vec![kind])
    }
}

impl TryFrom<Vec<TaskKind>> for Kinds {
    type Error = NotKinds;

    fn try_from(kinds: Vec<TaskKind>) -> Result<Self, NotKinds> {
        Self::of(|kind| kinds.contains(&kind)).ok_or(NotKinds::None)
    }
}

impl From<Kinds> for Vec<TaskKind> {
    fn from(kinds: Kinds) -> Self {
        kinds.0
    }
}

impl FromStr for Kinds {
    type Err = NotKinds;

    /// Reads names with commas between them.
    fn from_str(text: &str) -> Result<Self, NotKinds> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let kind = |name: &str| {
            let found = TaskKind::ALL.into_iter().find(|kind| kind.name() == name);
            found.ok_or_else(|| NotKinds::Unknown(name.chars().take(100).collect()))
        };
        names.map(kind).collect::<Result<Vec<_>, _>>()?.try_into()
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_with_commas() {
        let kinds: Kinds = "revert, move,move".parse().unwrap();
        assert_eq!((kinds.to_string().as_str(), kinds.as_option().as_str()), ("move, revert", "move,revert"));
        assert!(kinds.contain(TaskKind::Move) && !kinds.contain(TaskKind::Abort) && !kinds.are_all());
        assert!(Kinds::all().as_option().parse::<Kinds>().unwrap().are_all());
        let error = "mvoe".parse::<Kinds>().unwrap_err().to_string();
        assert!(
            error.starts_with("\"mvoe\" is not a kind of task; the kinds are move, replace, revert, migrate,"),
            "{error}"
        );
        let error = " ,".parse::<Kinds>().unwrap_err();
        assert_eq!(error, NotKinds::None);
        assert!(error.to_string().contains("name some of move, replace"), "{error}");
    }

    #[test]
    fn kinds_in_json_are_a_list_that_is_not_empty() {
        let kinds: Kinds = serde_json::from_str(r#"["revert-resize","move"]"#).unwrap();
        assert_eq!(serde_json::to_string(&kinds).unwrap(), r#"["move","revert-resize"]"#);
        assert!(serde_json::from_str::<Kinds>("[]").unwrap_err().to_string().contains("no kind of task is named"));
        assert!(serde_json::from_str::<Kinds>(r#"["mvoe"]"#).is_err());
    }
}
