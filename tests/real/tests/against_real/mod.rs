//! The model compared with the real Placement: random sequences of requests must get the same answers from both.
//!
//! `SWAPAROO_SEQUENCES` sets their number (400, and 2,000 in `cargo xtask nightly`), `SWAPAROO_SEED` the seed (printed at
//! the start, taken from the clock if unset). Two real servers each play half of the sequences, one after another, with new uuids instead of a new
//! database.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing unwrap shows its line")]

mod play;
mod sequence;
mod words;

use std::env;
use std::fmt::Display;
use std::str::FromStr;
use std::thread;
use std::time::{Instant, SystemTime};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use swaparoo_real_placement::{Client, RealPlacement};
use tokio::runtime::{Builder, Runtime};

use play::Player;
use sequence::{Step, sequence};

#[test]
fn the_model_answers_as_the_real_placement_does() {
    let clock = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let seed: u64 = setting("SWAPAROO_SEED").unwrap_or_else(clock);
    let nightly = setting("SWAPAROO_NIGHTLY") == Some(1);
    let count: u32 = setting("SWAPAROO_SEQUENCES").unwrap_or(if nightly { 2000 } else { 400 });
    println!("SWAPAROO_SEED={seed} SWAPAROO_SEQUENCES={count}");
    let start = Instant::now();
    let halves = [count.div_ceil(2), count / 2].into_iter().zip(0..).map(|(count, half)| {
        thread::Builder::new().name(format!("half {half}")).spawn(move || play_half(count, seed, half)).unwrap()
    });
    let halves: Vec<_> = halves.collect();
    let requests: usize =
        halves.into_iter().map(|half| half.join().unwrap_or_else(|_| panic!("see above; SWAPAROO_SEED={seed}"))).sum();
    println!("{count} sequences, {requests} requests, {:.0?}", start.elapsed());
}

/// Plays one half on a separate server, and returns the number of requests.
fn play_half(count: u32, seed: u64, half: u64) -> usize {
    let real = RealPlacement::start().unwrap_or_else(|error| panic!("{error}"));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let player = runtime.block_on(Player::start(Client::new(real.url())));
    let config = Config { cases: count, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&half.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let played = runner.run(&sequence(), |steps| {
        runtime.block_on(player.play(&steps)).map_err(|transcript| TestCaseError::fail(transcript.to_string()))
    });
    if let Err(TestError::Fail(_, steps)) = played {
        panic!("{}", shrunk(&runtime, &player, &steps));
    }
    played.unwrap();
    println!("half {half}: {}", player.answers());
    player.requests()
}

/// Plays the shortest failing sequence again.
fn shrunk(runtime: &Runtime, player: &Player, steps: &[Step]) -> String {
    match runtime.block_on(player.play(steps)) {
        Err(transcript) => format!("model and real placement differ:\n{transcript}"),
        Ok(()) => format!("model and real placement differed, but not when it was repeated:\n{steps:#?}"),
    }
}

fn setting<T: FromStr<Err: Display>>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}
