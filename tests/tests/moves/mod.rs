//! Moves with the real Placement over HTTP: each scenario of `sim/scenarios/real_placement/`, under each policy. It has
//! the end of the task, the allocations afterwards, and the requests.

mod fixture;
mod other_client;
mod random_ids;
mod reported_end;
mod request_event;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use fixture::Fixture;
use swaparoo::simulation::scenario;
use tokio::sync::Semaphore;

macro_rules! files {
    ($($name:ident),* $(,)?) => {
        const FILES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let file = concat!("../../../sim/scenarios/real_placement/", stringify!($name), ".json");
                check(file, include_str!(concat!("../../../sim/scenarios/real_placement/", stringify!($name), ".json"))).await;
            }
        )*
    };
}

files!(
    what_they_hold,
    is_the_server_there,
    replace,
    revert,
    the_write_is_refused,
    provider_conflicts,
    consumers_change_before_a_swap,
    consumers_change_before_a_restore,
    conflict_after_conflict,
    reads_go_wrong,
    strange_answers_to_a_write,
    reads_are_lost,
    writes_are_lost,
    restores_and_deletes_are_lost,
    a_person_must_look,
);

#[test]
fn every_file_is_played() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sim/scenarios/real_placement");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let names: BTreeSet<_> = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, FILES.iter().map(|name| (*name).to_owned()).collect());
}

/// How many are played at a time: with more, the real Placement answers so late that reads are tried again.
const AT_A_TIME: usize = 16;

/// Plays all scenarios of a file under all policies in parallel, and reports every difference.
async fn check(file: &str, text: &str) {
    let scenarios = scenario::read(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (permits, mut plays) = (Arc::new(Semaphore::new(AT_A_TIME)), tokio::task::JoinSet::new());
    for scenario in scenarios {
        assert_eq!(scenario.ends.len(), 3, "{file}: {} has no end under some policy", scenario.name);
        for (policy, expected) in scenario.ends.clone() {
            let (scenario, permits) = (scenario.clone(), permits.clone());
            plays.spawn(async move {
                let _permit = permits.acquire().await.unwrap();
                let found = Fixture::play(&scenario, &policy).await;
                (found != expected)
                    .then(|| format!("{} under {policy}: expected {expected:?}, found {found:?}", scenario.name))
            });
        }
    }
    let mut wrong: Vec<String> = plays.join_all().await.into_iter().flatten().collect();
    wrong.sort();
    assert!(wrong.is_empty(), "{file}:\n{}", wrong.join("\n"));
}
