//! Records: the recorded exchanges stay as they are, until something is changed.

use std::path::Path;

use serde::Deserialize;
use swaparoo_contract::{Exchange, Reply, ServerAnswer, ServerState, Task};
use swaparoo_debugger::change::Change;

use super::{POLICIES, history, play, record, scenario, summary};

/// A line of the file that the tests' crate writes; see its module `identity`.
#[derive(Deserialize)]
struct Recorded {
    policy: String,
    scene: String,
    end: String,
    task: Task,
    history: Vec<Exchange>,
}

fn recorded() -> Vec<Recorded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("SWAPAROO_IDENTITY");
    let file = named.map_or_else(|| root.join("target/identity.jsonl"), |file| root.join(file));
    let text = std::fs::read_to_string(file).expect("the recorded tasks are missing; run `cargo xtask test`");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_record_under_its_own_policy_is_shown_as_it_was() {
    let all = recorded();
    assert_eq!(all.len(), 1_000);
    for Recorded { policy, scene, end, task, history: there } in all {
        let run = play(&record(task, there.clone()), &policy, &[]);
        assert_eq!(history(&run), there, "{scene} under {policy}");
        assert!(run.exchanges.iter().all(|exchange| exchange.recorded), "{scene} under {policy}");
        assert_eq!((run.leaves_record_at, &run.end.name), (None, &end), "{scene} under {policy}");
    }
}

#[test]
fn a_record_of_a_story_ends_as_the_story() {
    // If rules do not ask whether the server exists, their record does not show that it is gone.
    let asked = ["bug-1848343", "lost-answer", "placement-away"].map(|id| (id, "standard"));
    let alive = ["live-server", "resize"].into_iter().flat_map(|id| POLICIES.map(|policy| (id, policy)));
    for (id, policy) in asked.into_iter().chain(alive) {
        let run = play(&scenario(id), policy, &[]);
        let replayed = play(&record(run.task.clone(), history(&run)), policy, &[]);
        let asked = run.exchanges.iter().any(|exchange| exchange.kind == "find-server");
        // The verdict on a started migration does not need anything that this task should have read.
        let expected =
            if asked || run.end.name == "started" { summary(&run) } else { format!("{} unknown", run.end.name) };
        assert_eq!(summary(&replayed), expected, "{id} under {policy}");
    }
}

#[test]
fn a_change_leaves_the_record_where_it_is() {
    let run = play(&scenario("live-server"), "nova-34", &[]);
    let opened = record(run.task.clone(), history(&run));
    let at = run.exchanges.iter().position(|exchange| exchange.kind == "select-destinations").unwrap();
    let fork = play(&opened, "nova-34", &[Change::at("select-destinations", 1, "server-deleted")]);
    assert_eq!((fork.leaves_record_at, summary(&fork).as_str()), (Some(at), "no-valid-host leak"));
    assert!(fork.exchanges[..at].iter().all(|exchange| exchange.recorded));
    assert!(fork.exchanges[at..].iter().all(|exchange| !exchange.recorded));
    assert_eq!(fork.exchanges[at].happened.len(), 1);
}

#[test]
fn a_reply_by_hand_is_that_reply() {
    let reply = Reply::Server(ServerAnswer { state: ServerState::Gone, details: None });
    let change = Change { reply: Some(reply.clone()), ..Change::at("find-server", 1, "") };
    let fork = play(&scenario("live-server"), "standard", std::slice::from_ref(&change));
    let there = fork.exchanges.iter().find(|exchange| exchange.kind == "find-server").unwrap();
    assert_eq!((&there.reply, there.happened.as_slice()), (&reply, &["answered by hand".to_owned()][..]));
    assert!(fork.end.text.contains("the server does not exist any more"), "{}", fork.end.text);
}

#[test]
fn a_change_whose_place_never_comes_is_told() {
    let never = [Change::at("find-server", 99, "server-deleted"), Change::at("find-cell", 1, "lost-done")];
    let run = play(&scenario("live-server"), "standard", &never);
    assert_eq!(run.unused, never);
}
