//! Each kind of finding that a person must judge, with nova's data from a file.

use std::process::Command;

use serde_json::json;
use swaparoo_placement::Request;

use super::cloud::{Cloud, OLD};

/// Checks that this is the only finding, that the words of the report contain this, that a person must look, and that
/// `--repair` changes nothing.
pub fn check(cloud: &Cloud, consumer: &str, kind: &str, words: &str) {
    let found = cloud.findings();
    assert_eq!(found, [(consumer.to_owned(), (kind.to_owned(), false))].into_iter().collect());
    let before = cloud.held(consumer);
    let ran = cloud.audit("--repair");
    assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{}", ran.out);
    assert!(ran.out.contains(words), "{}\nshould say: {words}", ran.out);
    assert_eq!(cloud.held(consumer), before);
}

/// Bugs 1862633, 1798688 and 2025480 (shelved), 1833581 and 1859496 (build).
#[test]
fn servers_on_no_host_hold_nothing() {
    for vm_state in ["shelved_offloaded", "error"] {
        let mut cloud = Cloud::begin();
        let server = cloud.server("present", None);
        cloud.holds(&server, &[(&cloud.source.clone(), "VCPU", 2)]);
        assert!(cloud.findings().is_empty(), "it may be in a build");
        cloud.set(&server, "vm_state", json!(vm_state));
        cloud.set(&server, "task_state", json!("spawning"));
        assert!(cloud.findings().is_empty(), "nova works on it");
        cloud.set(&server, "task_state", json!(null));
        let way_out =
            format!("\n  if nova has no task for it: openstack resource provider allocation delete {server}\n");
        check(&cloud, &server, "no-host", &way_out);
    }
}

/// Bug 1829479, first half: nova keeps the allocations of the failed host on purpose.
#[test]
fn an_evacuated_server_holds_the_failed_node_on_purpose() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let server = cloud.server("present", Some(&destination));
    cloud.migration_of("evacuation", &server, "done", OLD);
    cloud.holds(&server, &[(&source, "VCPU", 2), (&destination, "VCPU", 2)]);
    let words = format!(
        "was evacuated to compute node {destination} (migration {}): nova keeps its allocations of {source} on purpose \
         until the compute service there starts again",
        cloud.facts["migrations"][0]["uuid"].as_str().unwrap()
    );
    check(&cloud, &server, "evacuated", &words);
}

/// Without them the server would hold nothing, so no command is printed that drops them.
#[test]
fn a_server_that_holds_nothing_of_its_own_node_keeps_what_it_has() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let server = cloud.server("present", Some(&destination));
    cloud.migration_of("evacuation", &server, "done", OLD);
    cloud.holds(&server, &[(&source, "VCPU", 2)]);
    let words = format!("\n  it holds nothing of its own compute node {destination}; `openstack resource provider");
    check(&cloud, &server, "evacuated", &words);
    cloud.set(&server, "task_state", json!("rebuilding"));
    assert!(cloud.findings().is_empty(), "nova works on it");
}

/// A repair that does not do what its finding says is not counted as one, under any policy.
#[test]
fn only_what_the_finding_needs_counts_as_repaired() {
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let server = cloud.server("present", Some(&source));
    let migration = cloud.migration(&server, "error");
    cloud.holds(&migration, &[(&source, "VCPU", 2)]);
    let ran = cloud.audit("--repair --policy seed");
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("\n  not repaired as the finding says: "), "{}", ran.out);
    assert!(ran.out.ends_with("; 1 not repaired\n"), "{}", ran.out);
    let policies = std::env::var("SWAPAROO_POLICIES").expect("SWAPAROO_POLICIES is not set; run `cargo xtask test`");
    let moves = cloud.audit(&format!("--policy {policies}/standard-moves.wasm"));
    assert_eq!(moves.code, 2, "{}", moves.out);
    assert!(moves.error().contains("cannot be used for an audit: it has no rules for `release`"), "{}", moves.err);
}

/// Bug 1829479, second half: the compute service was deleted, and its provider cannot be.
#[test]
fn a_server_holds_a_provider_that_is_no_compute_node_any_more() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let server = cloud.server("present", Some(&destination));
    cloud.migration_of("evacuation", &server, "done", OLD);
    cloud.holds(&server, &[(&source, "VCPU", 2), (&destination, "VCPU", 2)]);
    cloud.facts["compute_nodes"] = json!([destination]);
    let way_out = format!(
        "\n  if the server does not run there: openstack --os-placement-api-version 1.28 resource provider allocation unset \
         --provider {source} {server}\n"
    );
    check(&cloud, &server, "former-node", &way_out);
    // A provider that other compute nodes share is none.
    let path = format!("/resource_providers/{source}/traits");
    let generation = cloud.send(Request::get(&path))["resource_provider_generation"].clone();
    let body = json!({ "resource_provider_generation": generation, "traits": ["MISC_SHARES_VIA_AGGREGATE"] });
    cloud.send(Request::put(&path, body));
    assert!(cloud.findings().is_empty());
}

