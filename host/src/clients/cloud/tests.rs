//! Lists and endpoints, with a nova whose pages are shorter than requested.

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use openstack_sdk_core::config::{Auth, CloudConfig};
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::clients::outgoing::test_authority::Authority;

/// nova's `[api]max_limit`.
const MOST: usize = 2;

/// Keystone and nova at one address.
#[derive(Clone, Default)]
struct Stage {
    migrations: Arc<Vec<[String; 2]>>,
    /// The queries for migrations.
    asked: Arc<Mutex<Vec<String>>>,
    /// nova's URL in the catalogue.
    nova: Arc<Mutex<String>>,
    /// The statuses of a proxy that come before nova's and Keystone's own answers.
    proxy: Arc<Mutex<Vec<u16>>>,
    /// Whether nova ignores the marker.
    unpaged: bool,
    /// How often a marker's record has been deleted meanwhile.
    deleted_markers: Arc<Mutex<u32>>,
    /// The size of a record in bytes.
    size: usize,
}

#[derive(Deserialize)]
struct Page {
    limit: usize,
    marker: Option<String>,
    instance_uuid: Option<String>,
}

fn uuid(number: usize) -> String {
    format!("c0ffee00-0000-4000-8000-{number:012}")
}

/// The migrations 1 to 5; the odd ones are of server 101.
fn five() -> Stage {
    let migrations = (1..=5).map(|number| [uuid(number), uuid(100 + number % 2)]).collect();
    Stage { migrations: Arc::new(migrations), ..Stage::default() }
}

/// A proxy's answer, if one is left.
fn proxys(stage: &Stage) -> Option<Response> {
    let status = stage.proxy.lock().unwrap().pop()?;
    Some((StatusCode::from_u16(status).unwrap(), [("retry-after", "0")], "<html>").into_response())
}

async fn token(State(stage): State<Stage>) -> Response {
    if let Some(answer) = proxys(&stage) {
        return answer;
    }
    let endpoint = |url: &str| json!([{ "interface": "public", "region": "one", "url": url }]);
    let catalog = json!([
        { "type": "placement", "endpoints": endpoint("http://placement") },
        { "type": "compute", "endpoints": endpoint(&stage.nova.lock().unwrap()) },
    ]);
    let token = json!({ "token": { "expires_at": "2999-01-01T00:00:00.000000Z", "catalog": catalog } });
    (StatusCode::CREATED, [("x-subject-token", uuid(0))], Json(token)).into_response()
}

async fn migrations(State(stage): State<Stage>, Query(page): Query<Page>) -> Response {
    if let Some(answer) = proxys(&stage) {
        return answer;
    }
    let marker = page.marker.filter(|_| !stage.unpaged);
    let mut deleted_markers = stage.deleted_markers.lock().unwrap();
    if marker.is_some() && *deleted_markers > 0 {
        *deleted_markers -= 1;
        let error = json!({ "badRequest": { "code": 400, "message": "Marker not found" } });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    stage.asked.lock().unwrap().push(page.instance_uuid.clone().unwrap_or_default());
    let of_it = stage.migrations.iter().filter(|[_, server]| page.instance_uuid.as_ref().is_none_or(|it| it == server));
    let after = of_it.skip_while(|[uuid, _]| marker.as_ref().is_some_and(|marker| uuid != marker));
    let shown = after.skip(usize::from(marker.is_some())).take(MOST.min(page.limit)).map(|[uuid, server]| {
        let data = "x".repeat(stage.size);
        json!({ "uuid": uuid, "instance_uuid": server, "migration_type": "resize", "status": "finished", "data": data })
    });
    Json(json!({ "migrations": shown.collect::<Vec<_>>() })).into_response()
}

impl Stage {
    /// The URL of nova and Keystone.
    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        url.clone_into(&mut self.nova.lock().unwrap());
        let routes = axum::Router::new().route("/v3/auth/tokens", post(token)).route("/os-migrations", get(migrations));
        let routes = routes.with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url
    }

    async fn cloud(&self) -> Cloud {
        open(self.serve().await).await.unwrap()
    }
}

/// The cloud with a Keystone at this URL.
async fn open(auth_url: String) -> Result<Cloud, Error> {
    let auth = Auth {
        auth_url: Some(auth_url),
        username: Some("admin".into()),
        password: Some("secret".to_owned().into()),
        project_name: Some("admin".into()),
        ..Auth::default()
    };
    Cloud::open("it".into(), CloudConfig { auth: Some(auth), ..CloudConfig::default() }).await
}

#[tokio::test]
async fn a_list_is_read_until_a_page_is_empty() {
    let stage = five();
    let cloud = stage.cloud().await;
    let all = cloud.migrations().await.unwrap().known;
    let all: Vec<_> = all.iter().map(|known| known.uuid.to_string()).collect();
    assert_eq!(all, [1, 2, 3, 4, 5].map(uuid));
    let of_it = cloud.migrations_of(&uuid(101)).await.unwrap().known;
    let of_it: Vec<_> = of_it.iter().map(|known| known.uuid.to_string()).collect();
    assert_eq!(of_it, [1, 3, 5].map(uuid));
}

async fn read_by(stage: Stage) -> Result<usize, Doubt> {
    stage.cloud().await.migrations().await.map(|all| all.known.len())
}

