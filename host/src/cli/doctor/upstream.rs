//! Whether Keystone, Placement and nova answer, and what these credentials may do there. Only reads are sent.

use std::path::Path;
use std::sync::Arc;

use swaparoo::clients::cloud::{Cloud, Doubt};
use swaparoo::clients::placement::{Auth, Http, HttpOutcome, Placement, VersionsError};
use swaparoo::contract::ServerState;
use swaparoo::http::config::{PlacementAt, PlacementConfig};
use swaparoo::placement_codec::refusal;
use swaparoo_placement::{Microversion, Request};

use super::report::Report;
use crate::cli::serve::secrets;

/// No consumer and no server has this id.
const UNUSED_ID: &str = "00000000-0000-4000-8000-000000000000";

/// Asks each of them. `audits`: the service audits by itself.
pub async fn examine(report: &mut Report, config: &PlacementConfig, audits: bool) {
    match &config.at {
        PlacementAt::Embedded(file) => match Placement::embedded(file) {
            Ok(_) => report.ok("placement.embedded", format_args!("{} has a Placement's state", file.display())),
            Err(error) => report.wrong(&anyhow::Error::from(error).context("placement.embedded")),
        },
        PlacementAt::Service { url, token_file, cafile } => match service(url, token_file, cafile.as_deref()) {
            Ok(http) => placement(report, http).await,
            Err(error) => report.wrong(&error),
        },
        PlacementAt::Cloud(name) => {
            match Cloud::connect_at(name.as_deref(), config.endpoint.as_ref().map(reqwest::Url::as_str)).await {
                Ok(found) => {
                    let found = Arc::new(found);
                    cloud(report, &found, config.endpoint_cafile.as_deref()).await;
                    if audits {
                        lists(report, &found).await;
                    }
                }
                Err(error) if error.passes() => report.away("keystone", error),
                Err(error) => report.wrong(&error.into()),
            }
        }
    }
}

fn service(url: &reqwest::Url, token_file: &Path, cafile: Option<&Path>) -> anyhow::Result<Http> {
    let (token, tls) = (secrets::token(token_file)?, secrets::authorities(cafile)?);
    Ok(Http::with_tls(url, Auth::Token(token), &tls)?)
}

fn of_cloud(cloud: &Arc<Cloud>, cafile: Option<&Path>) -> anyhow::Result<Http> {
    let auth = Auth::Cloud(cloud.clone());
    Ok(match cafile {
        None => Http::new(cloud.placement(), auth)?,
        file => Http::with_tls(cloud.placement(), auth, &secrets::authorities(file)?)?,
    })
}

/// The lists of nova that an audit needs.
async fn lists(report: &mut Report, cloud: &Cloud) {
    match cloud.try_lists().await {
        Ok(()) => report.ok("audit.every", "nova shows its lists to these credentials"),
        Err(doubt @ Doubt::NoAnswer { .. }) => report.away("audit.every", doubt),
        // `cloud` has said it.
        Err(Doubt::Untrusted(_)) => {}
        Err(doubt) => report.wrong(&anyhow::Error::from(doubt).context("audit.every")),
    }
}

async fn cloud(report: &mut Report, cloud: &Arc<Cloud>, cafile: Option<&Path>) {
    report.ok("keystone", format_args!("gives a token for {}", cloud.name()));
    report.validity("keystone", cloud.keystone_certificate_expiry().await);
    match of_cloud(cloud, cafile) {
        Ok(http) => placement(report, http).await,
        Err(error) => report.wrong(&error),
    }
    // Only an administrator can see that nova does not have a server.
    match cloud.find_server(UNUSED_ID, false).await.map(|answer| answer.state) {
        Ok(ServerState::Gone) => report.ok("nova", "answers, and shows all servers to these credentials"),
        Ok(state) => report.warning("nova", format_args!("says that server {UNUSED_ID} is {state:?}")),
        Err(doubt @ Doubt::NoAnswer { .. }) => report.away("nova", doubt),
        Err(doubt @ Doubt::Untrusted(_)) => report.wrong(&doubt.into()),
        Err(doubt) => report.warning("nova", doubt),
    }
    report.validity("nova", cloud.nova_certificate_expiry().await);
}

async fn placement(report: &mut Report, http: Http) {
    let expiry = http.certificate_expiry().await;
    let placement = Placement::Http(http);
    let shown = placement.shown_endpoint().unwrap_or_default();
    match placement.versions().await {
        Ok(versions) => {
            let (min, max) = (versions.min_version, versions.max_version);
            report.ok("placement", format_args!("{shown} answers, with the microversions {min} to {max}"));
        }
        Err(VersionsError::Untrusted(why)) => return report.wrong(&anyhow::Error::msg(why)),
        Err(VersionsError::NoAnswer(why)) if why.contains(&shown) => return report.away("placement", why),
        Err(why) => return report.away("placement", format_args!("{shown}: {why}")),
    }
    report.validity("placement", expiry);
    let read = Request::get(&format!("/allocations/{UNUSED_ID}")).at(Microversion::NOVA);
    match placement.send(&read).await {
        HttpOutcome::Response { status: 200, .. } => report.ok("placement", "shows allocations to these credentials"),
        HttpOutcome::Response { status, body } => {
            let said = refusal(status, &body).map_or_else(String::new, |refusal| format!(": {}", refusal.detail));
            report.away("placement", format_args!("answers {status} to a read of allocations{said}"));
        }
        HttpOutcome::Lost(why) | HttpOutcome::Unsent(why) => report.away("placement", why),
        HttpOutcome::Untrusted(why) => report.wrong(&anyhow::Error::msg(why)),
    }
}
