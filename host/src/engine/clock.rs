//! The time of a call. wasmtime ends a call at a tick of its engine's clock, so that also a policy whose instructions are
//! slow ends soon: fuel counts instructions, and some of them take a hundred times as long as others.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wasmtime::Engine;

/// The time between two ticks.
const TICK: Duration = Duration::from_millis(100);
/// The thread needs little stack.
const STACK: usize = 64 << 10;

/// Starts the engine's clock; it ends with the engine.
pub fn start(engine: &Engine) -> io::Result<JoinHandle<()>> {
    let engine = engine.weak();
    let tick = move || {
        loop {
            thread::sleep(TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    };
    thread::Builder::new().name("swaparoo-clock".into()).stack_size(STACK).spawn(tick)
}

/// The number of ticks until this time has passed, at least one.
pub fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX).max(1)
}

/// The processor time that this thread has used. It does not pass while the thread waits for a processor or the machine
/// sleeps, so a busy machine ends no call that is in order.
pub fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_ends_with_its_engine() {
        let engine = Engine::default();
        let clock = start(&engine).unwrap();
        thread::sleep(3 * TICK);
        assert!(!clock.is_finished());
        drop(engine);
        clock.join().unwrap();
    }

    #[test]
    fn a_time_ends_at_the_tick_after_it() {
        let of = |ms: u64| ticks(Duration::from_millis(ms));
        assert_eq!([0, 1, 100, 101, 2_000].map(of), [1, 1, 1, 2, 20]);
    }

    #[test]
    fn a_thread_that_sleeps_uses_no_time() {
        let began = processor_time();
        thread::sleep(2 * TICK);
        assert!(processor_time().saturating_sub(began) < TICK);
    }
}
