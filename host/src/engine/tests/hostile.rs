//! Policies that misbehave: each call ends with its own error, and the engine serves the next call.

use std::sync::OnceLock;
use std::time::Duration;

use super::*;
use crate::authority;
use crate::clients::placement::{Embedded, Placement};
use crate::contract::{ReplaceTask, RevertTask, Step, TaskKind};
use crate::drive::drive;
use crate::engine::{CallError, Decision, OutOfBounds};
use crate::executor::{LiveExecutor, NovaSource};

/// Calls the policy, then checks that the engine still serves a correct policy.
fn call(name: &str, digit: u8, history: &[Exchange]) -> Result<Decision, CallError> {
    let result = policy(name).next_step(&task(digit), history);
    let standard = || policy("standard").next_step(&task(1), &read_both()).unwrap();
    static EXPECTED: OnceLock<Decision> = OnceLock::new();
    assert_eq!(&standard(), EXPECTED.get_or_init(standard), "after {name} {digit}");
    result
}

#[test]
fn each_hostile_policy_fails_with_its_own_error() {
    let limits = *ENGINE.limits();
    let out_of_fuel = CallError::OutOfFuel { limit: limits.fuel };
    let stack_overflow = CallError::StackOverflow { limit: limits.wasm_stack_bytes };
    let too_much_output = CallError::TooMuchOutput { limit: limits.output_bytes };
    for (name, digit, expected, code) in [
        ("loops", 1, out_of_fuel, "policy-out-of-fuel"),
        ("panics", 1, CallError::Trapped("wasm `unreachable` instruction executed".into()), "policy-trapped"),
        ("recurses", 1, stack_overflow, "policy-stack-overflow"),
        ("floods", 0, too_much_output.clone(), "policy-output-too-large"),
        ("floods", 2, too_much_output, "policy-output-too-large"),
    ] {
        let error = call(name, digit, &[]).expect_err(name);
        assert_eq!((&error, error.code()), (&expected, code), "{name} {digit}");
    }
}

#[test]
fn a_call_is_limited_in_time_with_any_fuel() {
    let limits = Limits { instances: 4, fuel: 1 << 50, call_time: Duration::from_millis(300), ..Limits::default() };
    let engine = Engine::new(limits, Cache::off()).unwrap();
    let loops = engine.load("loops", &hostile("loops")).unwrap();
    let standard = engine.resolve("standard").unwrap();
    for _ in 0..2 {
        let error = loops.next_step(&task(1), &[]).unwrap_err();
        assert_eq!((&error, error.code()), (&CallError::OutOfTime { limit: limits.call_time }, "policy-out-of-time"));
        assert!(error.to_string().contains("has run longer than 300ms"), "{error}");
        // A call has its full time, at any state of the engine's clock.
        assert!(standard.next_step(&task(1), &read_both()).is_ok());
    }
}

#[test]
fn memory_is_limited() {
    let most = ENGINE.limits().memory_bytes;
    for (name, digit) in [("grows", 1), ("floods", 1)] {
        let error = call(name, digit, &[]).expect_err(name);
        assert_eq!(error.code(), "policy-out-of-memory");
        let CallError::OutOfMemory { wanted, limit, of } = error else { panic!("{name}: {error:?}") };
        assert!(wanted > most && limit == most && of == "bytes of memory", "{name}: {wanted} of {limit} {of}");
    }
}

#[test]
fn invalid_values_are_named() {
    for (digit, what) in [
        (0, "it asks to perform no effect"),
        (1, "it asks for 17 effects at once; the maximum is 16"),
        (2, "it asks for a pause of up to 4294967295 ms; the maximum is 60000"),
        (3, "get-allocations of consumer \"../../servers\": this is not a UUID in lower case with dashes"),
        (4, "post-allocations names consumer \"41111111-1111-4111-8111-111111111111\" twice"),
        (5, "it cannot be read: invalid utf-8 sequence of 1 bytes from index 0"),
        (6, "it cannot be read: string pointer/length out of bounds of memory"),
    ] {
        let error = call("means_nothing", digit, &[]).expect_err(what);
        assert_eq!((&error, error.code()), (&CallError::Nonsense(what.into()), "policy-nonsense"), "{digit}");
    }
}

#[test]
fn a_consumer_that_the_task_does_not_name_is_refused() {
    let (task, stranger) = (task(1), "99999999-9999-4999-8999-999999999999");
    let names = ["get-allocations", "post-allocations", "delete-allocations", "find-server", "find-compute-node"];
    let history: Vec<_> = read_both().into_iter().cycle().take(names.len()).collect();
    for (exchanges, effect) in names.into_iter().enumerate() {
        let decision = call("meddles", 1, &history[..exchanges]).unwrap();
        let Step::Perform(perform) = decision.step else { panic!("{decision:?}") };
        let expected = OutOfBounds::Consumer { consumer: stranger.into(), effect };
        assert_eq!(authority::check(&task, &history[..exchanges], &perform.effects), Err(expected));
    }
}

#[test]
fn a_task_with_too_many_steps_is_ended() {
    let limit = ENGINE.limits().exchanges;
    let history: Vec<_> = read_both().into_iter().cycle().take(limit + 1).collect();
    for name in ["pauses_for_ever", "repeats_itself"] {
        let longest = call(name, 1, &history[..limit]).unwrap();
        assert!(matches!(longest.step, Step::Perform(_)), "{longest:?}");
        let error = call(name, 1, &history).unwrap_err();
        assert_eq!(
            (&error, error.code()),
            (&CallError::HistoryTooLong { length: limit + 1, limit }, "history-too-long")
        );
    }
}

#[tokio::test]
async fn a_task_of_an_undeclared_kind_is_not_passed_on() {
    let policy = policy("moves_only");
    assert_eq!(policy.description().tasks, [TaskKind::Move]);
    let placement = Placement::Embedded(Embedded::new(swaparoo_placement::Placement::default()));
    let executor =
        LiveExecutor { placement, nova: NovaSource::Reported(crate::contract::ServerState::Unknown), caller: None };
    let [server, migration] = [consumer(1), consumer(9)];
    let replace = ReplaceTask { server: server.clone(), migration: migration.clone(), source_node: None };
    for (task, kind) in
        [(Task::Replace(replace), "replace"), (Task::Revert(RevertTask { server, migration }), "revert")]
    {
        let run = drive(&policy, &task, &executor, &mut ()).await;
        let failure = serde_json::to_value(run.end.unwrap_err()).unwrap();
        assert_eq!((&failure["code"], &failure["data"]["task"]), (&"unsupported-task".into(), &kind.into()));
        assert_eq!((run.steps.len(), run.history.len()), (0, 0), "{kind}: it was called, and would have trapped");
    }
    // It gets the kind that it names, and runs until the host ends it.
    let run = drive(&policy, &task(1), &executor, &mut ()).await;
    assert_eq!(run.end.unwrap_err().code(), "history-too-long");
}
