//! A value for each kind of task.

use super::Kinds;
use crate::contract::TaskKind;

/// Which value: that of a kind that has one of its own, or, as `None`, the common one.
pub type Slot = Option<TaskKind>;

/// A common value, and those of kinds that have one of their own. At least one kind has the common value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByKind<T> {
    common: T,
    own: Vec<(TaskKind, T)>,
}

impl<T> ByKind<T> {
    /// The same value for all kinds.
    pub fn common(common: T) -> Self {
        Self { common, own: Vec::new() }
    }

    /// Kinds without a value of their own have the common one.
    pub fn new(common: T, own: impl Fn(TaskKind) -> Option<T>) -> Self {
        Self { common, own: TaskKind::ALL.into_iter().filter_map(|kind| Some((kind, own(kind)?))).collect() }
    }

    /// The value of this kind.
    pub fn of(&self, kind: TaskKind) -> &T {
        self.at(Some(kind)).unwrap_or(&self.common)
    }

    /// The value in this slot; `None` if the kind has none of its own.
    pub fn at(&self, slot: Slot) -> Option<&T> {
        let Some(kind) = slot else { return Some(&self.common) };
        self.own.iter().find(|(own, _)| *own == kind).map(|(_, value)| value)
    }

    /// Where the value of this kind is.
    pub fn slot(&self, kind: TaskKind) -> Slot {
        self.at(Some(kind)).map(|_| kind)
    }

    /// All values, each once.
    pub fn slots(&self) -> impl Iterator<Item = (Slot, &T)> {
        std::iter::once((None, &self.common)).chain(self.own.iter().map(|(kind, value)| (Some(*kind), value)))
    }

    /// Whether a kind has a value of its own.
    pub fn differs(&self) -> bool {
        !self.own.is_empty()
    }

    /// The kinds whose value this holds for.
    pub fn kinds_where(&self, holds: impl Fn(&T) -> bool) -> Option<Kinds> {
        Kinds::of(|kind| holds(self.of(kind)))
    }

    /// The kinds with the value in this slot.
    pub fn kinds_of(&self, slot: Slot) -> Option<Kinds> {
        Kinds::of(|kind| self.slot(kind) == slot)
    }

    /// The same with other values.
    pub fn map<U>(&self, mut change: impl FnMut(&T) -> U) -> ByKind<U> {
        let own = self.own.iter().map(|(kind, value)| (*kind, change(value))).collect();
        ByKind { common: change(&self.common), own }
    }

    /// The same with other values.
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn try_map<U, E>(&self, mut change: impl FnMut(&T) -> Result<U, E>) -> Result<ByKind<U>, E> {
        let common = change(&self.common)?;
        let own = self.own.iter().map(|(kind, value)| Ok((*kind, change(value)?)));
        Ok(ByKind { common, own: own.collect::<Result<_, E>>()? })
    }
}

impl<T: Clone + PartialEq> ByKind<T> {
    /// The values after a change of those of these kinds. The common value changes only with all kinds that have it, and a kind
    /// whose value has become the common one has none of its own any more.
    pub fn changed(&self, kinds: &Kinds, change: impl Fn(&T) -> T) -> Self {
        let is_common_changed = TaskKind::ALL.into_iter().all(|kind| self.slot(kind).is_some() || kinds.contain(kind));
        let common = if is_common_changed { change(&self.common) } else { self.common.clone() };
        let value = |kind| if kinds.contain(kind) { change(self.of(kind)) } else { self.of(kind).clone() };
        let own = TaskKind::ALL.into_iter().map(|kind| (kind, value(kind))).filter(|(_, value)| *value != common);
        Self { own: own.collect(), common }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(names: &str) -> Kinds {
        names.parse().unwrap()
    }

    fn shown(values: &ByKind<char>) -> String {
        let slot = |(slot, value): (Slot, &char)| format!("{}{value}", slot.map_or("", TaskKind::name));
        values.slots().map(slot).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_change_of_some_kinds_leaves_the_others() {
        let all = ByKind::common('a');
        let some = all.changed(&kinds("revert,move"), |_| 'b');
        assert_eq!(shown(&some), "a moveb revertb");
        assert_eq!((*some.of(TaskKind::Move), *some.of(TaskKind::Abort)), ('b', 'a'));
        assert_eq!((some.slot(TaskKind::Move), some.slot(TaskKind::Abort)), (Some(TaskKind::Move), None));
        assert_eq!(some.kinds_where(|value| *value == 'b'), Some(kinds("move,revert")));
        assert_eq!(some.kinds_of(Some(TaskKind::Move)), Some(kinds("move")));
        assert_eq!(shown(&some.changed(&kinds("move"), |_| 'a')), "a revertb");
        assert_eq!(shown(&some.changed(&Kinds::all(), |_| 'c')), "c");
    }

    #[test]
    fn the_common_value_changes_with_all_kinds_that_have_it() {
        let some = ByKind::common('a').changed(&kinds("move"), |_| 'b');
        let others = some.kinds_of(None).unwrap();
        assert!(others.contain(TaskKind::Abort) && !others.contain(TaskKind::Move));
        assert_eq!(shown(&some.changed(&others, |_| 'c')), "c moveb");
        assert_eq!(shown(&some.changed(&others, |_| 'b')), "b");
        assert!(!ByKind::common('a').changed(&Kinds::all(), |_| 'b').differs());
    }
}
