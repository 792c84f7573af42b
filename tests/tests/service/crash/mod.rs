//! kill -9 at every point of every kind of task. After a restart the task ends under the rules that it began with, its
//! allocations exist once, at the consumer of the outcome, each write that was sent is recorded, and each acknowledged
//! answer is kept.

mod caller;
mod killed_service;
pub mod moment;
mod plan;
mod round;
mod scenario;
pub mod service_run;

use swaparoo_tests::sample::{self, size};
use tokio::task::JoinSet;

use super::placement_fixture::PlacementFixture;
use killed_service::KilledService;
use plan::Plan;
use round::Round;
use scenario::{NOVA_34, SEED, STANDARD};

/// The number of services that are killed in parallel.
const SERVICES: usize = 3;

/// The Placement that is used.
#[derive(Debug, Clone, Copy)]
enum On {
    TheModel,
    TheRealPlacement,
}

/// Plays all rounds under `rules`, with `other` as the rules to switch to.
async fn kills(on: On, rules: &'static str, other: &'static str, plan: Plan) {
    let mut services = JoinSet::new();
    for nth in 0..SERVICES {
        let rounds: Vec<_> = plan.rounds.iter().skip(nth).step_by(SERVICES).cloned().collect();
        services.spawn(play_rounds(on, [rules, other], rounds));
    }
    let kills = services.join_all().await;
    let [all, in_the_middle] = [0, 1].map(|of| kills.iter().map(|kills| kills[of]).sum::<usize>());
    sample::say(&format!("{all} kills under {rules}, {in_the_middle} of them during a task"));
    assert!(in_the_middle * 2 > all, "too few kills interrupted a task: {in_the_middle} of {all}");
}

async fn play_rounds(on: On, rules: [&str; 2], rounds: Vec<Round>) -> [usize; 2] {
    let placement = match on {
        On::TheModel => PlacementFixture::model().await,
        On::TheRealPlacement => PlacementFixture::real().await,
    };
    let mut service = KilledService::begin(placement, rules).await;
    for round in &rounds {
        service.play(round).await;
    }
    let kills = service.kills;
    service.end(rounds.len()).await;
    kills
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_anywhere_on_the_model() {
    kills(On::TheModel, "standard", "nova-34", Plan::of(STANDARD).each(1).drawn(size(4, 30)).at_least(size(16, 300)))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_anywhere_on_the_real_placement() {
    kills(On::TheRealPlacement, "standard", "nova-34", Plan::of(STANDARD).each(1).at_least(size(14, 280))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_again_while_it_goes_on() {
    kills(On::TheModel, "standard", "nova-34", Plan::of(STANDARD).drawn_twice(size(8, 50))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_under_the_rules_of_nova_34() {
    kills(On::TheModel, "nova-34", "standard", Plan::of(NOVA_34).each(1).drawn_twice(size(1, 5))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_under_the_rules_of_the_seed() {
    kills(On::TheModel, "seed", "standard", Plan::of(SEED).each(1).drawn_twice(size(1, 5))).await;
}
