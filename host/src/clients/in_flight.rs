//! Limits the number of concurrent requests to one service. Further requests wait in order of arrival; a request's
//! timeout starts when it is sent, not while it waits.

use std::error::Error;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The default limit: enough to keep a Placement with some dozen workers busy.
pub const DEFAULT: NonZeroUsize = const { NonZeroUsize::new(64).unwrap() };

/// The time before the next try after a shortage: descriptors become free when other requests of this process end.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(200);
/// A longer shortage does not end without an operator.
const SHORTAGE: Duration = Duration::from_secs(300);

/// Permits for requests to one service. Clones share them.
#[derive(Debug, Clone)]
pub struct InFlight(Arc<Semaphore>);

/// Allows one request until it is dropped. `None` if the service has no limit.
pub type Permit = Option<OwnedSemaphorePermit>;

impl InFlight {
    /// At most `most` requests at once.
    pub fn at_most(most: NonZeroUsize) -> Self {
        Self(Arc::new(Semaphore::new(most.get().min(Semaphore::MAX_PERMITS))))
    }

    /// Waits for a free place. The semaphore is never closed, so this never fails.
    pub async fn permit(&self) -> Permit {
        self.0.clone().acquire_owned().await.ok()
    }
}

/// Repeats a request while this process has no file descriptor or memory for it: the service is not unreachable then,
/// and nothing was sent. Other errors, and a shortage that lasts longer than [`SHORTAGE`], are returned.
pub async fn despite_shortage<T, E, F>(mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    E: Error + 'static,
    F: Future<Output = Result<T, E>>,
{
    let began = Instant::now();
    let mut said = false;
    loop {
        match attempt().await {
            Err(error) if is_shortage(&error) && began.elapsed() < SHORTAGE => {
                if !said {
                    tracing::warn!(
                        "a request waits because this process has no free file descriptors or memory (see ulimit -n)"
                    );
                }
                said = true;
                tokio::time::sleep(SHORTAGE_PAUSE).await;
            }
            done => return done,
        }
    }
}

/// Whether the error or one of its causes is a shortage of descriptors or memory of this process or machine.
fn is_shortage(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .filter_map(Errno::from_io_error)
        .any(|errno| matches!(errno, Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_shortage_of_descriptors_is_waited_out_and_other_errors_are_not() {
        let mut left = 3;
        let tried = despite_shortage(|| {
            left -= 1;
            std::future::ready(if left > 0 { Err(Errno::MFILE.into()) } else { Ok::<_, io::Error>(left) })
        });
        assert_eq!(tried.await.unwrap(), 0);
        let refused = despite_shortage(|| std::future::ready(Err::<(), _>(io::Error::from(Errno::CONNREFUSED)))).await;
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn requests_are_sent_in_the_order_of_their_arrival() {
        let one = InFlight::at_most(NonZeroUsize::MIN);
        let held = one.permit().await;
        let mut waits = [waiting(&one), waiting(&one)];
        assert!(futures_util::FutureExt::now_or_never(&mut waits[0]).is_none());
        assert!(futures_util::FutureExt::now_or_never(&mut waits[1]).is_none());
        drop(held);
        assert!(futures_util::FutureExt::now_or_never(&mut waits[1]).is_none(), "the first one has priority");
        assert!(futures_util::FutureExt::now_or_never(&mut waits[0]).is_some());
    }

    fn waiting(permits: &InFlight) -> std::pin::Pin<Box<dyn Future<Output = Permit>>> {
        let permits = permits.clone();
        Box::pin(async move { permits.permit().await })
    }
}
