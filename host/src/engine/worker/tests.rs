//! Tests of the end of worker processes. Small shell scripts replace the real program and end in different ways.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::limits::QUEUE;
use super::process::{DONE, PANICKED, REFUSED, read};
use super::*;
use crate::engine::seal::{Key, SealError};

const LIMITS: WorkerLimits = WorkerLimits {
    time: Duration::from_secs(2),
    memory: 64 << 20,
    clock: Duration::from_secs(3),
    at_once: std::num::NonZeroUsize::MIN,
};

/// A worker that is this shell script.
fn worker(folder: &TempDir, script: &str) -> Worker {
    let program = folder.path().join("worker");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    Worker::new(&program, LIMITS)
}

async fn run(worker: &Worker) -> Result<WorkerOutcome, WorkerError> {
    loop {
        match worker.run(Job::Compile, QueueWait::Briefly, |_| std::iter::once(b"component".to_vec())).await {
            // The process of another test still has the script open for writing, because it was forked at that moment.
            Err(WorkerError::NotStarted(error)) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
            done => return done,
        }
    }
}

async fn check(script: &str, is_it: fn(&WorkerError) -> bool, words: &str) {
    let folder = tempfile::tempdir().unwrap();
    let error = run(&worker(&folder, script)).await.expect_err(script);
    assert!(is_it(&error), "{script}: {error:?}");
    assert!(error.to_string().contains(words) && !error.to_string().contains('\n'), "{script}: {error}");
}

macro_rules! is {
    ($case:ident) => {
        |error| matches!(error, WorkerError::$case { .. })
    };
}

#[tokio::test]
async fn each_exit_of_a_worker_has_its_error() {
    check("kill -XCPU $$", is!(ProcessorTime), "more than 2s of processor time").await;
    check("exec sleep 60", is!(Time), "more than 3s").await;
    let memory = "echo 'memory allocation of 4096 bytes failed' >&2; kill -ABRT $$";
    check(memory, is!(Memory), "more than 67108864 bytes of memory").await;
    check("echo first >&2; echo 'the last line' >&2; kill -ABRT $$", is!(Died), "signal: 6").await;
    check("echo first >&2; echo 'the last line' >&2; kill -SEGV $$", is!(Died), "the last line").await;
    for signal in ["KILL", "TERM"] {
        check(&format!("kill -{signal} $$"), is!(Ended), "ended from outside by signal: ").await;
    }
    check("exit 3", is!(Died), "exit status: 3: no output").await;
    let hindered = "echo 'error: its limit Data cannot be 1' >&2; exit 75";
    check(hindered, is!(Hindered), "on this machine: its limit Data cannot be 1; raise").await;
    check("cat > /dev/null; echo Done", is!(NotSealed), "not sealed").await;
    check("exit 0", is!(NotSealed), "0 bytes").await;
    check("exec cat /dev/zero", is!(TooLarge), "more than 67108864 bytes").await;
    // Even a large output on standard error does not block the worker.
    check("head -c 1000000 /dev/zero >&2; exit 3", is!(Died), "exit status: 3").await;
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_not_a_fault_of_the_component() {
    let error = run(&Worker::new(&PathBuf::from("/does/not/exist"), LIMITS)).await.unwrap_err();
    assert!(matches!(error, WorkerError::NotStarted(_)) && !error.is_of_the_work(), "{error:?}");
}

#[test]
fn temporary_failures_differ_from_exceeded_limits() {
    let (ended, limit) = (WorkerError::Ended { how: "signal: 9 (SIGKILL)".into() }, Duration::from_secs(1));
    assert!(ended.is_of_the_system() && ended.passes() && !ended.is_of_the_work());
    let hindered = WorkerError::Hindered { said: "its limit Data cannot be 1".into() };
    assert!(hindered.passes() && !hindered.is_of_the_work() && !hindered.is_of_the_system());
    let slow = WorkerError::Time { limit };
    assert!(slow.passes() && slow.is_of_the_work() && !slow.is_of_the_system());
    for lasting in [WorkerError::ProcessorTime { limit }, WorkerError::Memory { limit: 1 }] {
        assert!(!lasting.passes() && lasting.is_of_the_work(), "{lasting}");
    }
}

#[test]
fn a_panic_of_the_compiler_is_a_fault_of_the_component() {
    let key = Key::random().unwrap();
    let answer = |tag: u8, said: &str| {
        let body = [&[tag], said.as_bytes()].concat();
        read(key.open("answer", [key.seal("answer", &body).as_slice(), &body].concat()).unwrap())
    };
    let panicked = answer(PANICKED, "called `Result::unwrap()`\n  on an `Err` value").unwrap_err();
    assert_eq!(panicked.to_string(), "it makes the program panic: called `Result::unwrap()` on an `Err` value");
    assert!(panicked.is_of_the_work());
    assert!(matches!(answer(DONE, "code"), Ok(WorkerOutcome::Done(code)) if code.bytes() == b"code"));
    assert!(matches!(answer(REFUSED, "no\nmemory"), Ok(WorkerOutcome::Refused(why)) if why == "no memory"));
    assert!(matches!(answer(7, ""), Err(WorkerError::NotSealed(SealError::Wrong))));
}

#[tokio::test]
async fn a_panic_in_a_blocking_thread_is_reported_as_a_panic() {
    let error = blocking::<()>(|| panic!("a mistake")).await.unwrap_err();
    assert!(matches!(&error, WorkerError::Panicked { said } if said == "a mistake"), "{error:?}");
}

/// The ids of the running processes that this script has started.
fn alive(folder: &TempDir) -> Vec<PathBuf> {
    let said = std::fs::read_to_string(folder.path().join("started")).unwrap_or_default();
    said.lines().map(|id| PathBuf::from(format!("/proc/{id}"))).filter(|process| process.exists()).collect()
}

fn slow(folder: &TempDir) -> Worker {
    worker(folder, &format!("echo $$ >> {}; exec sleep 60", folder.path().join("started").display()))
}

#[tokio::test]
async fn a_worker_ends_with_its_client() {
    let folder = tempfile::tempdir().unwrap();
    let worker = slow(&folder);
    let left = tokio::time::timeout(Duration::from_secs(1), run(&worker)).await;
    assert!(left.is_err(), "{left:?}");
    let began = Instant::now();
    while !alive(&folder).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(5), "it is still at work");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(folder.path().join("started").exists(), "it was not started at all");
}

#[tokio::test]
async fn running_and_waiting_workers_are_limited() {
    let folder = tempfile::tempdir().unwrap();
    let worker = slow(&folder);
    let mut all: Vec<_> = (0..=QUEUE).map(|_| Box::pin(run(&worker))).collect();
    let first = futures_util::future::select_all(all.iter_mut());
    assert!(tokio::time::timeout(Duration::from_millis(500), first).await.is_err(), "none should end yet");
    assert_eq!(alive(&folder).len(), 1);
    let error = run(&worker).await.unwrap_err();
    assert!(matches!(error, WorkerError::Busy) && !error.is_of_the_work(), "{error:?}");
    drop(all);
    let error = run(&worker).await.unwrap_err();
    assert!(matches!(error, WorkerError::Time { .. }), "there is room again: {error:?}");
}
