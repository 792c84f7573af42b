//! Audits and a running service: `audit --repair` hands its repairs to the service, and the service audits by itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::cloud::{Cloud, OLD};
use super::fake_nova::FakeNova;
use crate::service::serve::{Answer, Serve, change, command, configure};

/// A server that has lost its allocations to a record, and one that was evacuated.
struct Leaks {
    cloud: Cloud,
    lost: String,
    record: String,
    evacuated: String,
    _nova: FakeNova,
}

fn leaks() -> Leaks {
    let cloud = Cloud::begin();
    let (nova, source, destination) = (cloud.nova(None), cloud.source.clone(), cloud.destination.clone());
    let [lost, record, evacuated] = [(); 3].map(|()| Uuid::new_v4().to_string());
    nova.add_server(&lost, Some(1), "active", None);
    nova.add_migration(&record, &lost, "resize", "error", OLD);
    cloud.holds(&record, &[(&source, "VCPU", 1)]);
    nova.add_server(&evacuated, Some(2), "active", None);
    nova.add_migration(&Uuid::new_v4().to_string(), &evacuated, "evacuation", "done", OLD);
    cloud.holds(&evacuated, &[(&source, "VCPU", 1), (&destination, "VCPU", 1)]);
    Leaks { cloud, lost, record, evacuated, _nova: nova }
}

/// Starts a service in the folder of the program, which has `clouds.yaml`.
fn serve(cloud: &Cloud, more: &str) -> Serve {
    let folder = cloud.program.path("");
    configure(&folder, "http://127.0.0.1:1", more);
    change(&folder, "url = \"http://127.0.0.1:1\"\n", "cloud = \"fake\"\n");
    let file = folder.join("swaparoo.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let without_token: Vec<_> = config.lines().filter(|line| !line.starts_with("token_file")).collect();
    std::fs::write(&file, without_token.join("\n")).unwrap();
    let mut command = command(&folder);
    for variable in ["OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE"] {
        command.env_remove(variable);
    }
    Serve::run(&folder, command)
}

impl Leaks {
    fn get(&self, serve: &Serve, path: &str) -> Answer {
        self.cloud.run(serve.get(path))
    }

    /// Waits until the service has audited.
    fn audited(&self, serve: &Serve) -> Value {
        let began = Instant::now();
        loop {
            let answer = self.get(serve, "/v1/audit");
            assert_eq!(answer.status, 200, "{}", answer.body);
            if answer.body["last"].is_object() {
                return answer.body;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{}", answer.body);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn repairs_are_tasks_of_the_service() {
    let leaks = leaks();
    let Leaks { cloud, lost, record, evacuated, .. } = &leaks;
    let serve = serve(cloud, "");
    let ran = cloud.program.run_with("audit --cloud fake --repair", &[("SWAPAROO_URL", serve.url())]);
    assert_eq!(ran.code, 3, "the evacuated server is left: {}{}", ran.out, ran.err);
    assert!(ran.err.contains("running in the service at"), "{}", ran.err);
    assert!(ran.out.contains(&format!("  repaired: {lost} holds what {record} held")), "{}", ran.out);
    assert!(ran.out.ends_with("\n1 of 2 consumers holds what it should not; 1 repaired\n"), "{}", ran.out);
    let source = &cloud.source;
    assert_eq!((cloud.vcpu(lost, source), cloud.held(record), cloud.vcpu(evacuated, source)), (1, json!({}), 1));
    let tasks = leaks.get(&serve, &format!("/v1/tasks?consumer={record}")).body;
    assert_eq!((&tasks["tasks"][0]["kind"], &tasks["tasks"][0]["state"]), (&json!("release"), &json!("finished")));
    let off = leaks.get(&serve, "/v1/audit");
    assert_eq!(off.code(), (404, "swaparoo.not_found"), "{}", off.body);
}

#[test]
fn the_service_audits_by_itself_and_repairs_nothing() {
    let leaks = leaks();
    let serve = serve(&leaks.cloud, "[audit]\nevery = \"1h\"\n");
    let body = leaks.audited(&serve);
    assert_eq!(
        (&body["every_seconds"], &body["failure"], &body["last"]["complete"]),
        (&json!(3600), &json!(null), &json!(true))
    );
    let findings = body["last"]["findings"].as_array().unwrap();
    let mut found: Vec<_> =
        findings.iter().map(|it| (it["why"].as_str().unwrap(), it["consumer"].as_str().unwrap())).collect();
    found.sort_unstable();
    assert_eq!(found, [("evacuated", leaks.evacuated.as_str()), ("server-lost-it", leaks.record.as_str())]);
    assert_eq!((leaks.cloud.vcpu(&leaks.record, &leaks.cloud.source), &body["last"]["repairs"]), (1, &json!([])));

    let metrics = leaks.get(&serve, "/metrics").body;
    let metrics = metrics.as_str().unwrap();
    for line in [
        "swaparoo_orphans{kind=\"evacuated\"} 1",
        "swaparoo_orphans{kind=\"server-lost-it\"} 1",
        "swaparoo_orphans{kind=\"hidden-consumer\"} 0",
        "swaparoo_audit_age_seconds ",
    ] {
        assert!(metrics.lines().any(|one| one.starts_with(line)), "{line}\n{metrics}");
    }
}

#[test]
fn the_service_repairs_the_kinds_that_it_is_told_to() {
    let leaks = leaks();
    let serve = serve(&leaks.cloud, "[audit]\nevery = \"1h\"\nrepair = [\"server-lost-it\"]\n");
    let body = leaks.audited(&serve);
    let (repair, findings) = (&body["last"]["repairs"][0], &body["last"]["findings"]);
    assert_eq!((&repair["why"], &repair["repaired"]), (&json!("server-lost-it"), &json!(true)), "{body}");
    let task = leaks.get(&serve, &format!("/v1/tasks/{}", repair["task"].as_str().unwrap()));
    assert_eq!(task.end(), ("finished", "moved"), "{}", task.body);
    assert_eq!((findings.as_array().map(Vec::len), &findings[0]["why"]), (Some(1), &json!("evacuated")), "{body}");
    assert_eq!(leaks.cloud.vcpu(&leaks.lost, &leaks.cloud.source), 1);
}
