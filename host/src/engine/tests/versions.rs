//! A host of a newer minor version runs policies of the older ones, beside its own. The host of these tests stands for 1.1
//! and calls policies of 1.0 as those of an older version; `tests/contract/one-less/policy.wasm` was built for a contract
//! with a kind of task, an effect, a reply and a field less than this one, as if 1.1 had added them.

use futures_util::FutureExt as _;

use super::*;
use crate::contract::{
    CONTRACT, Diverged, Failed, Failure, NewHolding, PutAllocations, RevertTask, ServerDetails, Silence, Step,
    UnsupportedTask, Version,
};
use crate::drive::{Run, drive};
use crate::engine::{CallError, LoadError, Settings, World};
use crate::simulation::SimWorld;
use crate::simulation::scenario::{Scenario, built_in};

/// A host of the next minor version.
static NEWER: LazyLock<Engine> =
    LazyLock::new(|| engine(Cache::off()).of_contract(Version { major: 1, minor: 1, patch: 0 }));

/// A component of this host's version, called by dynamic values.
fn older(name: &str, component: &[u8]) -> Policy {
    NEWER.load(name, component).unwrap_or_else(|error| panic!("{:#}", anyhow::Error::new(error)))
}

fn one_less() -> Policy {
    older("one-less", include_bytes!("../../../../tests/contract/one-less/policy.wasm"))
}

fn play(policy: &Policy, scenario: &Scenario) -> Run {
    drive(policy, &scenario.task, &SimWorld::new(scenario), &mut ()).now_or_never().unwrap()
}

fn bytes(run: &Run) -> [Vec<u8>; 2] {
    [serde_json::to_vec(&run.steps).unwrap(), serde_json::to_vec(&run.history).unwrap()]
}

#[test]
fn a_component_for_another_patch_of_the_contract_decides_the_same() {
    for name in ["standard", "standard-moves"] {
        let patched = ENGINE.load(name, &of_version(&built(name), "1.0.9")).unwrap();
        let [expected, found] = [&*policy(name), &patched].map(|policy| policy.next_step(&task(1), &read_both()));
        assert_eq!(found.unwrap(), expected.unwrap(), "{name}");
    }
}

#[test]
fn a_newer_minor_and_another_major_version_are_refused_by_name() {
    for (engine, version, host) in [
        (&*ENGINE, "1.1.0", CONTRACT),
        (&*NEWER, "1.2.0", "1.1.0"),
        (&*NEWER, "2.0.0", "1.1.0"),
        (&*ENGINE, "0.1.0", CONTRACT),
    ] {
        for name in ["standard", "standard-moves"] {
            let error = engine.load(name, &of_version(&built(name), version)).unwrap_err();
            assert!(matches!(error, LoadError::OtherContract { .. }), "{error:?}");
            let says =
                format!("{name} was built for the contract {version}, but this host has {host}: build it for {host}");
            assert!(error.to_string().contains(&says), "{error}");
        }
    }
}

#[test]
fn an_older_policy_takes_every_scenario_by_the_same_steps() {
    let mut finished = 0;
    for name in ["standard", "standard-moves", "seed", "nova-34"] {
        let (own, older) = (policy(name), older(name, &built(name)));
        assert_eq!(
            (older.description(), older.world(), older.digest()),
            (own.description(), own.world(), own.digest())
        );
        for scenario in built_in() {
            let [expected, found] = [&*own, &older].map(|policy| play(policy, scenario));
            assert_eq!(bytes(&found), bytes(&expected), "{name}: {}", scenario.name);
            assert_eq!(format!("{:?}", found.end), format!("{:?}", expected.end), "{name}: {}", scenario.name);
            finished += usize::from(found.end.is_ok());
        }
    }
    assert!(finished > 60, "only {finished} tasks had an outcome");
}

