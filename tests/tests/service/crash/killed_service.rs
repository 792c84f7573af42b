//! A service with its journal that is killed repeatedly.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Canned, Proxy};
use tempfile::TempDir;

use super::super::placement_fixture::PlacementFixture;
use super::super::serve::{Answer, Serve, command};
use super::super::tasks::pushed;
use super::caller::Caller;
use super::moment::Moment;
use super::round::{Round, RoundResult};
use super::scenario::ConcurrentChange;
use super::service_run::ServiceRun;

/// Differences in recorded tasks are not checked in these tests.
const NO_REPLAY: &str = "[policies]\nreplay = 0\n";

/// One such service. Several run in parallel, so that they wait for the pauses of their tasks at the same time.
pub struct KilledService {
    /// Placement; its proxy makes the changes by other clients.
    placement: PlacementFixture,
    /// The proxy in front of it kills the service.
    kill_proxy: Proxy,
    folder: TempDir,
    serve: Option<Arc<Serve>>,
    /// The rules that tasks are accepted under, and other ones: their digests, and the requests that activate them.
    rules: [(String, Value); 2],
    /// The number of kills, and of kills during a task.
    pub kills: [usize; 2],
}

impl KilledService {
    pub async fn begin(placement: PlacementFixture, rules: [&str; 2]) -> Self {
        let kill_proxy = Proxy::start(&placement.proxy.url()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let serve = Serve::start_with(folder.path(), &kill_proxy.url(), NO_REPLAY);
        let rules = [pushed(&serve, rules[0]).await, pushed(&serve, rules[1]).await];
        serve.activate(&rules[0].1).await;
        Self { placement, kill_proxy, folder, serve: Some(Arc::new(serve)), rules, kills: [0, 0] }
    }

    /// Plays a round and checks its result.
    pub async fn play(&mut self, round: &Round) {
        let [source, target] = round.scenario.begins;
        let (from, to) = (self.placement.holder_of(source).await, self.placement.holder_of(target).await);
        let task = round.scenario.task(&from, &to, self.placement.node());
        let mut caller = Caller::new(&round.scenario, format!("round {}", round.number), task, self.placement.node());
        let seen = self.kill_proxy.seen().len();
        self.arrange_change(round.scenario.change, &from);
        for (nth, moment) in round.moments.iter().enumerate() {
            let came = self.run_until(*moment, &mut caller, round.other_rules && nth == 0).await;
            assert!(came || nth > 0 || !moment.must_come(), "{moment:?} was not reached: {round:?}");
        }
        let [task, record] = self.run_to_end(&mut caller).await;
        if let Some(serve) = self.serve.as_ref().filter(|_| round.other_rules) {
            serve.activate(&self.rules[0].1).await;
        }
        self.placement.proxy.forget();

        let holds = [self.placement.holds(&from).await, self.placement.holds(&to).await];
        let end = RoundResult { task, record, holds, sent: self.sent_since(seen), digest: self.rules[0].0.clone() };
        let faults = end.faults(round, &caller);
        let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        let Round { number, scenario, moments, .. } = round;
        let what = format!("round {number}, {}, killed at {moments:?}", scenario.name);
        assert!(faults.is_empty(), "{what}: {faults:?}\n{}\n{end:?}\n{}", caller.task, log());
    }

    fn arrange_change(&self, change: ConcurrentChange, source: &str) {
        let proxy = &self.placement.proxy;
        match change {
            ConcurrentChange::None => {}
            ConcurrentChange::Source => {
                let path = format!("/allocations/{source}");
                proxy.on_path(Method::Get, &path, 1, Act::then(self.placement.rewriter(source)));
            }
            ConcurrentChange::Node => [Method::Post, Method::Put]
                .into_iter()
                .for_each(|method| proxy.on(method, 1, Act::Answer(Canned::provider_conflict()))),
        }
    }

    fn start(&self) -> Arc<Serve> {
        Arc::new(Serve::start_with(self.folder.path(), &self.kill_proxy.url(), NO_REPLAY))
    }

    /// Runs the service until that moment, or until the task has ended; returns whether the moment was reached.
    async fn run_until(&mut self, moment: Moment, caller: &mut Caller, other_rules: bool) -> bool {
        self.kills[0] += 1;
        if let Moment::Starting(time) = moment {
            self.kill_at_start(time).await;
            return true;
        }
        let run = ServiceRun::new(other_rules.then_some(&self.rules[1].1));
        moment.arrange(&self.kill_proxy, &run);
        let serve = self.serve.take().unwrap_or_else(|| self.start());
        run.set_started(&serve);
        let end = caller.run_to_end(&serve, Some((moment, &run))).await;
        serve.process().kill();
        self.kill_proxy.forget();
        self.kills[1] += usize::from(end.is_none());
        run.was_killed()
    }

    async fn kill_at_start(&self, time: Duration) {
        let mut command = command(self.folder.path());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        tokio::time::sleep(time).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Runs the service after the last kill until the task's end; returns the task and its record.
    async fn run_to_end(&mut self, caller: &mut Caller) -> [Answer; 2] {
        let serve = self.start();
        let task = caller.run_to_end(&serve, None).await.expect("an answer");
        let record = serve.get(&format!("/v1/tasks/{}/record", task.text("/id"))).await;
        self.serve = Some(serve);
        [task, record]
    }

    fn sent_since(&self, seen: usize) -> String {
        let letter = |request: &String| match request.split(' ').next() {
            Some("GET") => None,
            Some("POST") => Some('P'),
            Some("PUT") => Some('U'),
            _ => panic!("{request}"),
        };
        self.kill_proxy.seen()[seen..].iter().filter_map(letter).collect()
    }

    /// Checks that no task is open, and that the rules decide each task again as it is recorded.
    pub async fn end(mut self, rounds: usize) {
        drop(self.serve.take());
        let serve = Serve::start(self.folder.path(), &self.kill_proxy.url());
        assert_eq!(serve.get("/v1/tasks?state=open").await.body["tasks"], json!([]));
        let report = serve.post(&format!("/v1/policies/{}/replays", self.rules[0].0), &json!({})).await;
        let comparison = &report.body["comparison"];
        assert_eq!((&comparison["replayed"], &comparison["same"]), (&json!(rounds), &json!(rounds)), "{comparison}");
    }
}
