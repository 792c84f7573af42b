//! Does a step make sense, whatever its rules mean by it? Only what would reach the outside is looked at: outcomes,
//! failures and reasons are reported as they are, within the size that an answer may have.

use swaparoo_placement::Microversion;

use super::Limits;
use crate::contract::{Allocation, DeleteAllocations, Effect, NewHolding, Perform, PostAllocations, Step};

/// The most characters of a project id, a user id and a resource class (Placement, schemas/allocation.py and
/// schemas/resource_class.py).
const MOST_CHARACTERS: usize = 255;
/// Placement's generations are signed 32-bit columns.
const HIGHEST_GENERATION: u32 = i32::MAX.unsigned_abs();

/// What makes no sense about `step`, if anything.
pub fn check(step: &Step, limits: &Limits) -> Result<(), String> {
    let Step::Perform(Perform { effects, .. }) = step else { return Ok(()) };
    match effects.len() {
        0 => Err("it asks to perform no effect at all".into()),
        many if many > limits.effects => {
            Err(format!("it asks for {many} effects at once, of at most {}", limits.effects))
        }
        _ => effects.iter().try_for_each(|effect| effect_makes_sense(effect, limits)),
    }
}

fn effect_makes_sense(effect: &Effect, limits: &Limits) -> Result<(), String> {
    match effect {
        Effect::GetAllocations(get) => uuid("get-allocations of consumer", &get.consumer),
        Effect::PostAllocations(post) => post_makes_sense(post),
        Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation }) => {
            uuid("delete-allocations of consumer", consumer)?;
            owner(project, user, Some(*generation))
        }
        Effect::FindServer(find) => uuid("find-server of server", &find.server),
        Effect::FindComputeNode(find) => uuid("find-compute-node of server", &find.server),
        Effect::Pause(pause) if pause.up_to_ms > limits.pause_ms => {
            Err(format!("it asks for a pause of up to {} ms, of at most {}", pause.up_to_ms, limits.pause_ms))
        }
        Effect::Pause(_) => Ok(()),
        Effect::PutAllocations(put) => {
            new_holding("put-allocations", &put.holding)?;
            if Microversion::named(&put.version).is_some_and(|version| version >= Microversion::NOVA) {
                return Ok(());
            }
            Err(format!("put-allocations at microversion {}: it takes 1.28 or later", shown(&put.version)))
        }
        Effect::GetProviderTraits(get) => uuid("get-provider-traits of provider", &get.provider),
        // What goes to nova is the conductor's to read.
        _ => Ok(()),
    }
}

fn post_makes_sense(post: &PostAllocations) -> Result<(), String> {
    if post.consumers.is_empty() {
        return Err("post-allocations names no consumer".into());
    }
    if let Some(twice) = duplicate(post.consumers.iter().map(|entry| entry.consumer.as_str())) {
        return Err(format!("post-allocations names consumer {} twice", shown(twice)));
    }
    post.consumers.iter().try_for_each(|entry| new_holding("post-allocations", entry))
}

fn new_holding(effect: &str, entry: &NewHolding) -> Result<(), String> {
    let NewHolding { consumer, project, user, generation, allocations } = entry;
    uuid(&format!("{effect} of consumer"), consumer)?;
    owner(project, user, *generation)?;
    if let Some(twice) = duplicate(allocations.iter().map(|allocation| allocation.provider.as_str())) {
        return Err(format!("{effect} names provider {} twice for one consumer", shown(twice)));
    }
    allocations.iter().try_for_each(allocation)
}

fn allocation(Allocation { provider, resources }: &Allocation) -> Result<(), String> {
    uuid("an allocation of provider", provider)?;
    if resources.is_empty() {
        return Err(format!("an allocation of provider {provider} has no resources"));
    }
    if let Some(twice) = duplicate(resources.iter().map(|resource| resource.class.as_str())) {
        return Err(format!("an allocation of provider {provider} names class {} twice", shown(twice)));
    }
    resources.iter().try_for_each(|resource| {
        let class = resource.class.as_str();
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if class.is_empty() || class.len() > MOST_CHARACTERS || !class.chars().all(allowed) {
            return Err(format!("{} is no resource class", shown(class)));
        }
        if resource.amount == 0 {
            return Err(format!("an allocation of provider {provider} has 0 of {class}"));
        }
        Ok(())
    })
}

fn owner(project: &str, user: &str, generation: Option<u32>) -> Result<(), String> {
    for (what, id) in [("project", project), ("user", user)] {
        if id.is_empty() || id.chars().count() > MOST_CHARACTERS || id.chars().any(char::is_control) {
            return Err(format!("{} is no {what} id", shown(id)));
        }
    }
    match generation {
        Some(generation) if generation > HIGHEST_GENERATION => {
            Err(format!("{generation} is no generation: the highest is {HIGHEST_GENERATION}"))
        }
        _ => Ok(()),
    }
}

/// Placement compares UUIDs as the strings they are, so only one spelling will do.
fn uuid(of: &str, given: &str) -> Result<(), String> {
    let canonical = given.len() == 36
        && given.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    if canonical { Ok(()) } else { Err(format!("{of} {}: that is no UUID in lower case with dashes", shown(given))) }
}

fn duplicate<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

