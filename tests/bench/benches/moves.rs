//! `moves URL TOKEN MOVES`: after a warm-up, Swaparoo moves a server's allocations back and forth in the Placement at
//! URL, and prints the duration of each move as one JSON line. `whole_move/compare.py` compares it with nova's own client.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{MoveTask, Outcome, ServerState, Task};
use swaparoo::demo::DemoServer;
use swaparoo::drive::drive;
use swaparoo::engine::{Cache, Engine, Limits, Policy};
use swaparoo::executor::{LiveExecutor, NovaSource};

/// As in `whole_move/to_and_fro.py`: the first moves open connections and fill caches.
const WARM_UP: usize = 20;

fn main() -> Result<()> {
    // cargo adds the argument `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [url, token, moves] = arguments.as_slice() else {
        println!("moves: skipped, because it needs a Placement; `cargo xtask bench moves` starts one and runs it");
        return Ok(());
    };
    let moves = moves.parse().with_context(|| format!("{moves} is not a number of moves"))?;
    let url = url.parse().with_context(|| format!("{url} is not a URL"))?;
    let executor = LiveExecutor {
        placement: Placement::Http(Http::new(&url, Auth::Token(token.clone()))?),
        nova: NovaSource::Reported(ServerState::Unknown),
        caller: None,
    };
    let policy = Engine::new(Limits::default(), Cache::of_user())?.resolve("standard")?;
    // The runtime of the program `swaparoo`.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let microseconds = runtime.block_on(to_and_fro(&policy, &executor, moves))?;
    println!("{}", serde_json::json!({ "microseconds": microseconds }));
    Ok(())
}

async fn to_and_fro(policy: &Policy, executor: &LiveExecutor, moves: usize) -> Result<Vec<u128>> {
    let fixture = DemoServer::create(&executor.placement).await?;
    let (mut source, mut target) = (fixture.server, fixture.migration);
    let mut microseconds = Vec::with_capacity(WARM_UP + moves);
    for _ in 0..WARM_UP + moves {
        let task = Task::Move(MoveTask { source, target, target_is_new: true });
        let began = Instant::now();
        let run = drive(policy, &task, executor, &mut ()).await;
        microseconds.push(began.elapsed().as_micros());
        let Ok(Outcome::Moved(_)) = run.end else { bail!("{task:?} did not end as `moved`: {:?}", run.end) };
        let Task::Move(done) = task else { bail!("{task:?} is not a move") };
        (source, target) = (done.target, done.source);
    }
    Ok(microseconds.split_off(WARM_UP))
}
