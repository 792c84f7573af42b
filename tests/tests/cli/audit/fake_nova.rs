//! A Keystone and a nova beside the real Placement: nova's lists are cut into pages as nova cuts them.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Its state, and what it was asked.
#[derive(Clone)]
pub struct FakeNova {
    url: String,
    state: Arc<Mutex<State>>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Default)]
struct State {
    placement: String,
    servers: Vec<Value>,
    /// Those of which nova still has the row.
    deleted: Vec<Value>,
    migrations: Vec<Value>,
    hypervisors: Vec<Value>,
    services: Vec<Value>,
    /// nova's `[api]max_limit`.
    max_limit: usize,
    /// Paths that are answered with 500, and how often.
    broken: Vec<(String, usize)>,
}

impl FakeNova {
    /// Starts it; its catalogue has the Placement at that URL.
    pub async fn start(placement: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State { placement: placement.to_owned(), max_limit: 1000, ..State::default() };
        let fake = Self { url, state: Arc::new(Mutex::new(state)), asked: Arc::default() };
        let served = fake.clone();
        let routes = Router::new().fallback(move |request: Request| {
            let answer = served.answer(&request);
            async move { answer }
        });
        tokio::spawn(async move { axum::serve(listener, routes).await });
        fake
    }

    /// The content of `clouds.yaml`, with the cloud `fake`.
    pub fn clouds_yaml(&self) -> String {
        let auth = "username: admin, password: secret, project_name: admin, user_domain_id: default, project_domain_id: default";
        format!("clouds:\n  fake:\n    auth: {{auth_url: \"{}/v3\", {auth}}}\n", self.url)
    }

    pub fn max_limit(&self, limit: usize) {
        self.state.lock().unwrap().max_limit = limit;
    }

    pub fn add_node(&self, uuid: &str, number: usize) {
        let service = json!({ "host": format!("host{number}"), "id": uuid });
        let node = json!({ "id": uuid, "hypervisor_hostname": format!("node{number}"), "service": service });
        let mut state = self.state.lock().unwrap();
        if !state.hypervisors.iter().any(|known| known["id"] == uuid) {
            state.hypervisors.push(node);
        }
    }

    /// A server on the node with that number, or on none, as nova shows it.
    pub fn add_server(&self, uuid: &str, node: Option<usize>, vm_state: &str, task_state: Option<&str>) {
        let name = |what: &str| node.map(|number| format!("{what}{number}"));
        let server = json!({
            "id": uuid, "name": "server", "status": "ACTIVE", "OS-EXT-STS:vm_state": vm_state,
            "OS-EXT-STS:task_state": task_state, "OS-EXT-SRV-ATTR:host": name("host"),
            "OS-EXT-SRV-ATTR:hypervisor_hostname": name("node"), "image": { "id": "i" },
            "flavor": { "vcpus": 1, "ram": 0, "disk": 0, "ephemeral": 0, "swap": 0, "original_name": "f", "extra_specs": {} },
        });
        self.state.lock().unwrap().servers.push(server);
    }

    /// nova has deleted it.
    pub fn remove_server(&self, uuid: &str) {
        let mut state = self.state.lock().unwrap();
        let (deleted, left) = std::mem::take(&mut state.servers).into_iter().partition(|server| server["id"] == uuid);
        state.servers = left;
        state.deleted.extend::<Vec<_>>(deleted);
    }

    pub fn add_migration(&self, uuid: &str, server: &str, kind: &str, status: &str, updated_at: &str) {
        let migration = json!({
            "uuid": uuid, "instance_uuid": server, "migration_type": kind, "status": status, "updated_at": updated_at,
            "created_at": updated_at, "source_compute": "host1", "source_node": "node1", "dest_compute": "host2",
        });
        self.state.lock().unwrap().migrations.push(migration);
    }

    /// The migration goes on, or ends.
    pub fn set_status(&self, migration: &str, status: &str) {
        let mut state = self.state.lock().unwrap();
        let of_it = state.migrations.iter_mut().filter(|known| known["uuid"] == migration);
        of_it.for_each(|known| known["status"] = json!(status));
    }

