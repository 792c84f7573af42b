//! Tokens, and a Placement that accepts them.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use openstack_sdk_core::config::CloudConfig;
use swaparoo::clients::cloud::Error;
use swaparoo::clients::placement::{Auth, Http, Placement};
use swaparoo::contract::{Effect, GetAllocations, Holding, Reply, ServerState};

use super::nova::state_of;
use super::{REAL, open, placement_says, user};

#[tokio::test]
async fn placement_takes_the_token() {
    let cloud = open(user("admin", &REAL.urls().keystone)).await;
    assert_eq!(cloud.placement().as_str(), format!("{}/", REAL.urls().placement));
    let token = cloud.token().await.unwrap();
    assert_eq!(placement_says(&token).await, 200);
    assert_eq!(cloud.token().await.unwrap(), token, "a token that has an hour to live is kept");
}

/// Work continues after the first token expires, and Placement never refuses a token.
#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    // On a busy machine, a round of requests may take longer than a token is renewed before its end. It then shows nothing.
    for _ in 0..8 {
        if tokens_until_the_first_expires().await >= 2 {
            return;
        }
    }
    panic!("no token was renewed while the one before was valid");
}

async fn tokens_until_the_first_expires() -> usize {
    let cloud = open(user("admin", &REAL.urls().hasty)).await;
    let first = cloud.token().await.unwrap();
    let mut tokens = HashSet::new();
    while placement_says(&first).await == 200 {
        let token = cloud.token().await.unwrap();
        assert_eq!(placement_says(&token).await, 200);
        tokens.insert(token);
    }
    assert_eq!(placement_says(&cloud.token().await.unwrap()).await, 200);
    tokens.len()
}

/// Twice, since a cached result of the first renewal must not be used for the second.
#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all() {
    let cloud = open(user("admin", &REAL.urls().keystone)).await;
    for _ in 0..2 {
        let revoked = cloud.token().await.unwrap();
        revoke(&revoked).await;
        assert_eq!(placement_says(&revoked).await, 401);
        let renewed = join_all((0..8).map(|_| cloud.renew(&revoked))).await;
        let renewed: HashSet<_> = renewed.into_iter().map(Result::unwrap).collect();
        assert_eq!(renewed.len(), 1);
        assert!(!renewed.contains(&revoked));
        assert_eq!(placement_says(&cloud.token().await.unwrap()).await, 200);
    }
}

#[tokio::test]
async fn a_token_that_nova_refuses_is_renewed() {
    let cloud = open(user("admin", &REAL.urls().keystone)).await;
    let server = "50000000-0000-4000-8000-000000000001";
    for _ in 0..2 {
        revoke(&cloud.token().await.unwrap()).await;
        assert_eq!(state_of(&cloud, server).await, Ok(ServerState::Present));
    }
}

#[tokio::test]
async fn a_token_that_placement_refuses_is_renewed() {
    let cloud = Arc::new(open(user("admin", &REAL.urls().keystone)).await);
    let http = Http::new(cloud.placement(), Auth::Cloud(cloud.clone())).unwrap();
    let placement = Placement::Http(http);
    let consumer = "70000000-0000-4000-8000-000000000001".to_owned();
    let get = Effect::GetAllocations(GetAllocations { consumer: consumer.clone() });
    for _ in 0..2 {
        let revoked = cloud.token().await.unwrap();
        revoke(&revoked).await;
        let nothing = Holding { consumer: consumer.clone(), owner: None, allocations: Vec::new() };
        assert_eq!(placement.perform(&get).await, Some(Reply::Holding(nothing)));
        assert_ne!(cloud.token().await.unwrap(), revoked);
    }
}

/// A token that the user supplied cannot be renewed; this is an error only when the token has expired.
#[tokio::test]
async fn a_given_token_is_used_until_it_expires() {
    let brought = open(user("admin", &REAL.urls().hasty)).await.token().await.unwrap();
    let mut config = user("admin", &REAL.urls().hasty);
    config.auth_type = Some("v3token".to_owned());
    if let Some(auth) = &mut config.auth {
        (auth.token, auth.username, auth.password) = (Some(brought.into()), None, None);
    }
    let cloud = open(config).await;
    assert_eq!(placement_says(&cloud.token().await.unwrap()).await, 200);
    let end = loop {
        match cloud.token().await {
            Ok(token) => _ = placement_says(&token).await,
            Err(end) => break end,
        }
    };
    assert!(matches!(&end, Error::NoToken { .. }), "{end:?}");
}

pub async fn revoke(token: &str) {
    let url = format!("{}/v3/auth/tokens", REAL.urls().keystone);
    let request = reqwest::Client::new().delete(url).header("x-auth-token", token).header("x-subject-token", token);
    assert_eq!(request.send().await.unwrap().status().as_u16(), 204);
}

/// The type belongs to openstack_sdk_core; its debug output must not contain secrets.
#[tokio::test]
async fn nothing_secret_is_printed() {
    let config: CloudConfig = user("admin", &REAL.urls().keystone);
    let cloud = open(config).await;
    let printed = format!("{cloud:?}");
    assert!(!printed.contains(&cloud.token().await.unwrap()) && !printed.contains("password"), "{printed}");
}
