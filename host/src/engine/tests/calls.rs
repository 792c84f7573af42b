//! Calls of correct policies: the built-in ones.

use super::*;
use crate::contract::{CONTRACT, Failed, Failure, Refusal, Step};
use crate::engine::Digest;

#[test]
fn each_built_in_policy_has_its_own_description() {
    for built_in in BUILT_IN {
        let policy = ENGINE.resolve(built_in.name).unwrap();
        let description = policy.description();
        assert_eq!((description.name.as_str(), description.contract.as_str()), (built_in.name, CONTRACT));
        assert_eq!(policy.digest(), Digest::of(built_in.component));
        assert!(policy.has_rules_for(&task(1)));
    }
}

#[test]
fn a_file_is_named_by_its_path() {
    let file = Path::new(env!("SWAPAROO_POLICY_SEED"));
    let policy = ENGINE.resolve(file.to_str().unwrap()).unwrap();
    assert_eq!(policy.description().name, "seed");
    assert_eq!(policy.digest(), super::policy("seed").digest());
}

#[test]
fn a_step_uses_the_same_fuel_wherever_it_runs() {
    let (task, mut history) = (task(1), read_both());
    // A move to a new target reads only the source.
    history.truncate(1);
    let policy = policy("standard");
    let first = policy.next_step(&task, &history).unwrap();
    assert!(matches!(&first.step, Step::Perform(perform) if perform.effects.len() == 1), "{first:?}");
    assert!(first.fuel_used > 0 && first.fuel_used < ENGINE.limits().fuel / 50, "{}", first.fuel_used);

    let compiled_again = engine(Cache::off()).resolve("standard").unwrap();
    let again = || (0..20).map(|_| policy.next_step(&task, &history).unwrap());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| again().all(|decision| decision == first))).collect();
        assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    });
    assert_eq!(compiled_again.next_step(&task, &history).unwrap(), first);
    assert_eq!(policy.warm().unwrap().next_step(&task, &history).unwrap(), first);
}

#[test]
fn a_call_keeps_no_state_for_the_next() {
    let policy = policy("changes_its_mind");
    let first = policy.next_step(&task(1), &[]).unwrap();
    for _ in 0..20 {
        assert_eq!(policy.next_step(&task(1), &[]).unwrap(), first);
    }
    // It remembers if one instance is used twice; otherwise this test could not fail.
    let mut warm = policy.warm().unwrap();
    assert_eq!(warm.next_step(&task(1), &[]).unwrap(), first);
    assert_ne!(warm.next_step(&task(1), &[]).unwrap(), first);
}

#[test]
fn callers_wait_if_all_instances_are_in_use() {
    let engine = Engine::new(Limits { instances: 1, ..Limits::default() }, Cache::off()).unwrap();
    let policy = engine.resolve("standard").unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..20).try_for_each(|_| policy.next_step(&task(1), &[]).map(drop))))
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
    });
}

/// Growing is most of what a fresh instance can cost. The limit here is what a policy starts with, so that growing fails.
#[test]
fn a_usual_call_grows_no_memory() {
    let engine =
        Engine::new(Limits { instances: 1, memory_bytes: 128 << 10, ..Limits::default() }, Cache::off()).unwrap();
    // The rules end within 50 exchanges.
    let long: Vec<_> = read_both().into_iter().cycle().take(50).collect();
    let built_in = BUILT_IN.iter().map(|built_in| engine.load(built_in.name, built_in.component));
    for policy in built_in.chain([engine.load("standard-moves", &built("standard-moves"))]) {
        let policy = policy.unwrap();
        for history in [&read_both(), &long] {
            policy.next_step(&task(1), history).unwrap();
        }
    }
}

#[test]
fn the_longest_history_fits() {
    let refused = Reply::Refused(Refusal { status: 409, code: "c".repeat(64), detail: "d".repeat(2_000) });
    let mut history: Vec<_> = read_both().into_iter().cycle().take(ENGINE.limits().exchanges).collect();
    history.iter_mut().for_each(|exchange| exchange.reply = refused.clone());
    let decision = policy("standard").next_step(&task(1), &history).unwrap();
    // It ended at the first refused read, so none of its rules asked for what follows.
    let Step::Failed(Failed { failure: Failure::Diverged(diverged), .. }) = decision.step else {
        panic!("{decision:?}")
    };
    assert_eq!((diverged.index, diverged.asked), (1, None));
    assert!(decision.fuel_used < ENGINE.limits().fuel / 10, "{}", decision.fuel_used);
}