    /// nova works on the server, or not any more.
    pub fn set_task(&self, server: &str, task_state: Option<&str>) {
        let mut state = self.state.lock().unwrap();
        let of_it = state.servers.iter_mut().filter(|known| known["id"] == server);
        of_it.for_each(|known| known["OS-EXT-STS:task_state"] = json!(task_state));
    }

    /// A host whose cell does not answer.
    pub fn add_unreachable_host(&self, host: &str) {
        let service = json!({ "binary": "nova-compute", "host": host, "status": "UNKNOWN" });
        self.state.lock().unwrap().services.push(service);
    }

    /// Answers 500 to requests for this path, so many times.
    pub fn break_down(&self, path: &str, times: usize) {
        self.state.lock().unwrap().broken.push((path.to_owned(), times));
    }

    /// The paths that it was asked for, without those of Keystone.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, request: &Request) -> Response {
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let mut state = self.state.lock().unwrap();
        if path == "/v3/auth/tokens" {
            return token(&state.placement, &self.url);
        }
        self.asked.lock().unwrap().push(format!("{path}?{query}"));
        if let Some((_, times)) = state.broken.iter_mut().find(|(broken, times)| broken == path && *times > 0) {
            *times -= 1;
            return shown(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "computeFault": { "code": 500 } }));
        }
        let value = |name: &str| query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        match path.strip_prefix("/servers/").filter(|id| *id != "detail") {
            Some(id) => state.server(id),
            None => state.list(path, &value),
        }
    }
}

impl State {
    fn server(&self, id: &str) -> Response {
        match self.servers.iter().find(|server| server["id"] == id) {
            Some(server) => shown(StatusCode::OK, &json!({ "server": server })),
            None => shown(StatusCode::NOT_FOUND, &json!({ "itemNotFound": { "code": 404 } })),
        }
    }

    fn list<'a>(&self, path: &str, value: &impl Fn(&str) -> Option<&'a str>) -> Response {
        let (name, key, all) = match path {
            "/servers" if value("deleted") == Some("true") => ("servers", "id", &self.deleted),
            "/servers" | "/servers/detail" => ("servers", "id", &self.servers),
            "/os-migrations" => ("migrations", "uuid", &self.migrations),
            "/os-hypervisors/detail" => ("hypervisors", "id", &self.hypervisors),
            "/os-services" => return shown(StatusCode::OK, &json!({ "services": self.services })),
            _ => return shown(StatusCode::NOT_FOUND, &json!({ "itemNotFound": { "code": 404 } })),
        };
        let is =
            |record: &&Value, field: &str, wanted: Option<&str>| wanted.is_none_or(|wanted| record[field] == wanted);
        let of_it = all.iter().filter(|record| is(record, "instance_uuid", value("instance_uuid")));
        let of_it = of_it.filter(|record| is(record, "id", value("uuid")));
        let after = of_it.skip_while(|record| value("marker").is_some_and(|marker| record[key] != marker));
        let skipped = usize::from(value("marker").is_some());
        let limit = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(self.max_limit).min(self.max_limit);
        let page: Vec<_> = after.skip(skipped).take(limit).collect();
        shown(StatusCode::OK, &json!({ name: page }))
    }
}

fn shown(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn token(placement: &str, nova: &str) -> Response {
    let endpoint =
        |url: &str| json!([{ "id": "e", "interface": "public", "region": "one", "region_id": "one", "url": url }]);
    let catalog = json!([
        { "id": "c", "type": "placement", "name": "placement", "endpoints": endpoint(placement) },
        { "id": "d", "type": "compute", "name": "nova", "endpoints": endpoint(nova) },
    ]);
    let domain = json!({ "id": "default", "name": "Default" });
    let token = json!({ "token": {
        "methods": ["password"], "user": { "id": "u", "name": "admin", "domain": domain, "password_expires_at": null },
        "audit_ids": ["a"], "expires_at": "2999-01-01T00:00:00.000000Z", "issued_at": "2026-01-01T00:00:00.000000Z",
        "project": { "id": "p", "name": "admin", "domain": domain }, "is_domain": false,
        "roles": [{ "id": "r", "name": "admin" }], "catalog": catalog,
    } });
    // noauth2 accepts this token as an administrator's.
    ([("x-subject-token", "admin")], shown(StatusCode::CREATED, &token)).into_response()
}