#[test]
fn its_calls_cost_the_same_fuel() {
    for name in ["standard", "standard-moves"] {
        let [own, older] = [&*policy(name), &older(name, &built(name))].map(|policy| {
            let decision = policy.next_step(&task(1), &read_both()).unwrap();
            (decision.fuel_used, decision.memory_bytes, policy.usage().unwrap())
        });
        assert_eq!(own, older, "{name}");
    }
}

#[test]
fn its_calls_have_the_same_limits() {
    for (name, digit) in [
        ("loops", 1),
        ("panics", 1),
        ("recurses", 1),
        ("floods", 0),
        ("floods", 1),
        ("floods", 2),
        ("grows", 1),
        ("means_nothing", 0),
        ("means_nothing", 1),
        ("means_nothing", 2),
        ("means_nothing", 3),
        ("means_nothing", 4),
        ("means_nothing", 5),
        ("means_nothing", 6),
    ] {
        let own = policy(name).next_step(&task(digit), &[]).unwrap_err();
        let found = older(name, &hostile(name)).next_step(&task(digit), &[]).unwrap_err();
        match (&own, &found) {
            // How much memory it asked for in one step may differ.
            (CallError::OutOfMemory { limit, of, .. }, CallError::OutOfMemory { limit: limited, of: what, .. }) => {
                assert_eq!((limit, of), (limited, what), "{name} {digit}");
            }
            _ => assert_eq!(found, own, "{name} {digit}"),
        }
    }
    let error = NEWER.load("describes_for_ever", &hostile("describes_for_ever")).unwrap_err();
    assert!(format!("{:#}", anyhow::Error::new(error)).contains("units of fuel"));
}

