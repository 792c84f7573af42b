//! `openstack` with the plugin in `osc/`, installed as by an operator, and the real Keystone.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::REAL;
use super::clients::Service;

const PLUGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../osc");

/// The environment of python-openstackclient.
fn environment() -> PathBuf {
    std::env::var_os("SWAPAROO_OSC").expect("SWAPAROO_OSC is not set; run `cargo xtask test`").into()
}

/// The plugin, installed into a folder.
fn installed() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    // A copy, since setuptools writes beside the sources.
    let source = folder.path().join("source");
    run(Command::new("cp").arg("--recursive").arg(PLUGIN).arg(&source));
    let mut pip = Command::new(environment().join("bin/python"));
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps", "--no-index"]);
    run(pip.arg("--no-build-isolation").arg("--target").arg(folder.path().join("site")).arg(&source));
    folder
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// `openstack` as one user.
struct OpenStack<'a> {
    site: &'a Path,
    service: &'a Service,
    user: &'a str,
}

impl OpenStack<'_> {
    fn output(&self, arguments: &[&str]) -> Output {
        let project = if self.user == "admin" { "admin" } else { "demo" };
        let mut openstack = Command::new(environment().join("bin/openstack"));
        openstack.args(arguments).env_clear().env("PYTHONPATH", self.site).env("HOME", self.site);
        openstack.env("OS_AUTH_URL", format!("{}/v3", REAL.urls().keystone));
        openstack.env("OS_USERNAME", self.user).env("OS_PASSWORD", format!("the-{}s-password", self.user));
        openstack
            .env("OS_PROJECT_NAME", project)
            .env("OS_USER_DOMAIN_ID", "default")
            .env("OS_PROJECT_DOMAIN_ID", "default");
        openstack.env("OS_ALLOCATION_TASK_ENDPOINT", self.service.url()).output().unwrap()
    }

    /// What it prints as JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.output(&[arguments, &["-f", "json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What it prints as text.
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The digest and the roles of a policy.
    fn policy(&self, name: &str) -> (String, Value) {
        let policies = self.json(&["allocation", "policy", "list", "-c", "Digest", "-c", "Name", "-c", "Roles"]);
        let policy = policies.as_array().unwrap().iter().find(|policy| policy["Name"] == name).unwrap();
        (policy["Digest"].as_str().unwrap().to_owned(), policy["Roles"].clone())
    }

    /// Its error, with an exit code that is not 0.
    fn error(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_and_policies_are_commands_of_openstack() {
    let (service, folder) = (Service::start().await, installed());
    let site = folder.path().join("site");
    let of = |user| OpenStack { site: &site, service: &service, user };
    let [admin, auditor] = [of("admin"), of("auditor")];

    let [source, target] = ["70000000-0000-4000-8000-00000000000c", "70000000-0000-4000-8000-00000000000d"];
    let task = json!({ "kind": "move", "source": source, "target": target, "target_is_new": true }).to_string();
    let submitted = admin.json(&["allocation", "task", "submit", &task]);
    assert_eq!(
        (&submitted["state"], &submitted["end"]),
        (&json!("finished"), &json!("nothing-to-move")),
        "{submitted}"
    );
    let shown = auditor.json(&["allocation", "task", "show", submitted["id"].as_str().unwrap()]);
    assert_eq!(shown, submitted);
    let listed = auditor.json(&["allocation", "task", "list", "--consumer", target, "--limit", "5"]);
    assert_eq!(listed[0]["ID"], submitted["id"], "{listed}");
    let none = auditor.json(&["allocation", "task", "list", "--state", "open"]);
    assert_eq!(none, json!([]));
    let policies = auditor.json(&["allocation", "policy", "list", "-c", "Name", "-c", "Roles"]);
    assert!(policies.as_array().unwrap().contains(&json!({ "Name": "standard", "Roles": ["active"] })), "{policies}");
    assert_eq!(auditor.json(&["allocation", "runner", "list"]), json!([]));

    let forbidden = auditor.error(&["allocation", "task", "submit", &task]);
    assert!(forbidden.contains("swaparoo.forbidden: this request needs a token with the role `tasks`"), "{forbidden}");
    let unknown = admin.error(&["allocation", "task", "show", source]);
    assert!(unknown.contains("swaparoo.not_found: ") && unknown.contains(source), "{unknown}");
    let ambiguous = admin.error(&["allocation", "policy", "promote", "zz"]);
    assert!(ambiguous.contains("0 policies have a digest that begins with 'zz'"), "{ambiguous}");
    let nova = admin.policy("nova-34").0;
    let no_kind = admin.error(&["allocation", "policy", "promote", &nova, "--for", "move,mvoe"]);
    assert!(no_kind.contains("unknown variant `mvoe`"), "{no_kind}");
    admin.text(&["allocation", "policy", "shadow", "set", &nova[..12], "--for", "move,revert"]);
    assert_eq!(admin.policy("nova-34").1, json!(["shadow for move revert"]));
    admin.text(&["allocation", "policy", "shadow", "unset", "--for", "revert"]);
    assert_eq!(admin.policy("nova-34").1, json!(["shadow for move"]));
    let none = admin.error(&["allocation", "policy", "rollback", "--for", "move"]);
    assert!(none.contains("no policy was active before for move"), "{none}");
    let no_kind = admin.error(&["allocation", "policy", "rollback", "--for", "mvoe"]);
    assert!(no_kind.contains("\"mvoe\" is not a kind of task; the kinds are move, replace"), "{no_kind}");
    let audit = auditor.error(&["allocation", "audit"]);
    assert!(audit.contains("audit.every"), "{audit}");
}
