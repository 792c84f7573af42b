//! Notifications to systemd: ready, alive, stopping. Without systemd they do nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// Interval at which a slow start asks systemd for more time.
const EXTENDED_EACH: Duration = Duration::from_secs(10);
/// The time that it asks for, in microseconds. It asks at most 180 times, which is half an hour.
const EXTENDED_BY: u32 = 60_000_000;
const STARTING_AT_MOST: u32 = 180;

/// Reports that the service accepts requests.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Extends systemd's start timeout (`TimeoutStartSec=`) while this future is polled, up to half an hour.
pub async fn starting() {
    extend(|| notify(&[NotifyState::ExtendTimeoutUsec(EXTENDED_BY)])).await;
}

async fn extend(mut once: impl FnMut()) {
    for _ in 0..STARTING_AT_MOST {
        tokio::time::sleep(EXTENDED_EACH).await;
        once();
    }
}

/// Sets the line that `systemctl status` shows.
pub fn status(text: &str) {
    notify(&[NotifyState::Status(text)]);
}

/// Reports that the service is stopping.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Sends the watchdog signal at the interval that the unit asks for (`WatchdogSec=`); returns at once without a
/// watchdog. Spawn it on the runtime that serves requests: if that hangs, the signal stops too.
pub async fn watchdog() {
    let Some(pause) = pause(sd_notify::watchdog_enabled()) else { return };
    loop {
        notify(&[NotifyState::Watchdog]);
        tokio::time::sleep(pause).await;
    }
}

/// Half of systemd's watchdog time, as its manual recommends.
fn pause(patience: Option<Duration>) -> Option<Duration> {
    patience.filter(|patience| !patience.is_zero()).map(|patience| patience / 2)
}

fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_notified_twice_an_interval() {
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
        assert_eq!(asked.last(), Some(&Duration::from_secs(30 * 60)), "it stops after half an hour");
    }

    #[test]
    fn the_unit_waits_for_the_notifications() {
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
