//! The roles of policies as settings of the journal. `active`, `previous` and `shadow` are of all kinds of task without roles of
//! their own; `active/move` and so on are of one kind.

use std::collections::BTreeMap;

use super::by_kind::{ByKind, Slot};
use super::roles::{Deciding, PolicyRoles};
use super::{ACTIVE, PREVIOUS, RegistryError, SHADOW};
use crate::contract::TaskKind;
use crate::engine::Digest;
use crate::journal::{FAILURES, Journal, of_kind};

/// Follows the digest in `active` where kinds have roles of their own. A program that does not know such roles takes the whole
/// for no digest: it does not start, follows no change, and so changes no role either.
const OTHERS: &str = " and others by kind of task";
/// Which promotion has made a policy active. Only stored where kinds have roles of their own.
const PROMOTION: &str = "promotion";
/// A kind that has no shadow, while the others have one.
const NO_SHADOW: &str = "none";

/// A setting with its new value; `None` removes it.
pub type Change = (String, Option<String>);

/// The stored roles; `None` in a new journal.
pub async fn read(journal: &Journal) -> Result<Option<PolicyRoles>, RegistryError> {
    parse(&journal.settings().await?.into_iter().collect())
}

fn parse(settings: &BTreeMap<String, String>) -> Result<Option<PolicyRoles>, RegistryError> {
    let Some(common) = deciding(settings, None)? else { return Ok(None) };
    let (mut own, mut own_shadows) = (Vec::new(), Vec::new());
    for kind in TaskKind::ALL {
        own.push((kind, deciding(settings, Some(kind))?));
        own_shadows.push((kind, shadow(settings, Some(kind))?));
    }
    let common_shadow = shadow(settings, None)?.flatten();
    Ok(Some(PolicyRoles {
        deciding: ByKind::new(common, |kind| found(&own, kind)),
        shadow: ByKind::new(common_shadow, |kind| found(&own_shadows, kind)),
    }))
}

fn found<T: Clone>(values: &[(TaskKind, Option<T>)], kind: TaskKind) -> Option<T> {
    values.iter().find(|(known, _)| *known == kind).and_then(|(_, value)| value.clone())
}

fn deciding(settings: &BTreeMap<String, String>, slot: Slot) -> Result<Option<Deciding<Digest>>, RegistryError> {
    let setting = |name| settings.get(of_kind(name, slot).as_ref());
    let Some(active) = setting(ACTIVE) else { return Ok(None) };
    let active = active.strip_suffix(OTHERS).unwrap_or(active).parse()?;
    let previous = setting(PREVIOUS).map(|digest| digest.parse()).transpose()?;
    let promotion = setting(PROMOTION).and_then(|number| number.parse().ok()).unwrap_or_default();
    Ok(Some(Deciding { active, previous, promotion }))
}

/// `None` if the slot has no value, and `Some(None)` if it has none on purpose.
fn shadow(settings: &BTreeMap<String, String>, slot: Slot) -> Result<Option<Option<Digest>>, RegistryError> {
    match settings.get(of_kind(SHADOW, slot).as_ref()).map(String::as_str) {
        None => Ok(None),
        Some(NO_SHADOW) => Ok(Some(None)),
        Some(digest) => Ok(Some(Some(digest.parse()?))),
    }
}

/// What changes in the journal when these roles follow those.
pub fn changes(before: &PolicyRoles, after: &PolicyRoles) -> Vec<Change> {
    let mut changes = of_slot(before, after, None);
    for kind in TaskKind::ALL.map(Some) {
        let is_own = |roles: &PolicyRoles| roles.deciding.at(kind).is_some() || roles.shadow.at(kind).is_some();
        if is_own(before) || is_own(after) {
            changes.extend(of_slot(before, after, kind));
        }
    }
    changes
}

