//! The roles of policies for each kind of task, and how they change.

use std::sync::Arc;

use super::Kinds;
use super::by_kind::ByKind;
use crate::contract::TaskKind;
use crate::engine::{Digest, Policy};

/// The policies with a role, by kind of task. `P` identifies a policy: it is the policy itself, or its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles<P> {
    /// Who decides new tasks.
    pub deciding: ByKind<Deciding<P>>,
    /// Who is called for comparison; its steps are never executed.
    pub shadow: ByKind<Option<P>>,
}

/// The digests of the policies with a role.
pub type PolicyRoles = Roles<Digest>;

/// The policy that decides tasks of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deciding<P> {
    /// Decides new tasks.
    pub active: P,
    /// Was active before, and is the target of a rollback.
    pub previous: Option<P>,
    /// Which promotion has made it active: a higher number is a later one. 0 without a previous policy, and where no kind has
    /// roles of its own.
    pub promotion: u64,
}

impl<P> Roles<P> {
    /// The policy that decides new tasks of this kind.
    pub fn active(&self, kind: TaskKind) -> &P {
        &self.deciding.of(kind).active
    }

    /// The policy to which a rollback of this kind leads.
    pub fn previous(&self, kind: TaskKind) -> Option<&P> {
        self.deciding.of(kind).previous.as_ref()
    }

    /// The policy that is compared in tasks of this kind.
    pub fn shadow(&self, kind: TaskKind) -> Option<&P> {
        self.shadow.of(kind).as_ref()
    }

    /// Whether kinds of task have different roles.
    pub fn differ(&self) -> bool {
        self.deciding.differs() || self.shadow.differs()
    }

    /// The active policies, one for each group of kinds.
    pub fn all_active(&self) -> impl Iterator<Item = &P> {
        self.deciding.slots().map(|(_, deciding)| &deciding.active)
    }

    /// The previous policies.
    pub fn all_previous(&self) -> impl Iterator<Item = &P> {
        self.deciding.slots().filter_map(|(_, deciding)| deciding.previous.as_ref())
    }

    /// The shadow policies.
    pub fn all_shadow(&self) -> impl Iterator<Item = &P> {
        self.shadow.slots().filter_map(|(_, shadow)| shadow.as_ref())
    }

    /// All policies with a role; one with several roles may be there several times.
    pub fn all(&self) -> impl Iterator<Item = &P> {
        self.all_active().chain(self.all_previous()).chain(self.all_shadow())
    }
}

impl Roles<Arc<Policy>> {
    /// The same with digests.
    pub fn digests(&self) -> PolicyRoles {
        let digest = |policy: &Arc<Policy>| policy.digest();
        let deciding = self.deciding.map(|Deciding { active, previous, promotion }| Deciding {
            active: digest(active),
            previous: previous.as_ref().map(digest),
            promotion: *promotion,
        });
        PolicyRoles { deciding, shadow: self.shadow.map(|shadow| shadow.as_ref().map(digest)) }
    }
}

impl<P: Clone + PartialEq> Roles<P> {
    /// One active policy for all kinds.
    pub fn of(active: P) -> Self {
        let deciding = Deciding { active, previous: None, promotion: 0 };
        Self { deciding: ByKind::common(deciding), shadow: ByKind::common(None) }
    }

    /// The roles after this policy becomes the active one of these kinds. Where it is active already, nothing changes.
    #[must_use]
    pub fn promoted(&self, kinds: &Kinds, policy: &P) -> Self {
        let last = self.deciding.slots().map(|(_, deciding)| deciding.promotion).max().unwrap_or_default();
        self.decided(kinds, |before| match before.active == *policy {
            true => before.clone(),
            false => Deciding { active: policy.clone(), previous: Some(before.active.clone()), promotion: last + 1 },
        })
    }

    /// The roles after a rollback of these kinds. The policy that was active does not become the previous one, so that a second
    /// rollback does not activate it again.
    ///
    /// # Errors
    /// The kinds that have no previous policy.
    pub fn rolled_back(&self, kinds: &Kinds) -> Result<Self, Kinds> {
        if let Some(without) = Kinds::of(|kind| kinds.contain(kind) && self.previous(kind).is_none()) {
            return Err(without);
        }
        Ok(self.decided(kinds, |before| {
            let active = before.previous.as_ref().unwrap_or(&before.active).clone();
            Deciding { active, previous: None, promotion: 0 }
        }))
    }

    /// The kinds that a rollback changes if it names none: those of the last promotion that was not rolled back; `None` if no kind
    /// has a previous policy.
    pub fn promoted_last(&self) -> Option<Kinds> {
        let with_previous = self.deciding.slots().filter(|(_, deciding)| deciding.previous.is_some());
        let last = with_previous.map(|(_, deciding)| deciding.promotion).max()?;
        self.deciding.kinds_where(|deciding| deciding.previous.is_some() && deciding.promotion == last)
    }

