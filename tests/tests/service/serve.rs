//! A running `swaparoo serve`, on a loopback port.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use swaparoo_real_placement::plain_http;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::child_processes;
use crate::program_under_test::cache_in;
pub use crate::program_under_test::program;

/// The service. It is killed when this value is dropped.
pub struct Serve {
    url: String,
    /// The address of its proxy, if it has one.
    proxy: Option<String>,
    process: Process,
    http: reqwest::Client,
}

/// Its process, which other code may kill.
#[derive(Clone)]
pub struct Process(Arc<Mutex<Option<Child>>>);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The status and the error's code.
    pub fn code(&self) -> (u16, &str) {
        (self.status, self.body.pointer("/errors/0/code").and_then(Value::as_str).unwrap_or_default())
    }

    /// A task's state, and its outcome's kind or its failure's code.
    pub fn end(&self) -> (&str, &str) {
        let text = |pointer| self.body.pointer(pointer).and_then(Value::as_str);
        (text("/state").unwrap_or_default(), text("/outcome/kind").or(text("/failure/code")).unwrap_or_default())
    }

    /// The text at this JSON pointer of the body.
    pub fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {}", self.body))
    }
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

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Its exit code when it has ended by itself.
    pub fn ended(&self) -> Option<i32> {
        let mut child = self.0.lock().unwrap().take().expect("it runs");
        child.wait().unwrap().code()
    }

    /// Whether it has not ended.
    pub fn runs(&self) -> bool {
        let mut child = self.0.lock().unwrap();
        child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    pub fn id(&self) -> u32 {
        self.0.lock().unwrap().as_ref().expect("it runs").id()
    }

    /// Its private memory in KiB, without files and program.
    pub fn memory(&self) -> u64 {
        self.status("RssAnon:")
    }

    /// Its resident memory in KiB, as in `ps`.
    pub fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        self.process.kill();
    }
}

/// Writes `swaparoo.toml` in that folder: for the Placement at `url`, with more sections. A promotion check searches without
/// faults, unless `more` has another number: with a fault it takes seconds, and has its own tests.
pub fn configure(folder: &Path, url: &str, more: &str) {
    secret(&folder.join("token"), "admin\n");
    let policies = format!("[policies]\n{}", if more.contains("search_faults") { "" } else { "search_faults = 0\n" });
    let more = if more.contains("[policies]\n") {
        more.replace("[policies]\n", &policies)
    } else {
        format!("{more}{policies}")
    };
    let config = format!(
        "[listen]\nsocket = \"\"\ntcp = \"127.0.0.1:0\"\n[placement]\nurl = {url:?}\ntoken_file = {:?}\n\
         [journal]\nfile = {:?}\n[log]\nfilter = \"warn\"\n{more}",
        folder.join("token"),
        folder.join("journal.db"),
    );
    std::fs::write(folder.join("swaparoo.toml"), config).unwrap();
}

/// Writes a file that only its owner can access, as the service requires for tokens and keys.
pub fn secret(file: &Path, text: &str) {
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
}

/// Changes one line of the configuration.
pub fn change(folder: &Path, from: &str, to: &str) {
    let file = folder.join("swaparoo.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    assert!(config.contains(from), "{config}");
    std::fs::write(file, config.replace(from, to)).unwrap();
}

/// `swaparoo serve` with the configuration in that folder.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.args(["serve", "--config", "swaparoo.toml"]).current_dir(folder);
    command.env("XDG_CACHE_HOME", cache_in(folder)).env_remove("RUST_LOG");
    command
}

/// The same under a limit, given as the shell's `ulimit` takes it.
pub fn limited(folder: &Path, limit: &str) -> Command {
    let usual = command(folder);
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\"")]).arg(program()).args(usual.get_args());
    limited.current_dir(folder).env("XDG_CACHE_HOME", cache_in(folder)).env_remove("RUST_LOG");
    limited
}