fn of_slot(before: &PolicyRoles, after: &PolicyRoles, slot: Slot) -> Vec<Change> {
    let deciding = after.deciding.at(slot);
    let others = if slot.is_none() && after.differ() { OTHERS } else { "" };
    let active = deciding.map(|deciding| format!("{}{others}", deciding.active));
    let previous = deciding.and_then(|deciding| deciding.previous).map(|digest| digest.to_string());
    let promotion = deciding.map(|deciding| deciding.promotion).filter(|number| *number > 0);
    let shadow = after.shadow.at(slot).map(|shadow| shadow.map(|digest| digest.to_string()));
    // The common shadow is absent if there is none, as before there were roles by kind.
    let shadow = shadow.and_then(|shadow| shadow.or_else(|| slot.map(|_| NO_SHADOW.to_owned())));
    let mut changes = vec![(ACTIVE, active), (PREVIOUS, previous), (SHADOW, shadow)];
    if slot.is_some() || before.differ() || after.differ() {
        changes.push((PROMOTION, promotion.map(|number| number.to_string())));
    }
    // A kind with roles of its own is counted by itself, from the beginning.
    if slot.is_some() && before.deciding.at(slot) != deciding {
        changes.push((FAILURES, deciding.map(|_| String::new())));
    }
    changes.into_iter().map(|(name, value)| (of_kind(name, slot).into_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Kinds;

    fn digest(name: &str) -> Digest {
        Digest::of(name.as_bytes())
    }

    fn kinds(names: &str) -> Kinds {
        names.parse().unwrap()
    }

    /// Stores each of these roles after the one before, and reads them.
    fn check(all: &[PolicyRoles]) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        let mut before = &all[0];
        for after in all {
            for (name, value) in changes(before, after) {
                match value {
                    Some(value) => drop(settings.insert(name, value)),
                    None => drop(settings.remove(&name)),
                }
            }
            assert_eq!(parse(&settings).unwrap().as_ref(), Some(after), "{settings:?}");
            before = after;
        }
        settings
    }

    #[test]
    fn roles_of_all_kinds_are_stored_as_ever() {
        let [one, two, three] = ["one", "two", "three"].map(digest);
        let first = PolicyRoles::of(one);
        let second = first.promoted(&Kinds::all(), &two).shadowed(&Kinds::all(), Some(&three));
        let settings = check(&[first, second]);
        let expected = [(ACTIVE, two), (PREVIOUS, one), (SHADOW, three)];
        assert_eq!(settings, expected.map(|(name, digest)| (name.to_owned(), digest.to_string())).into());
    }

    #[test]
    fn roles_by_kind_are_read_as_they_were_stored() {
        let [one, two, three] = ["one", "two", "three"].map(digest);
        let first = PolicyRoles::of(one).shadowed(&Kinds::all(), Some(&three));
        let second = first.promoted(&kinds("move,revert"), &two);
        let third = second.promoted(&kinds("revert"), &three).shadowed(&kinds("abort"), None);
        let settings = check(&[first.clone(), second.clone(), third.clone()]);
        assert_eq!(settings["active/move"], two.to_string());
        assert_eq!(settings["previous/revert"], two.to_string());
        assert_eq!(settings["shadow/abort"], "none");
        assert_eq!(settings["failures/move"], "");
        // Another program takes this for no digest.
        assert_eq!(settings[ACTIVE], format!("{one} and others by kind of task"));
        assert!(settings[ACTIVE].parse::<Digest>().is_err());
        // And back, so that such a program can read the journal again.
        let fourth = third.promoted(&Kinds::all(), &two).shadowed(&Kinds::all(), None);
        let fifth = fourth.promoted(&Kinds::all(), &one);
        let settings = check(&[first, second, third, fourth, fifth]);
        let expected = [(ACTIVE, one), (PREVIOUS, two)];
        assert_eq!(settings, expected.map(|(name, digest)| (name.to_owned(), digest.to_string())).into());
    }

    #[test]
    fn what_is_no_digest_is_an_error() {
        for (name, value) in [(ACTIVE, "x"), ("active/move", "x"), ("shadow/move", ""), ("previous", "and others")] {
            let mut settings = BTreeMap::from([(ACTIVE.to_owned(), digest("one").to_string())]);
            settings.insert(name.to_owned(), value.to_owned());
            assert!(matches!(parse(&settings), Err(RegistryError::NotADigest(_))), "{name}");
        }
        assert!(parse(&BTreeMap::new()).unwrap().is_none());
    }
}