/// A conductor or a compute service died: README's story 4 afterwards, and bug 1821594.
#[test]
fn records_that_have_not_changed_for_hours_are_found() {
    let statuses = ["pre-migrating", "confirming", "reverting", "running", "queued", "accepted", "preparing"];
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let added = statuses.map(|status| {
        let server = cloud.server("present", Some(&source));
        let migration = cloud.migration_of("migration", &server, status, &yesterday());
        cloud.holds(&migration, &[(&source, "VCPU", 2)]);
        cloud.set(&server, "task_state", json!("migrating"));
        (server, migration, status)
    });
    assert!(cloud.findings().is_empty(), "nova works on them");
    for (server, ..) in &added {
        cloud.set(server, "task_state", json!(null));
    }
    assert_eq!(cloud.audit("--stuck-after 100h").code, 0);
    let stuck = added.iter().map(|(_, migration, _)| (migration.clone(), ("stuck-migration".to_owned(), false)));
    assert_eq!(cloud.findings(), stuck.collect());
    let before = added.each_ref().map(|(_, migration, _)| cloud.held(migration));
    let ran = cloud.audit("--repair");
    assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{}", ran.out);
    for (server, migration, status) in &added {
        let words = format!("migration {migration} of server {server} is {status} and has not changed for 1 day");
        assert!(ran.out.contains(&words), "{}\nshould say: {words}", ran.out);
    }
    assert_eq!(added.each_ref().map(|(_, migration, _)| cloud.held(migration)), before);
}

/// A resize that waits for its user is `finished` for days.
#[test]
fn a_resize_that_waits_for_its_user_is_not_stuck() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let server = cloud.server("present", Some(&destination));
    let migration = cloud.migration(&server, "finished");
    cloud.holds(&migration, &[(&source, "VCPU", 2)]);
    cloud.holds(&server, &[(&destination, "VCPU", 4)]);
    cloud.set(&server, "vm_state", json!("resized"));
    assert!(cloud.findings().is_empty());
    cloud.set(&server, "vm_state", json!("active"));
    check(&cloud, &migration, "stuck-migration", "is finished and has not changed for");
}

#[test]
fn a_success_on_the_old_node_contradicts_itself() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let server = cloud.server("present", Some(&source));
    let migration = cloud.migration_of("live-migration", &server, "completed", OLD);
    cloud.holds(&migration, &[(&source, "VCPU", 2)]);
    cloud.holds(&server, &[(&destination, "VCPU", 2)]);
    check(&cloud, &migration, "contradicts-nova", "is completed, but nova shows server");
}

/// An old record is not given back while another migration of the server uses its claim.
#[test]
fn a_record_beside_a_running_migration_waits() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let server = cloud.server("present", Some(&source));
    let old = cloud.migration(&server, "error");
    cloud.holds(&old, &[(&source, "VCPU", 2)]);
    cloud.fresh_migration(&server, "migrating");
    cloud.holds(&server, &[(&destination, "VCPU", 2)]);
    assert_eq!(cloud.findings()[&old], ("beside-a-migration".to_owned(), false));
    let ran = cloud.audit("--repair");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    assert_eq!((cloud.vcpu(&old, &source), cloud.vcpu(&server, &destination)), (2, 2));
}

/// Bugs 1949808 and 1960412: the give-back ends both, so both are one finding.
#[test]
fn a_leak_is_listed_once() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let server = cloud.server("present", Some(&source));
    let migration = cloud.migration_of("live-migration", &server, "cancelled", OLD);
    cloud.holds(&migration, &[(&source, "VCPU", 2)]);
    cloud.holds(&server, &[(&destination, "VCPU", 2)]);
    let only = [(migration.clone(), ("server-lost-it".to_owned(), true))];
    assert_eq!(cloud.findings(), only.into_iter().collect());
    let ran = cloud.audit("--repair");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.ends_with("none of 2 consumers holds what it should not; 1 repaired\n"), "{}", ran.out);
    assert_eq!((cloud.vcpu(&server, &source), cloud.vcpu(&server, &destination)), (2, 0));
}

/// An allocation whose consumer has no row: Placement counts it, and shows it nowhere.
#[test]
fn usage_that_no_consumer_explains_is_found() {
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let server = cloud.server("present", Some(&source));
    cloud.holds(&server, &[(&source, "VCPU", 2)]);
    let hidden = uuid::Uuid::new_v4().to_string();
    cloud.holds(&hidden, &[(&source, "VCPU", 3)]);
    assert_eq!(cloud.findings().len(), 1);
    let database = cloud.placement.database();
    let code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
                c.execute('delete from consumers where uuid = ?', [sys.argv[2]]); c.commit()";
    let python = std::env::var("SWAPAROO_PLACEMENT_PYTHON").unwrap();
    assert!(Command::new(python).args(["-c", code]).arg(database).arg(&hidden).status().unwrap().success());

    let ran = cloud.audit("");
    assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{}", ran.out);
    let words = format!("{source}  usage of a hidden consumer\n  3 VCPU of resource provider {source} are in use");
    assert!(ran.out.contains(&words), "{}", ran.out);
    assert!(ran.out.ends_with("1 of 1 consumer holds what it should not\n"), "{}", ran.out);
}

fn yesterday() -> String {
    let python =
        "import datetime as d; print((d.datetime.now(d.timezone.utc) - d.timedelta(days=1, hours=2)).isoformat())";
    let program = std::env::var("SWAPAROO_PLACEMENT_PYTHON").unwrap();
    let out = Command::new(program).args(["-c", python]).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}
