//! Policies that claim false outcomes, and that write values that their history does not contain.

use super::*;
use crate::clients::placement::{Embedded, Placement};
use crate::drive::{Run, drive};
use crate::executor::{LiveExecutor, NovaSource};

const NODE: &str = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

/// Runs a swap whose source holds 2 VCPU.
async fn run(name: &str, digit: u8) -> Run {
    use swaparoo_placement::{Consumer, Inventory, Provider};
    let mut model = swaparoo_placement::Placement::default();
    model.add_provider(NODE, Provider::named("node").with("VCPU", Inventory::of(16))).unwrap();
    model.add_consumer(&consumer(digit), Consumer::of("project", "user").holding(NODE, "VCPU", 2)).unwrap();
    let placement = Placement::Embedded(Embedded::new(model));
    let executor =
        LiveExecutor { placement, nova: NovaSource::Reported(crate::contract::ServerState::Unknown), caller: None };
    drive(&policy(name), &task(digit), &executor, &mut ()).await
}

#[tokio::test]
async fn an_end_that_the_history_does_not_show_is_the_policys_fault() {
    let (digit, target) = (consumer, consumer(9));
    for (claim, outcome, why) in [
        (0, "moved", "it names \"99999999-9999-4999-8999-999999999999\" where the task has 91111111".to_owned()),
        (1, "moved", format!("it says that {} holds nothing, but it was neither read nor written", digit(1))),
        (2, "moved", format!("it says that {} holds nothing, but it last held 2 VCPU on {NODE}", digit(2))),
        (
            3,
            "moved",
            format!("it says that {target} holds 2 VCPU on {NODE}; 7 VCPU on {NODE}, but it last held 2 VCPU"),
        ),
        (4, "source-deleted", format!("it says that {} holds nothing, but it was neither read nor written", digit(4))),
        (5, "nothing-to-move", format!("it says that {} holds nothing, but it was neither read nor written", digit(5))),
        (6, "already-moved", format!("it says that {target} holds 2 VCPU on {NODE}, but it last held nothing")),
        (7, "started", "it is not an outcome of a task of kind move".to_owned()),
    ] {
        let failure = run("lies", claim).await.end.expect_err(outcome);
        assert_eq!(failure.code(), "unfounded-end", "{claim}: {failure:?}");
        let said = format!("the policy ended with `{outcome}`, which the task's history does not show: {why}");
        assert!(failure.detail().starts_with(&said), "{claim}: {}", failure.detail());
        let json = serde_json::to_value(&failure).unwrap();
        assert_eq!((&json["code"], &json["data"]), (&"unfounded-end".into(), &serde_json::Value::Null));
    }
}

#[tokio::test]
async fn a_write_that_the_history_does_not_show_is_not_sent() {
    let owner = "but the history shows project \"project\" with user \"user\"";
    let (of_node, of_other) = (format!("2 VCPU on {NODE}"), "99999999-9999-4999-8999-999999999999");
    for (digit, what) in [
        (0, format!("allocations for consumer {}", consumer(9))),
        (0, format!("it wrote 2 VCPU on {of_other}, but the history shows nothing of that provider")),
        (1, format!("it wrote 7 VCPU on {NODE}, but the history shows {of_node}")),
        (2, format!("it wrote 2 XVCPU on {NODE}, but the history shows {of_node}")),
        (3, format!("post-allocations with a project for consumer {}", consumer(9))),
        (3, format!("it wrote \"stolen-project\", {owner}")),
        (4, format!("it wrote \"another-user\", {owner}")),
        (5, format!("delete-allocations with a project for consumer {}", consumer(5))),
    ] {
        let run = run("steals", digit).await;
        let failure = run.end.expect_err(&what);
        assert_eq!(failure.code(), "out-of-bounds", "{digit}: {failure:?}");
        assert!(failure.detail().contains(&what), "{digit}: {} does not contain {what}", failure.detail());
        assert!(run.history.iter().all(|exchange| !exchange.effect.is_write()), "{digit}: it was sent");
    }
}

#[tokio::test]
async fn a_policys_text_is_one_printable_line() {
    for digit in [0, 1, 2, 3] {
        let detail = run("writes_escapes", digit).await.end.unwrap_err().detail();
        let acts = |c: char| c.is_control() || "\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}".contains(c);
        assert_eq!(detail.find(acts), None, "{digit}: {detail:?}");
        assert!(digit == 1 || detail.contains("owned\\u{1b}]0;title\\u{7}\\u{9b}2J"), "{digit}: {detail}");
    }
}
