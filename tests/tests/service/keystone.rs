//! A minimal Keystone for the service, on a port that is known before it listens. `tests/keystone/tests/cloud/late.rs`
//! tests the same with the real Keystone.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;

use super::serve::{change, command, configure};

/// A Keystone that does not listen yet, and the Placement in its catalogue.
pub struct Keystone {
    address: SocketAddr,
    placement: Arc<Mutex<String>>,
    /// The number of requests for a token so far.
    asked: Arc<AtomicUsize>,
}

impl Keystone {
    /// Reserves a port; nothing listens there yet.
    pub fn away(placement: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { address, placement: Arc::new(Mutex::new(placement.to_owned())), asked: Arc::default() }
    }

    /// Starts a service in that folder, with this cloud.
    pub fn service(&self, folder: &Path) -> Command {
        configure(folder, "http://127.0.0.1:1", "");
        change(folder, "url = \"http://127.0.0.1:1\"\n", "cloud = \"late\"\n");
        let file = folder.join("swaparoo.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        let without_token = config.lines().filter(|line| !line.starts_with("token_file"));
        std::fs::write(&file, without_token.collect::<Vec<_>>().join("\n")).unwrap();
        let auth = format!(
            "{{auth_url: \"http://{}/v3\", username: admin, password: secret, project_name: admin, \
             user_domain_id: default, project_domain_id: default}}",
            self.address
        );
        std::fs::write(folder.join("clouds.yaml"), format!("clouds:\n  late:\n    auth: {auth}\n")).unwrap();
        let mut command = command(folder);
        for variable in ["OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE"] {
            command.env_remove(variable);
        }
        command
    }

    /// Listens, and answers each request for a token with this status; 201 includes a token.
    pub async fn comes(&self, status: StatusCode) -> tokio::task::JoinHandle<()> {
        let placement = self.placement.clone();
        self.answers(move || match status {
            StatusCode::CREATED => token(&placement.lock().unwrap()),
            status => refusal(status),
        })
        .await
    }

    /// Listens, and answers each request for a token so.
    pub async fn answers<F>(&self, answer: F) -> tokio::task::JoinHandle<()>
    where
        F: Fn() -> Response + Clone + Send + Sync + 'static,
    {
        let listener = tokio::net::TcpListener::bind(self.address).await.unwrap();
        let asked = self.asked.clone();
        let tokens = move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let answer = answer();
            async move { answer }
        };
        let routes = Router::new().route("/v3/auth/tokens", post(tokens));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() })
    }

    /// Changes the Placement in its catalogue.
    pub fn moves(&self, placement: &str) {
        *self.placement.lock().unwrap() = placement.to_owned();
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn token(placement: &str) -> Response {
    let domain = json!({ "id": "default", "name": "Default" });
    let endpoint =
        json!({ "id": "e", "interface": "public", "region": "RegionOne", "region_id": "RegionOne", "url": placement });
    let catalog = json!([{ "id": "c", "type": "placement", "name": "placement", "endpoints": [endpoint] }]);
    let token = json!({ "token": {
        "methods": ["password"], "user": { "id": "u", "name": "admin", "domain": domain, "password_expires_at": null },
        "audit_ids": ["a"], "expires_at": "2999-01-01T00:00:00.000000Z", "issued_at": "2026-01-01T00:00:00.000000Z",
        "project": { "id": "p", "name": "admin", "domain": domain }, "is_domain": false,
        "roles": [{ "id": "r", "name": "admin" }], "catalog": catalog,
    } });
    // The model of Placement accepts only this token.
    ([("x-subject-token", "admin")], body(StatusCode::CREATED, &token.to_string())).into_response()
}

fn refusal(status: StatusCode) -> Response {
    body(status, &json!({ "error": { "code": status.as_u16(), "message": "no", "title": "No" } }).to_string())
}

fn body(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], text.to_owned()).into_response()
}