    /// The roles after this policy becomes the shadow of these kinds, or, with `None`, after their shadow ends.
    #[must_use]
    pub fn shadowed(&self, kinds: &Kinds, policy: Option<&P>) -> Self {
        Self { shadow: self.shadow.changed(kinds, |_| policy.cloned()), ..self.clone() }
    }

    fn decided(&self, kinds: &Kinds, change: impl Fn(&Deciding<P>) -> Deciding<P>) -> Self {
        let mut deciding = self.deciding.changed(kinds, change);
        if !deciding.differs() {
            deciding = deciding.changed(&Kinds::all(), |deciding| Deciding { promotion: 0, ..deciding.clone() });
        }
        Self { deciding, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(names: &str) -> Kinds {
        names.parse().unwrap()
    }

    /// The active and the previous policies of moves, reverts and aborts.
    fn shown(roles: &Roles<char>) -> String {
        let kinds = [TaskKind::Move, TaskKind::Revert, TaskKind::Abort];
        let one = |kind| format!("{}{}", roles.active(kind), roles.previous(kind).copied().unwrap_or('-'));
        kinds.map(one).join(" ")
    }

    #[test]
    fn a_promotion_for_kinds_leaves_the_others_with_their_policy() {
        let first = Roles::of('s');
        let some = first.promoted(&kinds("move,revert"), &'x');
        assert_eq!(shown(&some), "xs xs s-");
        assert_eq!(shown(&some.promoted(&kinds("move"), &'y')), "yx xs s-");
        // Where it is active already, its previous policy stays.
        let all = some.promoted(&Kinds::all(), &'x');
        assert_eq!(shown(&all), "xs xs xs");
        assert_eq!(shown(&all.promoted(&Kinds::all(), &'y')), "yx yx yx");
        assert!(!all.promoted(&Kinds::all(), &'y').differ());
        assert_eq!(some.promoted(&kinds("move"), &'x'), some);
    }

    #[test]
    fn a_rollback_is_of_the_last_promotion_or_of_named_kinds() {
        let roles = Roles::of('s').promoted(&Kinds::all(), &'t').promoted(&kinds("move,revert"), &'x');
        let roles = roles.promoted(&kinds("revert"), &'y');
        assert_eq!(shown(&roles), "xt yx ts");
        assert_eq!(roles.promoted_last(), Some(kinds("revert")));
        let once = roles.rolled_back(&kinds("revert")).unwrap();
        assert_eq!(shown(&once), "xt x- ts");
        assert_eq!(once.promoted_last(), Some(kinds("move")));
        let twice = once.rolled_back(&kinds("move")).unwrap();
        assert_eq!(shown(&twice), "t- x- ts");
        assert!(twice.promoted_last().unwrap().contain(TaskKind::Abort));
        assert_eq!(twice.rolled_back(&kinds("move,abort")).unwrap_err(), kinds("move"));
        assert_eq!(shown(&roles.rolled_back(&kinds("abort")).unwrap()), "xt yx s-");
    }

    #[test]
    fn without_kinds_a_rollback_is_of_all() {
        let roles = Roles::of('s').promoted(&Kinds::all(), &'x');
        assert_eq!(roles.promoted_last(), Some(Kinds::all()));
        let back = roles.rolled_back(&Kinds::all()).unwrap();
        assert_eq!((shown(&back).as_str(), back.promoted_last()), ("s- s- s-", None));
        assert_eq!(back, Roles::of('s'));
    }

    #[test]
    fn a_promotion_of_a_kind_and_its_rollback_leave_nothing_behind() {
        let roles = Roles::of('s');
        assert_eq!(roles.promoted(&kinds("move"), &'x').rolled_back(&kinds("move")).unwrap(), roles);
        assert_eq!(roles.shadowed(&kinds("move"), Some(&'x')).shadowed(&Kinds::all(), None), roles);
    }

    #[test]
    fn a_shadow_is_by_kind_and_changes_no_other_role() {
        let roles = Roles::of('s').shadowed(&kinds("move"), Some(&'x'));
        assert_eq!((roles.shadow(TaskKind::Move), roles.shadow(TaskKind::Abort)), (Some(&'x'), None));
        assert!(roles.differ() && !roles.deciding.differs());
        let both = roles.shadowed(&kinds("abort"), Some(&'y')).shadowed(&kinds("move"), None);
        assert_eq!((both.shadow(TaskKind::Move), both.shadow(TaskKind::Abort)), (None, Some(&'y')));
        assert_eq!(roles.all().collect::<String>(), "sx");
    }
}
