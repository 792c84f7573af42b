//! What `cargo xtask demo fleet` shows: three runners, a kill, and a migration that goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{folders, start};
use crate::service::conductor::{Conductor, Scheduling};
use crate::service::placement_fixture::PlacementFixture;
use crate::service::serve::{Answer, Serve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_goes_on_after_its_runner_was_killed() {
    let placement = Arc::new(PlacementFixture::real().await);
    let destination = placement.another_node().await;
    let folders = folders::<3>(&placement).await;
    let runners = folders.each_ref().map(start);
    println!("\nThree runners on one PostgreSQL, with the real Placement\n");
    show(&runners[0]).await;
    let mut conductor = Conductor::new(&placement, &destination, Scheduling::Found).await;
    let body = conductor.resize();
    println!("A conductor sends a resize to runner 1. It asks the conductor's part of nova:");
    let mut view = runners[0].try_post("/v1/tasks?wait=60", "resize", &body).await.unwrap();
    let mut next = [1, 2].into_iter().cycle();
    while !asks(&view, "select-destinations") {
        view = answer(&runners, &mut next, &mut conductor, &view).await;
    }
    println!("\nkill -9 of runner 1, while the conductor waits for the scheduler\n");
    runners[0].process().kill();
    let killed = Instant::now();
    let path = format!("/v1/tasks/{}?wait=60", view.text("/id"));
    let mut taken = runners[1].get(&path).await;
    while taken.status != 200 || !asks(&taken, "select-destinations") {
        tokio::time::sleep(Duration::from_millis(100)).await;
        taken = runners[1].get(&path).await;
    }
    println!(
        "after {:.1} s another runner has the task, and asks the same question again\n",
        killed.elapsed().as_secs_f64()
    );
    show(&runners[1]).await;
    view = taken;
    while view.text("/state") == "waiting" {
        view = answer(&runners, &mut next, &mut conductor, &view).await;
    }
    let holds = conductor.holds().await;
    println!("\nThe task ends: {}. In Placement now:", view.end().1);
    println!("  the server       {} VCPU of the destination", holds[1]);
    println!("  the migration    {} VCPU of the source, until the resize is confirmed", holds[2]);
    assert_eq!((view.end(), holds), (("finished", "started"), [0, 3, 2]), "{}", view.body);
}

fn asks(view: &Answer, effect: &str) -> bool {
    let waiting = view.body["waiting_for"].as_array();
    waiting.is_some_and(|waiting| waiting.iter().any(|question| question["effect"]["kind"] == effect))
}

/// Answers the questions of a task, each at the next runner, and returns the task as it is then.
async fn answer(
    runners: &[Serve; 3],
    next: &mut impl Iterator<Item = usize>,
    conductor: &mut Conductor,
    view: &Answer,
) -> Answer {
    let id = view.text("/id").to_owned();
    for question in view.body["waiting_for"].as_array().unwrap() {
        let reply = json!({ "index": question["index"], "reply": conductor.answer(&id, question).await });
        let runner = next.next().unwrap();
        let answered = runners[runner].post(&format!("/v1/tasks/{id}/replies"), &reply).await;
        assert_eq!(answered.status, 200, "{question} {reply}: {}", answered.body);
        let kind = question["effect"]["kind"].as_str().unwrap();
        println!("  {:>2}. {kind:<24} answered at runner {}", question["index"], runner + 1);
    }
    runners[next.next().unwrap()].get(&format!("/v1/tasks/{id}?wait=60")).await
}

/// The runners as one of them lists them.
async fn show(runner: &Serve) {
    println!("  runner  state    open tasks  taken over");
    for (number, one) in runner.get("/v1/runners").await.body["runners"].as_array().unwrap().iter().enumerate() {
        let text = |name: &str| one[name].as_str().map_or_else(|| one[name].to_string(), str::to_owned);
        let [state, open, taken] = ["state", "open_tasks", "taken_over"].map(text);
        println!("  {:<6}  {state:<8} {open:>10}  {taken:>10}", number + 1);
    }
    println!();
}
