//! What systemd is told: the service is ready, it lives, it stops. Elsewhere nobody listens, and nothing is said.

use std::time::Duration;

use sd_notify::NotifyState;

/// As often as this a start says that it goes on,
const EXTENDED_EACH: Duration = Duration::from_secs(10);
/// each time for so long (in microseconds), for half an hour in all.
const EXTENDED_BY: u32 = 60_000_000;
const STARTING_AT_MOST: u32 = 180;

/// The service answers.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The start takes its time, and goes on: systemd's patience (`TimeoutStartSec=`) is extended for as long as this is polled,
/// up to half an hour.
pub async fn starting() {
    extend(|| tell(&[NotifyState::ExtendTimeoutUsec(EXTENDED_BY)])).await;
}

async fn extend(mut once: impl FnMut()) {
    for _ in 0..STARTING_AT_MOST {
        tokio::time::sleep(EXTENDED_EACH).await;
        once();
    }
}

/// What it does, or waits for, for `systemctl status`.
pub fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// The service is about to end.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says that the service lives, as often as the unit asks for (`WatchdogSec=`), for as long as it is polled. It ends at
/// once where nobody asks. To be spawned where the service's own work runs: when that hangs, so does this.
pub async fn watchdog() {
    let Some(pause) = pause(sd_notify::watchdog_enabled()) else { return };
    loop {
        tell(&[NotifyState::Watchdog]);
        tokio::time::sleep(pause).await;
    }
}

/// Twice in the time that systemd waits, as its manual advises.
fn pause(patience: Option<Duration>) -> Option<Duration> {
    patience.filter(|patience| !patience.is_zero()).map(|patience| patience / 2)
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd was not told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_in_the_time_that_is_waited() {
        assert_eq!(pause(Some(Duration::from_secs(10))), Some(Duration::from_secs(5)));
        assert_eq!(pause(Some(Duration::ZERO)), None);
        assert_eq!(pause(None), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_start_asks_for_more_time_before_systemd_gives_it_up() {
        let mut asked = Vec::new();
        let began = tokio::time::Instant::now();
        extend(|| asked.push(began.elapsed())).await;
        let timeout = Duration::from_secs(90);
        let by = Duration::from_micros(EXTENDED_BY.into());
        assert!(asked.first().is_some_and(|first| *first < timeout));
        assert!(asked.windows(2).all(|two| two[1] - two[0] < by));
        assert_eq!(asked.last(), Some(&Duration::from_secs(30 * 60)), "it does not go on for ever");
    }

    #[test]
    fn the_unit_waits_for_what_is_told() {
        let unit = include_str!("../../swaparoo.service");
        for line in [
            "Type=notify",
            "TimeoutStartSec=90",
            "WatchdogSec=30",
            "RuntimeDirectory=swaparoo",
            "StateDirectory=swaparoo",
        ] {
            assert!(unit.lines().any(|has| has == line), "{line}");
        }
    }
}
