//! The built-in scenarios, played by each policy.

use std::collections::BTreeMap;

use swaparoo_debugger::change::Change;
use swaparoo_debugger::opened_task::{OpenedTask, Source};
use swaparoo_debugger::scenarios;
use swaparoo_sim::scenario::{STORIES, Scenario, ScenarioEvent, read};

use super::{POLICIES, play, scenario, summary};

fn in_the_file() -> Vec<Scenario> {
    read(STORIES).unwrap()
}

/// The page's first module has the file as constants; see `build.rs`.
#[test]
fn each_is_the_one_in_the_file() {
    let all = in_the_file();
    assert_eq!(all.len(), scenarios::ALL.len());
    for (one, view) in all.iter().zip(scenarios::ALL) {
        let (opened, page) = (scenario(view.id), one.page.as_ref().unwrap());
        assert_eq!((one.name.as_str(), page.title.as_str()), (view.id, view.title));
        assert_eq!((page.text.as_str(), page.policy.as_str()), (view.text, view.policy), "{}", view.id);
        let change = |event: &ScenarioEvent| Change::at(&event.effect, event.nth.unwrap(), &event.what);
        assert_eq!(opened.scenario_changes, one.events.iter().map(change).collect::<Vec<_>>(), "{}", view.id);
        assert_eq!(opened.task, one.task, "{}", view.id);
        assert_eq!(format!("{:?}", opened.cloud), format!("{:?}", one.cloud), "{}", view.id);
    }
}

/// The end under each policy, and what is wrong then.
#[test]
fn each_ends_as_its_file_says() {
    for one in in_the_file() {
        let ends = POLICIES.map(|policy| (policy.to_owned(), summary(&play(&scenario(&one.name), policy, &[]))));
        assert_eq!(BTreeMap::from(ends), one.ends, "{}", one.name);
    }
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
