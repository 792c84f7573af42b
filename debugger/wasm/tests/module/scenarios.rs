//! The built-in scenarios, played by each policy.

use swaparoo_debugger::opened_task::{OpenedTask, Source};
use swaparoo_debugger::scenarios;

use super::{POLICIES, play, scenario, told};

/// By scenario: how it ends under each policy, and what is wrong then.
const ENDS: [(&str, [&str; 3]); 7] = [
    ("bug-1848343", ["no-valid-host", "no-valid-host", "no-valid-host leak"]),
    ("live-server", ["no-valid-host", "no-valid-host loss", "no-valid-host"]),
    ("lost-answer", ["no-valid-host", "no-valid-host loss leak", "no-valid-host loss leak"]),
    ("double-move", ["already-moved", "source-deleted loss", "allocation-move-failed"]),
    ("conductor-killed", ["abandoned", "abandoned loss leak", "abandoned loss leak"]),
    ("placement-away", ["no-valid-host", "no-valid-host loss leak", "no-valid-host loss leak"]),
    ("resize", ["started", "started", "started"]),
];

#[test]
fn each_ends_as_expected() {
    let ends = scenarios::ALL.map(|one| (one.id, POLICIES.map(|policy| told(&play(&scenario(one.id), policy, &[])))));
    let ends = ends.each_ref().map(|(id, ends)| (*id, ends.each_ref().map(String::as_str)));
    assert_eq!(ends, ENDS);
}

#[test]
fn each_is_worth_seeing_under_its_policy() {
    for one in scenarios::ALL {
        let run = play(&scenario(one.id), one.policy, &[]);
        // In two scenarios nothing goes wrong, or the policy handles the fault.
        let right = ["resize", "double-move"].contains(&one.id);
        assert_eq!(run.verdict.violations.is_empty(), right, "{}", one.id);
        assert_eq!(play(&scenario(one.id), "standard", &[]).verdict.kind, "right", "{} under standard", one.id);
    }
}

#[test]
fn a_run_is_complete() {
    for (id, policy) in scenarios::ALL.iter().flat_map(|one| POLICIES.map(|policy| (one.id, policy))) {
        let run = play(&scenario(id), policy, &[]);
        assert_eq!(run.snapshots.len(), run.exchanges.len() + 1, "{id} under {policy}");
        assert_eq!((run.leaves_record_at, run.unused.len()), (None, 0), "{id} under {policy}");
        let counted: usize = run.steps.iter().map(|step| step.count).sum();
        assert_eq!(counted, run.exchanges.len(), "{id} under {policy}");
        for violation in &run.verdict.violations {
            assert!(
                violation.since.is_none_or(|since| since < run.exchanges.len()),
                "{id} under {policy}: {violation:?}"
            );
            assert!(run.providers.iter().any(|provider| provider.id == violation.provider), "{id} under {policy}");
        }
    }
}

#[test]
fn bug_1848343_goes_wrong_at_the_write_that_gives_the_deleted_server_its_allocations() {
    let run = play(&scenario("bug-1848343"), "nova-34", &[]);
    let since = run.verdict.violations[0].since.unwrap();
    assert_eq!((run.verdict.violations[0].kind, run.exchanges[since].kind), ("leak", "post-allocations"));
    assert_eq!(run.exchanges[since].nth, 2);
}

#[test]
fn an_unknown_scenario_is_named() {
    let error = OpenedTask::of(Source::Scenario { id: "no-such".into() }).unwrap_err();
    assert_eq!(error, r#"no story is named "no-such""#);
}
