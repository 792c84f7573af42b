//! What a service does now and then: it removes old tasks, and looks when its certificate expires.

use std::path::PathBuf;
use std::time::Duration;

use swaparoo::certificate;
use swaparoo::describe::count;
use swaparoo::journal::{Journal, Retention};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Logs once a day that the certificate for TCP expires soon.
pub async fn report_expiry(certificate: Option<PathBuf>) {
    let Some(file) = certificate else { return };
    loop {
        let expiry = tokio::fs::read(&file).await.ok().and_then(|pem| certificate::expiry_of_pem(&pem));
        if let Some(warning) = expiry.and_then(certificate::warning) {
            tracing::warn!("listen.tls_certificate {}: {warning}", file.display());
        }
        tokio::time::sleep(DAY).await;
    }
}

/// Removes old tasks from the journal at the start, because the limits may be lower than before, and then regularly.
pub async fn forget(journal: Journal, retention: Retention) {
    loop {
        match retention.pass(&journal).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!("removed {} from the journal", count(forgotten, "ended task")),
            Err(error) => tracing::warn!("{error}"),
        }
        tokio::time::sleep(retention.pause()).await;
    }
}