/// Visible ASCII without spaces: what can stand in a line without changing it.
pub fn plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}

/// A policy's string in an error line: quoted, escaped, and cut when it is long.
pub fn shown(text: &str) -> String {
    const MOST: usize = 48;
    if text.len() <= MOST {
        return format!("{text:?}");
    }
    let beginning: String = text.chars().take(MOST).collect();
    format!("{beginning:?}… ({} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{FindServer, GetAllocations, Pause, ResourceAmount};

    const ONE: &str = "11111111-1111-4111-8111-111111111111";
    const NODE: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

    fn judged(effect: Effect) -> Result<(), String> {
        perform(vec![effect])
    }

    fn perform(effects: Vec<Effect>) -> Result<(), String> {
        check(&Step::Perform(Perform { effects, reasons: Vec::new() }), &Limits::default())
    }

    fn get(consumer: &str) -> Effect {
        Effect::GetAllocations(GetAllocations { consumer: consumer.into() })
    }

    fn entry(change: impl FnOnce(&mut NewHolding)) -> NewHolding {
        let mut entry = NewHolding {
            consumer: ONE.into(),
            project: "p".into(),
            user: "u".into(),
            generation: Some(1),
            allocations: vec![held(&[("VCPU", 1), ("CUSTOM_GOLD_2", 7)])],
        };
        change(&mut entry);
        entry
    }

    fn held(resources: &[(&str, u32)]) -> Allocation {
        let resources = resources
            .iter()
            .map(|(class, amount)| ResourceAmount { class: (*class).into(), amount: *amount })
            .collect();
        Allocation { provider: NODE.into(), resources }
    }

    fn post(consumers: Vec<NewHolding>) -> Effect {
        Effect::PostAllocations(PostAllocations { consumers })
    }

    fn changed(change: impl FnOnce(&mut NewHolding)) -> Effect {
        post(vec![entry(change)])
    }

    #[test]
    fn what_the_contract_allows_makes_sense() {
        for effect in [
            get(ONE),
            changed(|_| ()),
            changed(|entry| entry.allocations.clear()),
            changed(|entry| entry.generation = None),
            changed(|entry| entry.generation = Some(HIGHEST_GENERATION)),
            changed(|entry| entry.project = "ü".repeat(MOST_CHARACTERS)),
            Effect::Pause(Pause { up_to_ms: Limits::default().pause_ms }),
        ] {
            assert_eq!(judged(effect.clone()), Ok(()), "{effect:?}");
        }
        assert_eq!(perform(vec![get(ONE); 16]), Ok(()));
    }

    #[test]
    fn what_it_does_not_is_named() {
        let upper = ONE.replace('1', "A");
        let delete = |generation| {
            let (project, user) = ("p".into(), "u".into());
            Effect::DeleteAllocations(DeleteAllocations { consumer: ONE.into(), project, user, generation })
        };
        for (effect, what) in [
            (get(""), "get-allocations of consumer \"\": that is no UUID"),
            (get(&upper), "AAAAAAAA-AAAA"),
            (get(&ONE.replace('-', "")), "that is no UUID"),
            (get(&ONE.replacen('-', "1", 1)), "that is no UUID"),
            (
                Effect::FindServer(FindServer { server: "../../servers".into() }),
                "find-server of server \"../../servers\"",
            ),
            (post(vec![]), "post-allocations names no consumer"),
            (post(vec![entry(|_| ()), entry(|_| ())]), "names consumer \"11111111-1111-4111-8111-111111111111\" twice"),
            (changed(|entry| entry.project.clear()), "\"\" is no project id"),
            (changed(|entry| entry.user = "u\n".into()), "\"u\\n\" is no user id"),
            (changed(|entry| entry.user = "u".repeat(256)), "… (256 bytes) is no user id"),
            (changed(|entry| entry.generation = Some(1 << 31)), "2147483648 is no generation"),
            (changed(|entry| entry.allocations.push(held(&[("VCPU", 1)]))), "names provider \"aaaaaaaa"),
            (changed(|entry| entry.allocations[0].provider = "x".into()), "an allocation of provider \"x\""),
            (changed(|entry| entry.allocations = vec![held(&[])]), "has no resources"),
            (
                changed(|entry| entry.allocations = vec![held(&[("VCPU", 1), ("VCPU", 2)])]),
                "names class \"VCPU\" twice",
            ),
            (changed(|entry| entry.allocations = vec![held(&[("vcpu", 1)])]), "\"vcpu\" is no resource class"),
            (changed(|entry| entry.allocations = vec![held(&[("VCPU", 0)])]), "has 0 of VCPU"),
            (delete(u32::MAX), "4294967295 is no generation"),
            (Effect::Pause(Pause { up_to_ms: 60_001 }), "a pause of up to 60001 ms, of at most 60000"),
        ] {
            let error = judged(effect.clone()).expect_err(&format!("{effect:?}"));
            assert!(error.contains(what), "{error:?} does not contain {what:?}");
        }
        assert_eq!(perform(vec![]), Err("it asks to perform no effect at all".into()));
        assert_eq!(perform(vec![get(ONE); 17]), Err("it asks for 17 effects at once, of at most 16".into()));
        // The second of two effects is looked at too.
        assert!(perform(vec![get(ONE), get("x")]).is_err());
    }
}
