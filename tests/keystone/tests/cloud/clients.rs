//! Clients of the service with tokens of the real Keystone, and OpenStack's own way to find the API.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use swaparoo_databases::Cut;

use super::{REAL, open, user};

/// A service whose Keystone is reached through this proxy. It is killed when this value is dropped.
pub struct Service {
    process: Child,
    url: String,
    keystone: Cut,
    folder: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Service {
    pub async fn start() -> Self {
        let port = REAL.urls().keystone.rsplit(':').next().unwrap().parse().unwrap();
        let (keystone, folder) = (Cut::start(port).await.unwrap(), tempfile::tempdir().unwrap());
        let mut process = run(folder.path(), keystone.port());
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let url = lines.filter_map(|line| line.strip_prefix("listening on ").map(str::to_owned)).next();
        let service = Self { process, url: url.expect("it listens"), keystone, folder };
        // Until it has its own token, it cannot ask Keystone.
        while service.status(Method::GET, "/v1/tasks", "unknown").await == 503 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        service
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn ask(&self, method: Method, path: &str, token: &str) -> Response {
        let task = json!({ "kind": "release", "consumer": "70000000-0000-4000-8000-00000000000a", "server": "70000000-0000-4000-8000-00000000000b" });
        let request =
            Client::new().request(method.clone(), format!("{}{path}", self.url)).header("x-auth-token", token);
        let request = if method == Method::POST { request.json(&task) } else { request };
        request.send().await.unwrap()
    }

    async fn status(&self, method: Method, path: &str, token: &str) -> u16 {
        self.ask(method, path, token).await.status().as_u16()
    }
}

/// Starts `swaparoo serve` with its Keystone at that port.
fn run(folder: &Path, keystone: u16) -> Child {
    let clouds = format!(
        "clouds:\n  real:\n    region_name: RegionOne\n    auth: {{auth_url: \"http://127.0.0.1:{keystone}/v3\", username: admin, \
         password: the-admins-password, project_name: admin, user_domain_id: default, project_domain_id: default}}\n"
    );
    std::fs::write(folder.join("clouds.yaml"), clouds).unwrap();
    let config = format!(
        "[listen]\nsocket = \"\"\ntcp = \"127.0.0.1:0\"\ndisable_by_file = \"disabled\"\n[placement]\ncloud = \"real\"\n\
         [journal]\nfile = {:?}\n[auth.keystone]\ncache_for = \"2s\"\n\
         roles = {{ admin = [\"tasks\", \"policies\", \"read\"], auditor = [\"read\"] }}\n",
        folder.join("journal.db")
    );
    std::fs::write(folder.join("swaparoo.toml"), config).unwrap();
    let program = std::env::var_os("SWAPAROO_PROGRAM").expect("SWAPAROO_PROGRAM is not set; run `cargo xtask test`");
    let mut command = Command::new(program);
    command.args(["serve", "--config", "swaparoo.toml"]).env_clear().env("HOME", folder).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The status of a read for the owner of a token, for which a service asks with its own token.
async fn status_of_service(service: &Service, token: &str, own: &str) -> u16 {
    let request = Client::new().get(format!("{}/v1/tasks", service.url)).header("x-auth-token", token);
    request.header("x-service-token", own).send().await.unwrap().status().as_u16()
}

async fn token_of(name: &str) -> String {
    open(user(name, &REAL.urls().keystone)).await.token().await.unwrap()
}

#[tokio::test]
async fn the_roles_of_a_token_decide_what_its_client_may_do() {
    let service = Service::start().await;
    let [admin, auditor, member] = [token_of("admin").await, token_of("auditor").await, token_of("member").await];
    for (token, reads, submits, policies) in [
        (&admin, 200, 201, 200),
        (&auditor, 200, 403, 200),
        (&member, 403, 403, 403),
        (&"unknown".to_owned(), 401, 401, 401),
    ] {
        assert_eq!(service.status(Method::GET, "/v1/tasks", token).await, reads);
        assert_eq!(service.status(Method::POST, "/v1/tasks", token).await, submits);
        assert_eq!(service.status(Method::GET, "/v1/policies", token).await, policies);
    }
    assert_eq!(service.status(Method::POST, "/v1/policies/rollback", &auditor).await, 403);
}

#[tokio::test]
async fn a_revoked_token_is_refused_soon() {
    let service = Service::start().await;
    let token = token_of("auditor").await;
    assert_eq!(service.status(Method::GET, "/v1/tasks", &token).await, 200);
    super::token::revoke(&token).await;
    let revoked = Instant::now();
    while service.status(Method::GET, "/v1/tasks", &token).await != 401 {
        assert!(revoked.elapsed() < Duration::from_secs(10), "it is still accepted");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// nova sends its own token beside a user's one, which may expire in a long operation.
#[tokio::test]
async fn a_service_token_lets_an_expired_token_pass() {
    let service = Service::start().await;
    let hasty = open(user("auditor", &REAL.urls().hasty)).await.token().await.unwrap();
    let [nova, member] = [token_of("nova").await, token_of("member").await];
    assert_eq!(status_of_service(&service, &hasty, &nova).await, 200);
    let issued = Instant::now();
    while service.status(Method::GET, "/v1/tasks", &hasty).await != 401 {
        assert!(issued.elapsed() < Duration::from_secs(30), "it does not expire");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(status_of_service(&service, &hasty, &nova).await, 200);
    assert_eq!(status_of_service(&service, &hasty, &member).await, 401, "no service token");
    assert_eq!(status_of_service(&service, &hasty, "unknown").await, 401);
    assert_eq!(status_of_service(&service, &member, &nova).await, 403, "its own roles decide");
}

/// A token that Keystone has just confirmed goes on. Of another one the service cannot say that it is wrong.
#[tokio::test]
async fn while_keystone_is_away_known_tokens_go_on_and_others_get_503() {
    let service = Service::start().await;
    let [known, other] = [token_of("auditor").await, token_of("admin").await];
    assert_eq!(service.status(Method::GET, "/v1/tasks", &known).await, 200);
    service.keystone.cut();
    assert_eq!(service.status(Method::GET, "/v1/tasks", &known).await, 200);
    let answer = service.ask(Method::GET, "/v1/tasks", &other).await;
    assert!(answer.status() == 503 && answer.headers().contains_key("retry-after"), "{answer:?}");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "swaparoo.keystone_unavailable", "{body}");
    service.keystone.mend();
    assert_eq!(service.status(Method::GET, "/v1/tasks", &other).await, 200);
}

/// What keystoneauth, which every OpenStack client uses, finds at the addresses that a catalogue may have.
#[tokio::test]
async fn keystoneauth_finds_the_version() {
    let service = Service::start().await;
    let script = "import sys\nfrom keystoneauth1 import discover, session\n\
        for url in sys.argv[1:]:\n    found, = discover.Discover(session.Session(), url).version_data()\n    \
        print(found['version'], found['status'], found['min_microversion'], found['max_microversion'], found['url'])\n";
    let python = std::env::var_os("SWAPAROO_PLACEMENT_PYTHON").expect("`cargo xtask test` sets it");
    let asked =
        Command::new(python).args(["-c", script, &service.url, &format!("{}/v1", service.url)]).output().unwrap();
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let at = |path: &str| format!("(1, 0) CURRENT (1, 0) (1, 0) {}{path}", service.url);
    assert_eq!(said.lines().collect::<Vec<_>>(), [at("/v1/"), at("/v1/")]);
}

/// As a load balancer of Kolla or OpenStack-Ansible asks.
#[tokio::test]
async fn a_file_takes_the_service_out_of_a_load_balancer() {
    let service = Service::start().await;
    let file = service.folder.path().join("disabled");
    let mut said = Vec::new();
    for is_disabled in [false, true, false] {
        if is_disabled {
            std::fs::write(&file, "").unwrap()
        } else {
            drop(std::fs::remove_file(&file))
        }
        let answer = service.ask(Method::GET, "/healthcheck", "").await;
        said.push((answer.status().as_u16(), answer.text().await.unwrap()));
    }
    assert_eq!(said, [(200, "OK".to_owned()), (503, "DISABLED BY FILE".to_owned()), (200, "OK".to_owned())]);
}
