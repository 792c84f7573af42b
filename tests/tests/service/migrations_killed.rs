//! kill -9 in whole migrations, with the conductor as a client. After a restart the task has the same end as without a
//! kill, its allocations exist once, at the right consumer, and each acknowledged answer is kept.

use std::sync::Arc;

use serde_json::json;
use swaparoo_placement::Method;
use swaparoo_real_placement::Proxy;
use swaparoo_tests::random;
use swaparoo_tests::sample;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::conductor::{Conductor, Scheduling};
use super::crash::moment::Moment;
use super::crash::service_run::ServiceRun;
use super::placement_fixture::PlacementFixture;
use super::serve::{Answer, Serve};

/// The number of services that are killed in parallel.
const SERVICES: usize = 3;
/// The number of kills, all with the real Placement: in CI, and at night.
const KILLS: [usize; 2] = [24, 300];
/// The number of moments of each kind in CI.
const OF_A_KIND: usize = 4;

/// One migration with its kills.
#[derive(Debug, Clone)]
struct Round {
    number: usize,
    scheduling: Scheduling,
    moments: Vec<Moment>,
}

/// Every moment at every request and question of a scheduling; moments that are not reached are skipped.
fn moments(scheduling: Scheduling) -> Vec<Moment> {
    let (reads, posts, puts, questions) = match scheduling {
        Scheduling::Found => (2, 1, 0, 13),
        Scheduling::NoHost => (4, 2, 0, 14),
        Scheduling::DeletedAndNoHost | Scheduling::DeletedAndFound => (5, 1, 1, 14),
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
        all.extend([Moment::Asking(nth), Moment::Replied(nth)]);
    }
    all
}

/// Each moment of each scheduling once, in CI some of each kind; then random pairs of moments.
fn plan(kills: usize) -> Vec<Round> {
    let mut random = random::of_this_run();
    let each = Scheduling::ALL
        .into_iter()
        .flat_map(|scheduling| moments(scheduling).into_iter().map(move |one| (scheduling, one)));
    let each: Vec<_> = each.collect();
    let most = sample::size(OF_A_KIND, each.len());
    let some = Moment::some_of_each_kind(each, most, &mut random);
    let mut rounds: Vec<_> = some.into_iter().map(|(scheduling, one)| (scheduling, vec![one])).collect();
    while rounds.iter().map(|(_, moments)| moments.len()).sum::<usize>() < kills {
        let scheduling = random.choose(&Scheduling::ALL);
        let [first, again] = [0, 0].map(|_| random.choose(&moments(scheduling)));
        rounds.push((scheduling, vec![first, again]));
    }
    rounds
        .into_iter()
        .enumerate()
        .map(|(number, (scheduling, moments))| Round { number, scheduling, moments })
        .collect()
}

/// A service with its journal.
struct KilledService {
    placement: Arc<PlacementFixture>,
    destination: String,
    /// The proxy in front of the service that is killed.
    kill_proxy: Proxy,
    folder: TempDir,
    serve: Option<Arc<Serve>>,
    /// The number of kills that were reached, and of those planned.
    kills: [usize; 2],
}

impl KilledService {
    async fn begin() -> Self {
        let placement = Arc::new(PlacementFixture::real().await);
        let destination = placement.another_node().await;
        let kill_proxy = Proxy::start(&placement.proxy.url()).await.unwrap();
        Self { placement, destination, kill_proxy, folder: tempfile::tempdir().unwrap(), serve: None, kills: [0, 0] }
    }

    fn start(&self) -> Arc<Serve> {
        Arc::new(Serve::start(self.folder.path(), &self.kill_proxy.url()))
    }

    async fn play(&mut self, round: &Round) {
        let mut conductor = Conductor::new(&self.placement, &self.destination, round.scheduling).await;
        let asked = [json!(format!("resize {}", round.number)), conductor.resize()];
        for moment in &round.moments {
            self.run_until(*moment, &mut conductor, asked.each_ref()).await;
        }
        let (end, holds) = round.scheduling.ends();
        let view = self.run_to_end(&mut conductor, asked.each_ref()).await;
        self.check(round, &conductor, &view, (end, holds)).await;
        if round.scheduling == Scheduling::Found {
            let asked = [json!(format!("confirm {}", round.number)), conductor.confirm()];
            let view = self.run_to_end(&mut conductor, asked.each_ref()).await;
            self.check(round, &conductor, &view, ("released", [0, 3, 0])).await;
        }
    }

    /// Runs the service until that moment, or until the task has ended.
    async fn run_until(&mut self, moment: Moment, conductor: &mut Conductor, asked: [&serde_json::Value; 2]) {
        let run = ServiceRun::new(None);
        moment.arrange(&self.kill_proxy, &run);
        let serve = self.serve.take().unwrap_or_else(|| self.start());
        run.set_started(&serve);
        conductor.run_to_end(&serve, asked, Some((moment, &run))).await;
        serve.process().kill();
        self.kill_proxy.forget();
        self.kills[0] += usize::from(run.was_killed());
        self.kills[1] += 1;
    }

    async fn run_to_end(&mut self, conductor: &mut Conductor, asked: [&serde_json::Value; 2]) -> Answer {
        let serve = self.serve.take().unwrap_or_else(|| self.start());
        let view = conductor.run_to_end(&serve, asked, None).await.expect("an answer");
        self.serve = Some(serve);
        view
    }

    async fn check(&self, round: &Round, conductor: &Conductor, view: &Answer, should: (&str, [u64; 3])) {
        let history = view.body["history"].as_array().unwrap();
        let forgotten = conductor.forgotten(view.text("/id"), history);
        let found = (view.end().1, conductor.holds().await);
        assert!(found == should && forgotten.is_empty(), "{round:?}: {found:?}, {forgotten:?}\n{:#}", view.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_anywhere_in_a_migration_on_the_real_placement() {
    let [in_ci, by_night] = KILLS;
    let wanted = sample::size(in_ci, by_night);
    let rounds = plan(wanted);
    let mut services = JoinSet::new();
    for nth in 0..SERVICES {
        let rounds: Vec<Round> = rounds.iter().skip(nth).step_by(SERVICES).cloned().collect();
        services.spawn(async move {
            let mut service = KilledService::begin().await;
            for round in &rounds {
                service.play(round).await;
            }
            service.kills
        });
    }
    let kills = services.join_all().await;
    let [came, planned] = [0, 1].map(|of| kills.iter().map(|kills| kills[of]).sum::<usize>());
    sample::say(&format!("{planned} kills in migrations, {came} of them during one"));
    assert!(planned >= wanted && came * 10 >= planned * 8, "{came} of {planned} kills were during a migration");
}