#[test]
fn it_gets_its_settings_and_the_times() {
    let settings = || Some(serde_json::from_value::<Settings>(serde_json::json!({ "attempts": 2 })).unwrap());
    let (own, older) = (policy("uses_settings"), older("uses_settings", &hostile("uses_settings")));
    let mut history = read_both();
    (history[0].asked_at, history[0].answered_at) = (5, u64::MAX);
    let [expected, found] = [&*own, &older]
        .map(|policy| policy.with_settings(settings()).unwrap().next_step(&task(1), &history).unwrap().step);
    let Step::Failed(Failed { reasons, .. }) = &found else { panic!("{found:?}") };
    assert_eq!(reasons[0].data.as_deref(), Some(r#"{"attempts":2}"#));
    assert_eq!(found, expected);
}

#[test]
fn the_smaller_contract_is_another_one_for_a_host_of_its_version() {
    let error = ENGINE.load("one-less", include_bytes!("../../../../tests/contract/one-less/policy.wasm")).unwrap_err();
    assert!(matches!(error, LoadError::OtherTypes { .. }), "{error:?}");
    let policy = one_less();
    assert_eq!((policy.description().contract.as_str(), policy.world()), ("1.0.0", World::MovePolicy));
    assert_eq!(policy.description().tasks, [TaskKind::Move, TaskKind::Replace]);
}

#[test]
fn a_component_with_other_types_is_no_older_one() {
    let other_case = renamed(&built("standard"), "nothing-to-move", "nothing-to-lose");
    for (component, words) in [
        (wat("other_types"), "`next-step` has another number of parameters or results"),
        (wat("no_function"), "it exports no function `describe`"),
        (other_case, "step.finished: finished.outcome: outcome: the contract has no case `nothing-to-lose`"),
    ] {
        let error = NEWER.load("wrong", &component).unwrap_err();
        assert!(matches!(error, LoadError::OtherTypes { .. }) && error.to_string().contains(words), "{error}");
    }
}

/// The scenarios of the kinds that the smaller contract has.
fn of_one_less() -> impl Iterator<Item = &'static Scenario> {
    let offered = [TaskKind::Move, TaskKind::Replace];
    built_in().iter().filter(move |scenario| offered.contains(&scenario.task.kind()))
}

#[test]
fn a_policy_of_the_smaller_contract_decides_whole_tasks() {
    let policy = one_less();
    let report = crate::registry::promotion::conformance(&policy);
    let failed: Vec<_> = report.failed.iter().filter(|failed| failed.offered).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(report.passed.len(), of_one_less().count());
    assert!(report.passed.len() > 20, "{:?}", report.passed);
}

#[test]
fn an_open_task_goes_on_beside_a_policy_of_the_newer_version() {
    let newer = NEWER.load("standard", &of_version(&built("standard"), "1.1.0")).unwrap();
    let older = one_less();
    let mut continued = 0;
    for scenario in of_one_less() {
        let whole = play(&older, scenario);
        let mut answered = 0;
        for step in &whole.steps {
            // The service restarts here: the newer policy decides another task before the open one goes on.
            play(&newer, scenario);
            assert_eq!(
                &older.next_step(&scenario.task, &whole.history[..answered]).unwrap().step,
                step,
                "{}",
                scenario.name
            );
            if let Step::Perform(perform) = step {
                answered += perform.effects.len();
            }
            continued += 1;
        }
    }
    assert!(continued > 50, "only {continued} places");
}

/// The failure of the task and the text of its only reason; the policy was not called.
fn not_called(task: &Task, history: &[Exchange]) -> (Failure, String) {
    let decision = one_less().next_step(task, history).unwrap();
    assert_eq!(decision.fuel_used, 0, "{decision:?}");
    let Step::Failed(Failed { failure, reasons }) = decision.step else { panic!("{decision:?}") };
    let [reason] = &*reasons else { panic!("{reasons:?}") };
    (failure, swaparoo_core::describe::reason(reason))
}

#[test]
fn a_kind_of_task_that_its_version_lacks_is_unsupported() {
    let revert = Task::Revert(RevertTask { server: consumer(9), migration: consumer(1) });
    assert!(!one_less().has_rules_for(&revert), "it is not offered");
    let (failure, why) = not_called(&revert, &[]);
    assert_eq!(failure, Failure::UnsupportedTask(UnsupportedTask { task: TaskKind::Revert }));
    assert_eq!(why, "its version of the contract does not have the task `revert`");
}

#[test]
fn a_history_that_its_version_cannot_have_diverges_at_its_first_such_exchange() {
    let put = Effect::PutAllocations(PutAllocations {
        holding: NewHolding {
            consumer: consumer(1),
            project: "p".into(),
            user: "u".into(),
            generation: None,
            allocations: Vec::new(),
        },
        mappings: Vec::new(),
        version: "1.36".into(),
    });
    let [first, second] = read_both().try_into().unwrap();
    let silence = Silence { detail: String::new() };
    for (exchange, asked, what) in [
        (Exchange::new(put, Reply::Written), None, "effect `put-allocations`"),
        (
            Exchange::new(first.effect.clone(), Reply::Abandoned(silence)),
            Some(first.effect.clone()),
            "reply `abandoned`",
        ),
    ] {
        let (failure, why) = not_called(&task(1), &[second.clone(), exchange]);
        assert_eq!(failure, Failure::Diverged(Diverged { index: 1, asked }));
        assert_eq!(why, format!("its version of the contract does not have the {what}"));
    }
}

#[test]
fn a_field_that_its_version_lacks_is_left_out_of_a_reply() {
    let scenario = of_one_less().find(|scenario| {
        play(&one_less(), scenario).history.iter().any(|exchange| matches!(exchange.reply, Reply::Server(_)))
    });
    let scenario = scenario.unwrap();
    let run = play(&one_less(), scenario);
    let with = |details: Option<ServerDetails>| {
        let mut history = run.history.clone();
        for exchange in &mut history {
            if let Reply::Server(answer) = &mut exchange.reply {
                answer.details = details.clone();
            }
        }
        one_less().next_step(&scenario.task, &history).unwrap()
    };
    let details = ServerDetails {
        host: Some("a".into()),
        node: Some("a".into()),
        vm_state: None,
        task_state: None,
        flavor: None,
        migrations: Some(Vec::new()),
    };
    assert_eq!(with(Some(details)), with(None));
}
