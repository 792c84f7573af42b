//! Validates a step, independent of its rules: the effects, which would reach the outside, and what the policy says in its
//! own words. Outcomes and the contract's failures are reported unchanged, within the size limit of an answer.

use swaparoo_placement::Microversion;

use super::Limits;
use crate::contract::{
    DeleteAllocations, Effect, Failed, Failure, Finished, NewHolding, Perform, PostAllocations, Reason, Step,
};
use crate::validate::{self, ValidationError, quoted};

/// The first invalid value of `step`, if any.
pub fn check(step: &Step, limits: &Limits) -> Result<(), String> {
    match step {
        Step::Perform(Perform { effects, reasons }) => {
            check_effects(effects, limits)?;
            check_reasons(reasons)
        }
        Step::Finished(Finished { reasons, .. }) => check_reasons(reasons),
        Step::Failed(Failed { failure: Failure::Other(other), reasons }) => {
            validate::policy_failure(other).map_err(|invalid| invalid.why)?;
            check_reasons(reasons)
        }
        Step::Failed(Failed { reasons, .. }) => check_reasons(reasons),
    }
}

fn check_reasons(reasons: &[Reason]) -> Result<(), String> {
    reasons.iter().try_for_each(validate::reason).map_err(|invalid| invalid.why)
}

fn check_effects(effects: &[Effect], limits: &Limits) -> Result<(), String> {
    match effects.len() {
        0 => Err("it asks to perform no effect".into()),
        many if many > limits.effects => {
            Err(format!("it asks for {many} effects at once; the maximum is {}", limits.effects))
        }
        _ => effects.iter().try_for_each(|effect| validate_effect(effect, limits)),
    }
}

fn validate_effect(effect: &Effect, limits: &Limits) -> Result<(), String> {
    match effect {
        Effect::GetAllocations(get) => validate::consumer("get-allocations of consumer", &get.consumer),
        Effect::PostAllocations(post) => validate_post(post),
        Effect::DeleteAllocations(DeleteAllocations { consumer, project, user, generation }) => {
            validate::consumer("delete-allocations of consumer", consumer)?;
            owner(project, user, Some(*generation))
        }
        Effect::FindServer(find) => validate::consumer("find-server of server", &find.server),
        Effect::FindComputeNode(find) => validate::consumer("find-compute-node of server", &find.server),
        Effect::Pause(pause) if pause.up_to_ms > limits.pause_ms => {
            Err(format!("it asks for a pause of up to {} ms; the maximum is {}", pause.up_to_ms, limits.pause_ms))
        }
        Effect::Pause(_) => Ok(()),
        Effect::PutAllocations(put) => {
            new_holding("put-allocations", &put.holding)?;
            if Microversion::named(&put.version).is_some_and(|version| version >= Microversion::NOVA) {
                return Ok(());
            }
            Err(format!("put-allocations at microversion {}: it takes 1.28 or later", quoted(&put.version)))
        }
        Effect::GetProviderTraits(get) => validate::consumer("get-provider-traits of provider", &get.provider),
        // The conductor checks what goes to nova.
        _ => Ok(()),
    }
}

fn validate_post(post: &PostAllocations) -> Result<(), String> {
    if post.consumers.is_empty() {
        return Err("post-allocations names no consumer".into());
    }
    if let Some(twice) = duplicate(post.consumers.iter().map(|entry| entry.consumer.as_str())) {
        return Err(format!("post-allocations names consumer {} twice", quoted(twice)));
    }
    post.consumers.iter().try_for_each(|entry| new_holding("post-allocations", entry))
}

fn new_holding(effect: &str, entry: &NewHolding) -> Result<(), String> {
    let NewHolding { consumer, project, user, generation, allocations } = entry;
    validate::consumer(&format!("{effect} of consumer"), consumer)?;
    owner(project, user, *generation)?;
    validate::allocations(allocations).map_err(|ValidationError { field, why }| format!("{effect}, {field}: {why}"))
}

fn owner(project: &str, user: &str, generation: Option<u32>) -> Result<(), String> {
    validate::owner(project, user).map_err(|invalid| invalid.why)?;
    generation.map_or(Ok(()), validate::generation).map_err(|invalid| invalid.why)
}

