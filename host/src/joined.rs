//! Waits for a tokio task.

use tokio::task::JoinHandle;

/// The task's result; `None` if the runtime shuts down first. A panic in the task continues here: it is a bug in this
/// program and must not look like another error.
pub async fn joined<T>(task: JoinHandle<T>) -> Option<T> {
    match task.await {
        Ok(done) => Some(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::joined;

    #[tokio::test]
    async fn a_panic_is_not_reported_as_the_end_of_the_program() {
        assert_eq!(joined(tokio::spawn(async { 7 })).await, Some(7));
        let cancelled = tokio::spawn(std::future::pending::<()>());
        cancelled.abort();
        assert_eq!(joined(cancelled).await, None);
        let panicked = joined(tokio::spawn(async { panic!("a mistake") }));
        let panic = std::panic::AssertUnwindSafe(panicked).catch_unwind().await.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a mistake"));
    }
}