impl Serve {
    /// Starts it with the Placement at `url` and its journal in `folder`.
    pub fn start(folder: &Path, url: &str) -> Self {
        Self::start_with(folder, url, "")
    }

    /// The same, with more sections in its configuration.
    pub fn start_with(folder: &Path, url: &str, more: &str) -> Self {
        configure(folder, url, more);
        Self::run(folder, command(folder))
    }

    /// Runs this command, and waits until it listens.
    pub fn run(folder: &Path, mut command: Command) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        // The line of a socket comes before the line of the address.
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address =
            |line: String| line.strip_prefix("listening on ").filter(|at| at.starts_with("http")).map(str::to_owned);
        let mut proxy = None;
        let url = blocking(|| {
            lines.find_map(|line| {
                proxy = line.split_once(" moves at ").map(|(_, at)| at.to_owned()).or(proxy.take());
                address(line)
            })
        });
        let url = url.unwrap_or_else(|| panic!("{}", std::fs::read_to_string(folder.join("log")).unwrap()));
        let http = plain_http().timeout(Duration::from_secs(60)).build().unwrap();
        Self { url, proxy, process: Process(Arc::new(Mutex::new(Some(child)))), http }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of its proxy.
    pub fn proxy(&self) -> &str {
        self.proxy.as_deref().expect("it has a proxy")
    }

    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// The answer, or none if the service dies first.
    pub async fn try_post(&self, path: &str, key: &str, body: &Value) -> Option<Answer> {
        answer(self.json(Method::POST, path, body).header("idempotency-key", key)).await
    }

    /// The same for a caller's reply.
    pub async fn try_reply(&self, task: &str, reply: &Value) -> Option<Answer> {
        answer(self.json(Method::POST, &format!("{task}/replies"), reply)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.json(Method::POST, path, body)).await.expect("an answer")
    }

    /// A new task, with more headers.
    pub async fn post_with(&self, headers: &[(&str, &str)], task: &Value) -> Answer {
        let request = self.json(Method::POST, "/v1/tasks", task);
        answer(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await.unwrap()
    }

    /// The same, with this token.
    pub async fn post_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        answer(self.json(Method::POST, path, body).bearer_auth(token)).await.expect("an answer")
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        answer(self.json(Method::PUT, path, body)).await.expect("an answer")
    }

    /// The same, with this token.
    pub async fn put_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        answer(self.json(Method::PUT, path, body).bearer_auth(token)).await.expect("an answer")
    }

    pub async fn delete(&self, path: &str) -> Answer {
        answer(self.http.delete(format!("{}{path}", self.url))).await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.expect("an answer")
    }

    pub async fn try_get(&self, path: &str) -> Option<Answer> {
        answer(self.http.get(format!("{}{path}", self.url))).await
    }

    /// The same, with this token.
    pub async fn get_as(&self, token: &str, path: &str) -> Answer {
        answer(self.http.get(format!("{}{path}", self.url)).bearer_auth(token)).await.expect("an answer")
    }

    fn json(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.header("content-type", "application/json").body(body.to_string())
    }

    /// Makes a policy active.
    pub async fn activate(&self, promotion: &Value) {
        let answer = self.put("/v1/policies/active", promotion).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Its running child processes.
    pub fn workers(&self) -> Vec<i32> {
        child_processes::of(self.process.id())
    }

    /// Sends a component.
    pub async fn push(&self, component: Vec<u8>) -> Answer {
        let request = self.http.post(format!("{}/v1/policies", self.url)).header("content-type", "application/wasm");
        answer(request.body(component)).await.expect("an answer")
    }
}

/// Runs a function that blocks this thread. Other tasks of the runtime continue: they may be the proxies that receive the
/// service's first requests.
fn blocking<T>(run: impl FnOnce() -> T) -> T {
    let several = Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if several { tokio::task::block_in_place(run) } else { run() }
}

async fn answer(request: RequestBuilder) -> Option<Answer> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let text = answer.text().await.ok()?;
    Some(Answer { status, retry_after, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
}
