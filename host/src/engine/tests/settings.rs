//! What a policy gets beside its task: its settings, and the times of the exchanges.

use serde_json::{Value, json};

use super::*;
use crate::clients::placement::{Embedded, Placement};
use crate::contract::{Failed, Reason, ServerState, Step};
use crate::drive::go_on;
use crate::engine::Settings;
use crate::executor::{LiveExecutor, NovaSource};
use crate::failure::Failure;
use crate::task_clock::TaskClock;

/// The policy with these settings; the error if it cannot have them.
fn with(settings: Value) -> Result<Policy, String> {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    policy("uses_settings").with_settings(Some(settings)).map_err(|error| error.to_string())
}

/// The data of the reason with this code, as the policy gave it for this history.
fn given(policy: &Policy, history: &[Exchange], code: &str) -> Option<String> {
    let Step::Failed(Failed { reasons, .. }) = policy.next_step(&task(1), history).unwrap().step else {
        panic!("the policy fails after its first effect");
    };
    reasons.into_iter().find(|reason: &Reason| reason.code == code).unwrap().data
}

#[test]
fn a_policy_gets_settings_that_conform_to_its_schema() {
    let settings = json!({ "attempts": 3, "another": "b" });
    let text = settings.to_string();
    assert_eq!(given(&with(settings).unwrap(), &read_both(), "settings"), Some(text));
    assert_eq!(given(&policy("uses_settings"), &read_both(), "settings"), None);
    let error = with(json!({ "attempts": 0 })).unwrap_err();
    assert!(error.starts_with("the settings do not fit the policy hostile: ") && error.contains("attempts"), "{error}");
    let none = policy("standard").with_settings(Some(serde_json::from_value(json!({})).unwrap()));
    assert_eq!(none.unwrap_err().to_string(), "the policy standard has no settings: leave them out");
}

#[test]
fn a_policy_gets_the_times_of_the_history() {
    let mut history = read_both();
    history[1].asked_at = 5;
    history[1].answered_at = u64::from(u32::MAX) + 7;
    let times = given(&policy("uses_settings"), &history, "times");
    assert_eq!(times.as_deref(), Some(r#"{"times":[[0,0],[5,4294967302]]}"#));
}

#[tokio::test]
async fn the_loop_measures_the_times() {
    let placement = Placement::Embedded(Embedded::new(swaparoo_placement::Placement::default()));
    let executor = LiveExecutor { placement, nova: NovaSource::Reported(ServerState::Unknown), caller: None };
    let policy = policy("uses_settings");
    for (clock, measured) in [(TaskClock::Since(0), true), (TaskClock::Off, false)] {
        let run = go_on(&policy, &task(1), Vec::new(), clock, &executor, &mut ()).await;
        let [read] = &run.history[..] else { panic!("{:?}", run.history) };
        assert_eq!((read.asked_at > 0, read.answered_at >= read.asked_at), (measured, true), "{read:?}");
        let failure = run.end.unwrap_err();
        assert!(matches!(failure, Failure::Policy(..)) && failure.needs_a_person(), "{failure:?}");
        assert_eq!((failure.code(), failure.label()), ("other".into(), "other-needs-operator".into()));
        assert_eq!(failure.detail(), "all-told: it has nothing else to do");
    }
}
