//! The host's module `cloud` with a real Keystone, Placement and nova.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failing unwrap shows its line")]

mod clients;
mod connect;
mod late;
mod nova;
mod openstack_client;
mod program;
mod token;

use std::sync::LazyLock;

use openstack_sdk_core::config::{Auth, CloudConfig};
use swaparoo::clients::cloud::Cloud;
use swaparoo_real_cloud::RealCloud;

/// One cloud for all tests, since they do not change data that others read.
static REAL: LazyLock<RealCloud> = LazyLock::new(|| RealCloud::start().unwrap());

/// The configuration of a user that `run_keystone.py` has created, at this Keystone.
fn user(name: &str, keystone: &str) -> CloudConfig {
    let auth = Auth {
        auth_url: Some(format!("{keystone}/v3")),
        username: Some(name.to_owned()),
        password: Some(format!("the-{name}s-password").into()),
        project_name: Some(if name == "admin" { "admin" } else { "demo" }.to_owned()),
        user_domain_id: Some("default".to_owned()),
        project_domain_id: Some("default".to_owned()),
        ..Auth::default()
    };
    CloudConfig { auth: Some(auth), region_name: Some("RegionOne".to_owned()), ..CloudConfig::default() }
}

async fn open(config: CloudConfig) -> Cloud {
    Cloud::open("the cloud".to_owned(), config).await.unwrap()
}

/// The status of Placement's answer to a request with this token.
async fn placement_says(token: &str) -> u16 {
    let url = format!("{}/resource_providers", REAL.urls().placement);
    let answer = reqwest::Client::new().get(url).header("x-auth-token", token).send().await.unwrap();
    answer.status().as_u16()
}
