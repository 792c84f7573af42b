//! kill -9 in whole migrations, with the conductor as a client. After a restart the task has the same end as without a
//! kill, its allocations exist once, at the right consumer, and each acknowledged answer is kept.

use std::sync::Arc;

use serde_json::json;
use swaparoo_placement::Method;
use swaparoo_real_placement::Proxy;
use swaparoo_tests::sample;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::chance::Chance;
use super::conductor::{Conductor, Story};
use super::crash::moment::Moment;
use super::crash::victim::Victim;
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};

/// The number of services that are killed in parallel.
const LANES: usize = 3;
/// The number of kills, all with the real Placement: in CI, and at night.
const KILLS: [usize; 2] = [24, 300];
/// The number of moments of each kind in CI.
const OF_A_KIND: usize = 4;

/// One migration with its kills.
#[derive(Debug, Clone)]
struct Round {
    number: usize,
    story: Story,
    moments: Vec<Moment>,
}

/// Every moment at every request and question of a story; moments that are not reached are skipped.
fn moments(story: Story) -> Vec<Moment> {
    let (reads, posts, puts, questions) = match story {
        Story::Found => (3, 1, 0, 13),
        Story::NoHost => (5, 2, 0, 14),
        Story::DeletedAndNoHost | Story::DeletedAndFound => (6, 1, 1, 14),
    };
    let mut all = Vec::new();
    for nth in 1..=reads {
        all.extend([Moment::Unsent(Method::Get, nth), Moment::Unanswered(Method::Get, nth)]);
    }
    for (method, count) in [(Method::Post, posts), (Method::Put, puts)] {
        for nth in 1..=count {
            all.extend([Moment::Unsent(method, nth), Moment::Late(method, nth), Moment::Unanswered(method, nth)]);
        }
    }
    for nth in 1..=questions {
        all.extend([Moment::Asking(nth), Moment::Said(nth)]);
    }
    all
}

/// Each moment of each story once, in CI some of each kind; then random pairs of moments.
fn plan(kills: usize) -> Vec<Round> {
    let mut chance = Chance::of_this_run();
    let each = Story::ALL.into_iter().flat_map(|story| moments(story).into_iter().map(move |one| (story, one)));
    let each: Vec<_> = each.collect();
    let most = sample::size(OF_A_KIND, each.len());
    let some = Moment::some_of_each_kind(each, most, &mut chance);
    let mut rounds: Vec<_> = some.into_iter().map(|(story, one)| (story, vec![one])).collect();
    while rounds.iter().map(|(_, moments)| moments.len()).sum::<usize>() < kills {
        let story = chance.of(&Story::ALL);
        let [first, again] = [0, 0].map(|_| chance.of(&moments(story)));
        rounds.push((story, vec![first, again]));
    }
    rounds.into_iter().enumerate().map(|(number, (story, moments))| Round { number, story, moments }).collect()
}

/// A service with its journal.
struct Lane {
    placement: Arc<PlacementFixture>,
    destination: String,
    /// The proxy in front of the service that is killed.
    killer: Proxy,
    folder: TempDir,
    serve: Option<Arc<Serve>>,
    /// The number of kills that were reached, and of those planned.
    kills: [usize; 2],
}

impl Lane {
    async fn begin() -> Self {
        let placement = Arc::new(PlacementFixture::real().await);
        let destination = placement.another_node().await;
        let killer = Proxy::start(&placement.proxy.url()).await.unwrap();
        Self { placement, destination, killer, folder: tempfile::tempdir().unwrap(), serve: None, kills: [0, 0] }
    }

    /// Starting blocks, while the service sends requests through a proxy that this runtime serves.
    fn start(&self) -> Arc<Serve> {
        tokio::task::block_in_place(|| Arc::new(Serve::start(self.folder.path(), &self.killer.url())))
    }

    async fn play(&mut self, round: &Round) {
        let mut conductor = Conductor::new(&self.placement, &self.destination, round.story).await;
        let asked = [json!(format!("resize {}", round.number)), conductor.resize()];
        for moment in &round.moments {
            self.live_until(*moment, &mut conductor, asked.each_ref()).await;
        }
        let (end, holds) = round.story.ends();
        let told = self.live_on(&mut conductor, asked.each_ref()).await;
        self.check(round, &conductor, &told, (end, holds)).await;
        if round.story == Story::Found {
            let asked = [json!(format!("confirm {}", round.number)), conductor.confirm()];
            let told = self.live_on(&mut conductor, asked.each_ref()).await;
            self.check(round, &conductor, &told, ("released", [0, 3, 0])).await;
        }
    }

    /// Runs the service until that moment, or until the task has ended.
    async fn live_until(&mut self, moment: Moment, conductor: &mut Conductor, asked: [&serde_json::Value; 2]) {
        let victim = Victim::new(None);
        moment.arrange(&self.killer, &victim);
        let serve = self.serve.take().unwrap_or_else(|| self.start());
        victim.is(&serve);
        conductor.see_to_its_end(&serve, asked, Some((moment, &victim))).await;
        serve.process().kill();
        self.killer.forget();
        self.kills[0] += usize::from(victim.was_killed());
        self.kills[1] += 1;
    }

    async fn live_on(&mut self, conductor: &mut Conductor, asked: [&serde_json::Value; 2]) -> Answer {
        let serve = self.serve.take().unwrap_or_else(|| self.start());
        let told = conductor.see_to_its_end(&serve, asked, None).await.expect("an answer");
        self.serve = Some(serve);
        told
    }

    async fn check(&self, round: &Round, conductor: &Conductor, told: &Answer, should: (&str, [u64; 3])) {
        let history = told.body["history"].as_array().unwrap();
        let forgotten = conductor.forgotten(told.text("/id"), history);
        let found = (told.end().1, conductor.holds().await);
        assert!(found == should && forgotten.is_empty(), "{round:?}: {found:?}, {forgotten:?}\n{:#}", told.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_anywhere_in_a_migration_on_the_real_placement() {
    let [in_ci, by_night] = KILLS;
    let wanted = sample::size(in_ci, by_night);
    let rounds = plan(wanted);
    let mut lanes = JoinSet::new();
    for nth in 0..LANES {
        let rounds: Vec<Round> = rounds.iter().skip(nth).step_by(LANES).cloned().collect();
        lanes.spawn(async move {
            let mut lane = Lane::begin().await;
            for round in &rounds {
                lane.play(round).await;
            }
            lane.kills
        });
    }
    let kills = lanes.join_all().await;
    let [came, planned] = [0, 1].map(|of| kills.iter().map(|kills| kills[of]).sum::<usize>());
    sample::say(&format!("{planned} kills in migrations, {came} of them during one"));
    assert!(planned >= wanted && came * 10 >= planned * 8, "{came} of {planned} kills were during a migration");
}
