//! A running `swaparoo serve`, on a port of loopback.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// The service; it is killed when this is dropped.
pub struct Serve {
    url: String,
    process: Process,
    http: reqwest::Client,
}

/// Its process, which others may kill.
#[derive(Clone)]
pub struct Process(Arc<Mutex<Option<Child>>>);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Process {
    /// kill -9, and waits until it is dead.
    pub fn kill(&self) {
        if let Some(mut child) = self.0.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Process {
    /// SIGTERM, and its exit code when it has ended.
    pub fn stop(&self) -> Option<i32> {
        let mut child = self.0.lock().unwrap().take().expect("it runs");
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        child.wait().unwrap().code()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        self.process.kill();
    }
}

pub fn program() -> PathBuf {
    std::env::var_os("SWAPAROO_PROGRAM").expect("SWAPAROO_PROGRAM is not set; run `cargo xtask test`").into()
}

impl Serve {
    /// Starts it on the Placement at `url`, with its journal in `folder`.
    pub fn start(folder: &Path, url: &str) -> Self {
        std::fs::write(folder.join("token"), "admin\n").unwrap();
        let config = format!(
            "[listen]\nsocket = \"\"\ntcp = \"127.0.0.1:0\"\n[placement]\nurl = {url:?}\ntoken_file = {:?}\n\
             [journal]\nfile = {:?}\n[log]\nfilter = \"warn\"\n",
            folder.join("token"),
            folder.join("journal.db"),
        );
        std::fs::write(folder.join("swaparoo.toml"), config).unwrap();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        let mut child = Command::new(program())
            .args(["serve", "--config", "swaparoo.toml"])
            .current_dir(folder)
            .env("XDG_CACHE_HOME", folder.join("cache"))
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let url = url.unwrap_or_else(|| panic!("{line:?}\n{}", std::fs::read_to_string(folder.join("log")).unwrap()));
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        Self { url, process: Process(Arc::new(Mutex::new(Some(child)))), http }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// An answer, or none when the service dies first.
    pub async fn try_post(&self, path: &str, key: &str, body: &Value) -> Option<Answer> {
        let request = self.http.post(format!("{}{path}", self.url)).header("idempotency-key", key);
        answer(request.header("content-type", "application/json").body(body.to_string())).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        answer(request.body(body.to_string())).await.expect("an answer")
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        let request = self.http.put(format!("{}{path}", self.url)).header("content-type", "application/json");
        answer(request.body(body.to_string())).await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.http.get(format!("{}{path}", self.url))).await.expect("an answer")
    }

    /// Sends a component.
    pub async fn push(&self, component: Vec<u8>) -> Answer {
        let request = self.http.post(format!("{}/v1/policies", self.url)).header("content-type", "application/wasm");
        answer(request.body(component)).await.expect("an answer")
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Option<Answer> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let text = answer.text().await.ok()?;
    Some(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
}