fn duplicate<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Allocation, FindServer, GetAllocations, Outcome, Pause, PolicyFailure, ResourceAmount};

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
    fn allowed_values_are_valid() {
        for effect in [
            get(ONE),
            changed(|_| ()),
            changed(|entry| entry.allocations.clear()),
            changed(|entry| entry.generation = None),
            changed(|entry| entry.generation = Some(i32::MAX.unsigned_abs())),
            changed(|entry| entry.project = "ü".repeat(255)),
            Effect::Pause(Pause { up_to_ms: Limits::default().pause_ms }),
        ] {
            assert_eq!(judged(effect.clone()), Ok(()), "{effect:?}");
        }
        assert_eq!(perform(vec![get(ONE); 16]), Ok(()));
    }

    #[test]
    fn reasons_and_a_policys_own_failure_are_bounded() {
        let reasons = |code: &str| vec![Reason { code: code.into(), data: None }];
        let failure = |code: &str| {
            Failure::Other(PolicyFailure { code: code.into(), text: "it is Monday".into(), needs_operator: true })
        };
        let failed = |failure, reasons| check(&Step::Failed(Failed { failure, reasons }), &Limits::default());
        let finished =
            |reasons| check(&Step::Finished(Finished { outcome: Outcome::NothingToMove, reasons }), &Limits::default());
        let performed =
            |reasons| check(&Step::Perform(Perform { effects: vec![get(ONE)], reasons }), &Limits::default());
        assert_eq!(failed(failure("my-failure"), reasons("my-rule")), Ok(()));
        assert!(failed(failure("My failure"), reasons("my-rule")).unwrap_err().contains("\"My failure\""));
        let wrong = [performed(reasons("?")), finished(reasons("?")), failed(failure("x"), reasons("?"))];
        for judged in wrong {
            assert!(judged.unwrap_err().contains("the code \"?\" is not 1 to 64"));
        }
    }

    #[test]
    fn invalid_steps_are_refused_by_name() {
        let upper = ONE.replace('1', "A");
        let delete = |generation| {
            let (project, user) = ("p".into(), "u".into());
            Effect::DeleteAllocations(DeleteAllocations { consumer: ONE.into(), project, user, generation })
        };
        for (effect, what) in [
            (get(""), "get-allocations of consumer \"\": this is not a UUID"),
            (get(&upper), "AAAAAAAA-AAAA"),
            (get(&ONE.replace('-', "")), "this is not a UUID"),
            (get(&ONE.replacen('-', "1", 1)), "this is not a UUID"),
            (
                Effect::FindServer(FindServer { server: "../../servers".into() }),
                "find-server of server \"../../servers\"",
            ),
            (post(vec![]), "post-allocations names no consumer"),
            (post(vec![entry(|_| ()), entry(|_| ())]), "names consumer \"11111111-1111-4111-8111-111111111111\" twice"),
            (changed(|entry| entry.project.clear()), "\"\" is not a project id"),
            (changed(|entry| entry.user = "u\n".into()), "\"u\\n\" is not a user id"),
            (changed(|entry| entry.user = "u".repeat(256)), "… (256 bytes) is not a user id"),
            (changed(|entry| entry.generation = Some(1 << 31)), "2147483648 is not a generation"),
            (changed(|entry| entry.allocations.push(held(&[("VCPU", 1)]))), "provider \"aaaaaaaa"),
            (changed(|entry| entry.allocations[0].provider = "x".into()), "allocations[0].provider: \"x\""),
            (changed(|entry| entry.allocations = vec![held(&[])]), "has no resources"),
            (
                changed(|entry| entry.allocations = vec![held(&[("VCPU", 1), ("VCPU", 2)])]),
                "class \"VCPU\" is listed twice",
            ),
            (changed(|entry| entry.allocations = vec![held(&[("vcpu", 1)])]), "\"vcpu\" is not a resource class"),
            (changed(|entry| entry.allocations = vec![held(&[("VCPU", 0)])]), "it has 0 of VCPU"),
            (delete(u32::MAX), "4294967295 is not a generation"),
            (Effect::Pause(Pause { up_to_ms: 60_001 }), "a pause of up to 60001 ms; the maximum is 60000"),
        ] {
            let error = judged(effect.clone()).expect_err(&format!("{effect:?}"));
            assert!(error.contains(what), "{error:?} does not contain {what:?}");
        }
        assert_eq!(perform(vec![]), Err("it asks to perform no effect".into()));
        assert_eq!(perform(vec![get(ONE); 17]), Err("it asks for 17 effects at once; the maximum is 16".into()));
        // The second of two effects is checked too.
        assert!(perform(vec![get(ONE), get("x")]).is_err());
    }
}
