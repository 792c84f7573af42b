//! The scenarios of `tests/scenarios/`: the steps of nova's conductor in a migration, and its exceptions; and
//! properties of the rules' histories that hold for every scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use swaparoo::contract::{Effect, Exchange, Failure, Reply, Step, Traits};
use swaparoo_plugin::policies;
use swaparoo_tests::native::Native;
use swaparoo_tests::scenarios::{Played, Scenario, all, play};

/// `SWAPAROO_UPDATE=1` writes the effects into the files, for a person to review; the ends are not written.
fn updating() -> bool {
    std::env::var_os("SWAPAROO_UPDATE").is_some()
}

fn each(mut look: impl FnMut(&Path, &Scenario, &str, &Played)) {
    for (file, scenario) in all() {
        for policy in &scenario.policies {
            look(&file, &scenario, policy, &play(&scenario, policy));
        }
    }
}

/// Compares only the fields of the end that the file names.
fn fits(expected: &BTreeMap<String, Value>, found: &BTreeMap<String, Value>) -> bool {
    expected.iter().all(|(field, value)| found.get(field) == Some(value))
}

#[test]
fn each_scenario_matches_its_file() {
    let mut wrong = Vec::new();
    each(|file, scenario, policy, played| {
        let name = format!("{} under {policy}: {}", file.display(), scenario.title);
        if updating() && scenario.policies[0] == policy {
            let updated = Scenario { asks: played.asks.clone(), ..scenario.clone() };
            std::fs::write(file, serde_json::to_string_pretty(&updated).unwrap() + "\n").unwrap();
        } else if played.asks != scenario.asks {
            let at = played.asks.iter().zip(&scenario.asks).take_while(|(is, should)| is == should).count();
            let (is, should) = (played.asks.get(at), scenario.asks.get(at));
            wrong.push(format!("{name}\n  step {at} asks {is:?}, and should ask {should:?}"));
        }
        if !played.unasked.is_empty() {
            wrong.push(format!("{name}\n  {:?} is not requested, but the file has an entry for it", played.unasked));
        }
        if !fits(&scenario.ends, &played.ends) {
            wrong.push(format!("{name}\n  ends {:?},\n  should {:?}", played.ends, scenario.ends));
        }
        if played.holds != scenario.holds {
            wrong.push(format!("{name}\n  at the end {:?} hold,\n  should {:?}", played.holds, scenario.holds));
        }
    });
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn there_are_scenarios_of_every_rule_outcome_and_failure() {
    let mut said = BTreeSet::new();
    let mut files = 0;
    for (_, scenario) in all() {
        files += 1;
        for policy in &scenario.policies {
            let played = play(&scenario, policy);
            said.extend(
                ["finished", "failed"].iter().filter_map(|how| played.ends.get(*how)?.as_str().map(str::to_owned)),
            );
            for reason in &played.reasons {
                said.insert(reason.code.clone());
            }
        }
    }
    assert!(files >= 80, "only {files} scenarios");
    let missing: Vec<&str> = WANTED.iter().copied().filter(|wanted| !said.contains(*wanted)).collect();
    assert!(missing.is_empty(), "no scenario has {missing:?}");
}

/// The contract's outcomes, failures and rules of a migration, and the reasons that only a migration has. Without ends
/// that only `replace` has, and without `diverged`, which other tests cover.
#[rustfmt::skip]
const WANTED: [&str; 70] = [
    "moved", "already-moved", "source-deleted", "target-deleted", "nothing-to-move", "started", "released",
    "reduced", "nothing-held", "aborted",
    "allocation-move-failed", "allocation-delete-failed", "allocation-retrieval-failed", "out-of-retries", "refused",
    "malformed-answer", "other", "unreachable", "undecided", "unsettled", "leaked", "orphan-in-the-way",
    "no-valid-host", "max-retries-exceeded", "nova-failed", "abandoned", "not-rolled-back", "cast-unsettled",
    "still-in-use",
    "reset-forced-destinations", "setup-instance-group", "populate-retry", "get-port-requests",
    "restrict-request-spec-to-cell", "preallocate-migration", "heal-request-spec", "schedule",
    "support-resource-request", "get-host-supporting-request", "reschedule", "claim-resources",
    "fill-provider-mapping", "populate-filter-properties", "prep-resize", "rollback", "find-destination",
    "claim-resources-on-destination", "live-migration",
    "migration-reused", "host-too-old", "host-not-claimed", "host-not-claimable", "destination-unfit",
    "rolling-back", "status-not-saved", "rollback-waits", "cast-unanswered", "compute-has-begun",
    "migration-has-ended", "server-is-gone", "server-is-present", "server-is-unknown",
    "server-is-being-deleted", "placement-forgot-target", "recreate-target", "lost-write-was-done", "orphan-target",
    "server-error", "read-again", "write-as-read",
];

/// The names and the JSON forms are generated separately, so this compares them.
#[test]
fn names_are_those_of_the_json() {
    each(|file, _, policy, played| {
        let kind = |value: serde_json::Value| value["kind"].as_str().unwrap().to_owned();
        let native = Native::new(policies::named(policy).unwrap(), &played.task);
        let mut pairs: Vec<(&str, serde_json::Value)> = Vec::new();
        for Exchange { effect, reply, .. } in &played.history {
            pairs.push((effect.name(), serde_json::to_value(effect).unwrap()));
            pairs.push((reply.name(), serde_json::to_value(reply).unwrap()));
        }
        let end = native.after(&played.history).step();
        match &end {
            Step::Finished(end) => pairs.push((end.outcome.name(), serde_json::to_value(&end.outcome).unwrap())),
            Step::Failed(end) => pairs.push((end.failure.name(), serde_json::to_value(&end.failure).unwrap())),
            Step::Perform(_) => panic!("{}: no end", file.display()),
        }
        for (name, value) in pairs {
            assert_eq!(name, kind(value), "{}", file.display());
        }
    });
}

#[test]
fn a_history_can_be_replayed_from_any_point() {
    each(|file, _, policy, played| {
        let name = file.display();
        let native = Native::new(policies::named(policy).unwrap(), &played.task);
        for at in 0..played.history.len() {
            let (so_far, rest) = played.history.split_at(at);
            let Step::Perform(perform) = native.after(so_far).step() else { panic!("{name}: ended at {at}") };
            let recorded: Vec<&Effect> = rest.iter().map(|exchange| &exchange.effect).collect();
            assert!(perform.effects.iter().eq(recorded.into_iter().take(perform.effects.len())), "{name}: at {at}");
        }
    });
}

/// Once one reply of a step, or the rule itself, has ended the attempt, the other replies of this step are not read.
fn may_go_unread(history: &[Exchange], at: usize) -> bool {
    const STEP: usize = 3;
    let before = &history[at.saturating_sub(STEP - 1)..at];
    at + STEP >= history.len()
        || before.iter().any(|before| matches!(before.reply, Reply::NovaError(_) | Reply::Abandoned(_)))
}

/// A reply of a wrong kind is noticed at its index.
#[test]
fn a_reply_of_a_wrong_kind_diverges_at_its_place() {
    each(|file, _, policy, played| {
        let native = Native::new(policies::named(policy).unwrap(), &played.task);
        for (at, exchange) in played.history.iter().enumerate() {
            let mut history = played.history.clone();
            let traits = Reply::Traits(Traits { traits: Vec::new() });
            let other = if matches!(exchange.effect, Effect::GetProviderTraits(_)) { Reply::Written } else { traits };
            history[at] = Exchange { reply: other, ..exchange.clone() };
            let step = native.after(&history).step();
            if may_go_unread(&played.history, at) && step == native.after(&played.history).step() {
                continue;
            }
            let Step::Failed(failed) = &step else { panic!("{}: at {at}: {step:?}", file.display()) };
            let Failure::Diverged(diverged) = &failed.failure else { panic!("{}: at {at}: {step:?}", file.display()) };
            assert_eq!(diverged.index as usize, at, "{}", file.display());
        }
    });
}

/// The rules and scenarios in docs/rules.md exist.
#[test]
fn the_table_of_rules_names_existing_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(root.join("docs/rules.md")).unwrap();
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut rules = BTreeSet::new();
    for row in page.lines().filter(|line| line.contains("`rules/")) {
        let cells: Vec<&str> = row.split('|').collect();
        let ([file], [function]) = (quoted(cells[3]).try_into().unwrap(), quoted(cells[4]).try_into().unwrap());
        let (file, function): (String, String) = (file, function);
        let source = std::fs::read_to_string(root.join("plugin/src").join(&file)).unwrap_or_else(|_| panic!("{row}"));
        let starts = ["(", "<"].map(|after| format!("fn {function}{after}"));
        assert!(starts.iter().any(|start| source.contains(start)), "{file} has no {function}");
        let scenarios = quoted(cells[5]);
        assert!(!scenarios.is_empty(), "{row}");
        rules.insert(file);
        scenarios.iter().for_each(|name| is_there(root, name));
    }
    for row in page.lines().filter(|line| line.contains("`test_")) {
        quoted(row.split('|').nth(2).unwrap()).iter().for_each(|name| is_there(root, name));
    }
    let folder = std::fs::read_dir(root.join("plugin/src/rules/migration")).unwrap();
    let files = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
    // Files that do not correspond to a method of nova.
    let own = ["mod.rs", "cause.rs", "check_not_begun.rs", "progress.rs", "server_facts.rs", "supersede_lost_write.rs"];
    let unnamed: Vec<String> = files
        .filter(|file| !own.contains(&file.as_str()) && !rules.contains(&format!("rules/migration/{file}")))
        .collect();
    assert!(unnamed.is_empty(), "docs/rules.md does not contain {unnamed:?}");
}

fn is_there(root: &Path, scenario: &str) {
    let file = root.join("tests/scenarios").join(scenario).with_extension("json");
    assert!(file.exists(), "the scenario {scenario} does not exist");
}
