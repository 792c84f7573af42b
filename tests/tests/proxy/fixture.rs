//! The proxy between a client like nova and the real Placement.

use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use swaparoo_real_placement::plain_http;
use tempfile::TempDir;
use uuid::Uuid;

use crate::cli::audit::fake_nova::FakeNova;
use crate::service::placement_fixture::PlacementFixture;
use crate::service::runners;
use crate::service::serve::{Serve, change, command, configure};

/// The proxy with all that is around it.
pub struct Front {
    pub placement: PlacementFixture,
    pub nova: FakeNova,
    pub serve: Serve,
    pub folder: TempDir,
    http: reqwest::Client,
}

/// An answer with its bytes.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The status, and the error's code and text.
    pub fn words(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |key| body.pointer(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        (self.status, text("/errors/0/code"), text("/errors/0/detail"))
    }
}

impl Front {
    /// In this mode, with more keys in [proxy].
    pub async fn start(mode: &str, more: &str) -> Self {
        Self::begin(mode, more, true).await
    }

    /// The same without nova, with a token for Placement.
    pub async fn without_nova(mode: &str) -> Self {
        Self::begin(mode, "", false).await
    }

    async fn begin(mode: &str, more: &str, with_nova: bool) -> Self {
        let placement = PlacementFixture::real().await;
        let nova = FakeNova::start(&placement.proxy.url()).await;
        let folder = tempfile::tempdir().unwrap();
        configured(folder.path(), &placement.proxy.url(), &format!("mode = {mode:?}\n{more}"));
        if with_nova {
            with_cloud(folder.path(), &nova);
        }
        let serve = Serve::run(folder.path(), run(folder.path()));
        Self { placement, nova, serve, folder, http: plain_http().build().unwrap() }
    }

    /// The first proxy of a fleet, with its journal in this database, and the folder of a second one, which does not run yet.
    pub async fn of_fleet(more: &str) -> (Self, TempDir) {
        let placement = PlacementFixture::real().await;
        let nova = FakeNova::start(&placement.proxy.url()).await;
        let journal = runners::postgres().await;
        let folders = [(); 2].map(|()| {
            let folder = tempfile::tempdir().unwrap();
            configured(folder.path(), &placement.proxy.url(), &format!("mode = \"decide\"\n{more}"));
            with_cloud(folder.path(), &nova);
            let file = format!("file = {:?}", folder.path().join("journal.db"));
            change(folder.path(), &file, &format!("url = {journal:?}"));
            folder
        });
        assert_eq!(runners::db(folders[0].path(), &["sync"]).0, Some(0));
        let [folder, second] = folders;
        let serve = Serve::run(folder.path(), run(folder.path()));
        (Self { placement, nova, serve, folder, http: plain_http().build().unwrap() }, second)
    }

    /// Starts another proxy.
    pub fn start_second(folder: &TempDir) -> Serve {
        Serve::run(folder.path(), run(folder.path()))
    }

    /// Kills the service, and starts it again.
    pub fn restart(&mut self) {
        self.serve.process().kill();
        self.serve = Serve::run(self.folder.path(), run(self.folder.path()));
    }

    /// A server that nova has, and that holds 2 VCPU.
    pub async fn server(&self) -> String {
        let server = self.placement.holder().await;
        self.nova.add_server(&server, Some(1), "active", None);
        server
    }

    /// A request through the proxy.
    pub async fn send(&self, method: Method, path: &str, version: &str, body: Option<&Value>) -> Answer {
        self.send_to(self.serve.proxy(), method, path, version, body).await
    }

    /// The same request to Placement.
    pub async fn send_directly(&self, method: Method, path: &str, version: &str, body: Option<&Value>) -> Answer {
        self.send_to(&self.placement.proxy.url(), method, path, version, body).await
    }

    async fn send_to(&self, url: &str, method: Method, path: &str, version: &str, body: Option<&Value>) -> Answer {
        let request = self.http.request(method, format!("{url}{path}")).header("x-auth-token", "admin");
        let request = request.header("openstack-api-version", format!("placement {version}"));
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let answer = request.send().await.unwrap();
        let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let headers = answer.headers().iter().map(header).collect();
        Answer { status: answer.status().as_u16(), headers, body: answer.text().await.unwrap() }
    }

    /// What nova reads of a consumer.
    pub async fn read(&self, consumer: &str) -> Value {
        self.send(Method::GET, &format!("/allocations/{consumer}"), "1.28", None).await.json()
    }

    /// The body of nova's `move_allocations`, from what the two hold now.
    pub async fn body(&self, source: &str, target: &str) -> Value {
        let (from, to) = (self.read(source).await, self.read(target).await);
        json!({
            source: { "allocations": {}, "project_id": from["project_id"], "user_id": from["user_id"],
                      "consumer_generation": from["consumer_generation"] },
            target: { "allocations": from["allocations"], "project_id": from["project_id"], "user_id": from["user_id"],
                      "consumer_generation": to.get("consumer_generation") },
        })
    }

    /// nova's move, through the proxy.
    pub async fn moved(&self, source: &str, target: &str) -> Answer {
        self.post(&self.body(source, target).await).await
    }

    pub async fn post(&self, body: &Value) -> Answer {
        self.send(Method::POST, "/allocations", "1.28", Some(body)).await
    }

    /// The VCPU that both hold.
    pub async fn hold(&self, one: &str, other: &str) -> [u64; 2] {
        [self.placement.holds(one).await, self.placement.holds(other).await]
    }

    /// The service's tasks, newest first.
    pub async fn tasks(&self) -> Vec<Value> {
        self.serve.get("/v1/tasks").await.body["tasks"].as_array().unwrap().clone()
    }

    /// The value of this series in the metrics.
    pub async fn metric(&self, series: &str) -> u64 {
        let metrics = self.serve.get("/metrics").await.body;
        let lines = metrics.as_str().unwrap().lines();
        lines
            .filter_map(|line| line.strip_prefix(series))
            .find_map(|value| value.trim().parse().ok())
            .unwrap_or_default()
    }

    /// The moves that the proxy has counted like this.
    pub async fn counted(&self, mode: &str, result: &str) -> u64 {
        self.metric(&format!("swaparoo_proxy_moves_total{{mode=\"{mode}\",result=\"{result}\"}}")).await
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

/// Waits until it is so.
pub async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < Duration::from_secs(30), "{what} did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn new() -> String {
    Uuid::new_v4().to_string()
}

fn configured(folder: &Path, url: &str, proxy: &str) {
    configure(folder, url, &format!("[proxy]\nlisten = \"127.0.0.1:0\"\n{proxy}"));
    change(folder, "filter = \"warn\"", "filter = \"info\"");
}

fn with_cloud(folder: &Path, nova: &FakeNova) {
    change(folder, &format!("token_file = {:?}", folder.join("token")), "cloud = \"fake\"");
    std::fs::write(folder.join("clouds.yaml"), nova.clouds_yaml()).unwrap();
}

fn run(folder: &Path) -> std::process::Command {
    let mut command = command(folder);
    for variable in ["OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE"] {
        command.env_remove(variable);
    }
    command
}
