//! The HTTP frame of the service, as the configuration describes it.

use std::sync::Arc;

use swaparoo::http::{Config, Frame, KeystoneTokens, LargestBody, Metrics, Quota, Tokens};
use swaparoo::runner::Runner;

use super::token_authority::CloudAuthority;

/// Who may send requests, how many, and what they get beside the routes of the API.
pub fn frame(config: &Config, tokens: Option<Arc<Tokens>>, runner: Runner, metrics: Metrics) -> Frame {
    let keystone = config.auth.keystone.as_ref();
    Frame {
        tokens,
        keystone: keystone.map(|config| Arc::new(KeystoneTokens::new(Arc::new(CloudAuthority(runner)), config))),
        quota: Arc::new(Quota::new(&config.auth)),
        metrics,
        largest_body: LargestBody { bytes: config.listen.largest_body, ..LargestBody::default() },
        page: config.debugger.enabled,
        disable_by_file: config.listen.disable_by_file.clone(),
    }
}