#[tokio::test]
async fn a_page_that_is_too_large_is_read_in_smaller_ones() {
    assert_eq!(read_by(Stage { size: 5 << 20, ..five() }).await, Ok(5));
    let doubt = read_by(Stage { size: 9 << 20, ..five() }).await.unwrap_err();
    assert!(matches!(doubt, Doubt::TooLarge { .. }), "{doubt}");
}

#[tokio::test]
async fn a_list_is_read_again_if_the_record_of_its_marker_was_deleted() {
    let deleted = |markers| Stage { deleted_markers: Arc::new(Mutex::new(markers)), ..five() };
    assert_eq!(read_by(deleted(3)).await, Ok(5));
    let doubt = read_by(deleted(4)).await.unwrap_err();
    assert_eq!(doubt.to_string(), "nova answered 400 to GET /os-migrations: Marker not found");
}

#[tokio::test]
async fn a_list_whose_pages_lead_nowhere_is_refused() {
    let cloud = Stage { unpaged: true, ..five() }.cloud().await;
    let doubt = cloud.migrations().await.unwrap_err();
    assert_eq!(doubt, Doubt::Unpaged { what: "GET /os-migrations".into() });
}

#[tokio::test]
async fn a_migration_is_looked_for_among_those_of_the_tasks_server_first() {
    use crate::contract::{Effect, MigrationTask, OfMigration, Reply, Task};
    use crate::executor::NovaSource;

    let stage = five();
    let cloud = Arc::new(stage.cloud().await);
    let task = Task::Abort(MigrationTask { server: uuid(101), migration: uuid(5) });
    let nova = NovaSource::cloud(cloud, Some(&task));
    for (migration, known, asked) in [
        (5, true, vec![uuid(101); 3]),
        // It is of another server.
        (4, true, [vec![uuid(101); 3], vec![String::new(); 4]].concat()),
        (6, false, [vec![uuid(101); 3], vec![String::new(); 4]].concat()),
    ] {
        stage.asked.lock().unwrap().clear();
        let effect = Effect::GetMigration(OfMigration { migration: uuid(migration) });
        let Some(Reply::Migration(answer)) = nova.perform(&effect).await else { panic!("nova answers") };
        assert_eq!(answer.migration.is_some(), known, "{migration}");
        assert_eq!(*stage.asked.lock().unwrap(), asked, "{migration}");
    }
}

#[tokio::test]
async fn novas_endpoint_is_that_of_the_newest_token() {
    let (stage, other) = (five(), five());
    let cloud = stage.cloud().await;
    assert_eq!(cloud.migrations().await.unwrap().known.len(), 5);
    *stage.nova.lock().unwrap() = other.serve().await;
    cloud.renew(&cloud.token().await.unwrap()).await.unwrap();
    let before = stage.asked.lock().unwrap().len();
    assert_eq!(cloud.migrations().await.unwrap().known.len(), 5);
    assert_eq!((stage.asked.lock().unwrap().len(), other.asked.lock().unwrap().len()), (before, 4));
}

#[tokio::test]
async fn a_request_that_a_proxy_answers_is_sent_again() {
    let stage = five();
    *stage.proxy.lock().unwrap() = vec![503, 429];
    let cloud = stage.cloud().await;
    assert!(stage.proxy.lock().unwrap().is_empty(), "Keystone was asked three times");
    *stage.proxy.lock().unwrap() = vec![502, 429];
    assert_eq!(cloud.migrations().await.unwrap().known.len(), 5);
    *stage.proxy.lock().unwrap() = vec![504, 503, 502];
    let doubt = cloud.migrations().await.unwrap_err();
    assert!(matches!(doubt, Doubt::Refused { status: 504, .. }), "{doubt}");
}

/// nova's path in the catalogue changes, and a web server answers 404 at the old one.
#[tokio::test]
async fn a_request_that_a_web_server_does_not_find_is_sent_to_novas_new_endpoint() {
    let (stage, other) = (five(), five());
    let cloud = stage.cloud().await;
    let url = other.serve().await;
    let old = std::mem::replace(&mut *stage.nova.lock().unwrap(), url);
    assert_ne!(old, *stage.nova.lock().unwrap());
    // Only nova's answer: Keystone is not asked before it.
    stage.proxy.lock().unwrap().push(404);
    assert_eq!(cloud.migrations().await.unwrap().known.len(), 5);
    assert_eq!((stage.asked.lock().unwrap().len(), other.asked.lock().unwrap().len()), (0, 4));
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_is_not_tried_again() {
    let authority = Authority::new();
    let service = authority.serve(authority.issue()).await;
    let url = service.url.trim_end_matches('/').to_owned();
    let words = "no trusted authority has issued its certificate: name the authority's with cacert in clouds.yaml, or \
                 OS_CACERT";
    let error = open(url.clone()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("no connection to the keystone of it at {url}: {words}"));
    assert!(!error.passes(), "a later try ends in the same way");
    assert_eq!(service.connections(), 1);

    let stage = five();
    let keystone = stage.serve().await;
    stage.nova.lock().unwrap().clone_from(&url);
    let doubt = open(keystone).await.unwrap().migrations().await.unwrap_err();
    assert_eq!(doubt, Doubt::Untrusted(format!("no connection to nova at {url}: {words}")));
    assert_eq!(service.connections(), 2);
}
