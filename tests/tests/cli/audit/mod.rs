//! `swaparoo audit` on the real Placement: each leak that nova 34 leaves (facts 8.1) is found and repaired, and nothing
//! else is changed.

mod cloud;
pub mod fake_nova;
mod flavors;
mod kinds;
mod live;
mod service;
mod unknown;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::program::Program;
use cloud::{ADMIN, Cloud, OLD};

/// Cases 1 and 2 (the migration failed and its record kept the server's allocations), case 3 (the server was deleted
/// and its allocations were restored), and other leaks.
#[test]
fn each_leak_is_found_and_settled() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    let lost = cloud.server("present", Some(&source));
    let keeper = cloud.migration(&lost, "error");
    cloud.holds(&keeper, &[(&source, "VCPU", 2)]);

    let deleted = cloud.server("gone", None);
    cloud.holds(&deleted, &[(&source, "VCPU", 3)]);
    let purged = cloud.server("gone", None);
    let of_purged = cloud.migration(&purged, "error");
    cloud.holds(&of_purged, &[(&source, "VCPU", 4)]);

    let moved = cloud.server("present", Some(&destination));
    let confirmed = cloud.migration(&moved, "confirmed");
    cloud.holds(&moved, &[(&destination, "VCPU", 5)]);
    cloud.holds(&confirmed, &[(&source, "VCPU", 5)]);

    let found: BTreeMap<String, (String, bool)> = [
        (&keeper, "server-lost-it"),
        (&deleted, "deleted-server"),
        (&of_purged, "migration-of-deleted-server"),
        (&confirmed, "ended-migration"),
    ]
    .into_iter()
    .map(|(consumer, why)| (consumer.clone(), (why.to_owned(), true)))
    .collect();
    assert_eq!(cloud.findings(), found);

    let report = cloud.audit("");
    assert_eq!((report.code, report.err.as_str()), (1, ""), "{}", report.out);
    let given_back = format!(
        "migration {keeper} has ended and holds the allocations of server {lost}: a repair gives them back (since {OLD})"
    );
    assert!(report.out.contains(&given_back), "{}", report.out);
    assert!(
        report.out.ends_with("4 of 5 consumers hold what they should not; --repair settles 4 of them\n"),
        "{}",
        report.out
    );

    let repaired = cloud.audit("--repair");
    assert_eq!((repaired.code, repaired.err.as_str()), (0, ""), "{}", repaired.out);
    assert_eq!(repaired.out.matches("  repaired: ").count(), 4, "{}", repaired.out);
    assert!(repaired.out.ends_with("\nnone of 5 consumers holds what it should not; 4 repaired\n"), "{}", repaired.out);
    assert_eq!((cloud.vcpu(&lost, &source), cloud.held(&keeper)), (2, json!({})));
    assert_eq!(
        [cloud.held(&deleted), cloud.held(&of_purged), cloud.held(&confirmed)],
        [json!({}), json!({}), json!({})]
    );
    assert_eq!(cloud.vcpu(&moved, &destination), 5);
    let again = cloud.audit("--repair");
    assert_eq!((again.code, again.out.as_str()), (0, "none of 2 consumers holds what it should not\n"));
}

/// A running resize, a live migration that has begun, an evacuation, a server with shared disks, one that nova is
/// deleting; and findings that only a person can judge.
#[test]
fn nothing_else_is_touched() {
    let mut cloud = Cloud::begin();
    let (source, destination, disks) = (cloud.source.clone(), cloud.destination.clone(), cloud.disks.clone());
    let mut all = Vec::new();
    for status in ["pre-migrating", "migrating", "post-migrating", "finished", "confirming", "running", "accepted"] {
        let server = cloud.server("present", Some(&source));
        let migration = cloud.fresh_migration(&server, status);
        cloud.holds(&server, &[(&destination, "VCPU", 2)]);
        cloud.holds(&migration, &[(&source, "VCPU", 2)]);
        all.extend([server, migration]);
    }
    let evacuated = cloud.server("present", Some(&source));
    let evacuation = cloud.migration_of("evacuation", &evacuated, "accepted", "2999-01-01T00:00:00");
    cloud.holds(&evacuated, &[(&source, "VCPU", 1), (&destination, "VCPU", 1)]);
    let healthy = cloud.server("present", Some(&source));
    cloud.holds(&healthy, &[(&source, "VCPU", 1), (&disks, "DISK_GB", 10)]);
    let deleting = cloud.server("unknown", None);
    cloud.holds(&deleting, &[(&source, "VCPU", 1)]);
    all.extend([evacuated, evacuation, healthy, deleting]);
    assert_eq!(cloud.findings(), BTreeMap::new());

    let stranger = Uuid::new_v4().to_string();
    cloud.holds(&stranger, &[(&source, "VCPU", 1)]);
    let astray = cloud.server("present", Some(&source));
    cloud.holds(&astray, &[(&source, "VCPU", 1), (&destination, "VCPU", 1)]);
    let report =
        [(stranger.clone(), ("unknown-to-nova".to_owned(), false)), (astray.clone(), ("other-node".to_owned(), true))];
    assert_eq!(cloud.findings(), report.into_iter().collect());

    all.extend([stranger, astray]);
    let before: Vec<Value> = all.iter().map(|consumer| cloud.held(consumer)).collect();
    assert_eq!(cloud.audit("--repair").code, 3, "a person must look");
    let after: Vec<Value> = all.iter().map(|consumer| cloud.held(consumer)).collect();
    assert_eq!(before, after);
}

/// Resizes to the server's own host that failed or were confirmed and not settled (nova bug 1790204), and a server that a
/// scheduler doubled because it answered late: nova's facts about the server say what is its own.
#[test]
fn a_server_keeps_what_its_flavor_requires() {
    let mut cloud = Cloud::begin();
    let (source, destination) = (cloud.source.clone(), cloud.destination.clone());
    cloud.facts["complete"] = json!(true);
    let mut on_one_host = |flavor: u64, status: &str, server: u64, record: u64| {
        let resized = cloud.server_of(&source, flavor);
        let migration = cloud.migration(&resized, status);
        cloud.holds(&resized, &[(&source, "VCPU", server)]);
        cloud.holds(&migration, &[(&source, "VCPU", record)]);
        (resized, migration)
    };
    let larger = on_one_host(2, "error", 4, 2);
    let smaller = on_one_host(4, "error", 2, 4);
    let confirmed = on_one_host(3, "confirmed", 3, 1);
    let contradiction = on_one_host(5, "error", 5, 1);

    let doubled = cloud.server_of(&source, 2);
    cloud.migration(&doubled, "error");
    cloud.holds(&doubled, &[(&source, "VCPU", 2), (&destination, "VCPU", 3)]);
    let evacuated = cloud.server_of(&destination, 2);
    cloud.migration(&evacuated, "done");
    cloud.holds(&evacuated, &[(&source, "VCPU", 2), (&destination, "VCPU", 2)]);
    let also_moving = cloud.server_of(&source, 2);
    let left = cloud.migration(&also_moving, "error");
    cloud.migration(&also_moving, "migrating");
    cloud.holds(&left, &[(&source, "VCPU", 2)]);
    cloud.holds(&also_moving, &[(&destination, "VCPU", 3)]);

    let repaired = cloud.audit("--repair");
    assert_eq!((repaired.code, repaired.err.as_str()), (3, ""), "{}", repaired.out);
    let vcpu = |of: &(String, String)| [cloud.vcpu(&of.0, &source), cloud.vcpu(&of.1, &source)];
    assert_eq!([vcpu(&larger), vcpu(&smaller), vcpu(&confirmed)], [[2, 0], [4, 0], [3, 0]], "{}", repaired.out);
    assert_eq!(vcpu(&contradiction), [5, 1], "{}", repaired.out);
    let both = |server: &str| [cloud.vcpu(server, &source), cloud.vcpu(server, &destination)];
    assert_eq!([both(&doubled), both(&evacuated)], [[2, 0], [2, 2]], "{}", repaired.out);
    assert_eq!((cloud.vcpu(&left, &source), both(&also_moving)), (2, [0, 3]), "{}", repaired.out);
}

/// The state may change between the audit and the repair, so the task asks nova again.
#[test]
fn a_migration_that_goes_on_again_is_left_alone() {
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let server = cloud.server("present", Some(&source));
    let migration = cloud.migration(&server, "migrating");
    cloud.holds(&migration, &[(&source, "VCPU", 2)]);
    std::fs::write(cloud.program.path("nova.json"), cloud.facts.to_string()).unwrap();
    let release = format!(
        "release --consumer {migration} --server-uuid {server} --nova nova.json --placement {}",
        cloud.placement.url()
    );
    let ran = cloud.program.run_with(&release, ADMIN);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("failed (still-in-use): ") && ran.out.contains("is migrating"), "{}", ran.out);
    assert_eq!(cloud.vcpu(&migration, &source), 2);

    // An operator who knows that the migration has failed aborts it.
    cloud.facts["migrations"][0]["status"] = json!("error");
    std::fs::write(cloud.program.path("nova.json"), cloud.facts.to_string()).unwrap();
    let abort = format!(
        "abort --migration-uuid {migration} --server-uuid {server} --nova nova.json --placement {}",
        cloud.placement.url()
    );
    let ran = cloud.program.run_with(&abort, ADMIN);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert_eq!((cloud.vcpu(&migration, &source), cloud.vcpu(&server, &source)), (0, 2));
}

#[test]
fn bad_input_is_one_clear_error() {
    let program = Program::migrating();
    let nowhere = "http://127.0.0.1:1";
    let check_code = |code: i32, asked: &str, says: &[&str]| {
        let ran = program.run_with(asked, ADMIN);
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{asked}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        says.iter().for_each(|says| assert!(ran.err.contains(says), "{}: {says}", ran.err));
    };
    let check = |asked: &str, says: &[&str]| check_code(2, asked, says);
    std::fs::write(program.path("wrong.json"), r#"{"servers":[{"uuid":"x","state":"present"}],"migrations":[]}"#)
        .unwrap();
    std::fs::write(program.path("right.json"), r#"{"servers":[],"migrations":[]}"#).unwrap();
    check(&format!("audit --placement {nowhere} --nova none.json"), &["none.json", "No such file"]);
    check(&format!("audit --placement {nowhere} --nova wrong.json"), &["wrong.json", "servers[0].uuid", "not a UUID"]);
    // The input is right, and Placement does not answer.
    check_code(
        1,
        &format!("audit --placement {nowhere} --nova right.json"),
        &["GET /resource_providers", "that it runs"],
    );
    check(&format!("audit --placement {nowhere}"), &["--cloud", "--nova"]);
}

/// The model answers the same requests.
#[test]
fn it_works_on_a_model_in_a_file() {
    let program = Program::migrating();
    std::fs::write(program.path("nova.json"), r#"{"servers":[],"migrations":[]}"#).unwrap();
    let ran = program.run("audit --embedded state.json --nova nova.json");
    assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
    assert!(ran.out.contains("nova knows neither a server nor a migration"), "{}", ran.out);
}

/// A time that is not understood would count as unknown.
#[test]
fn a_wrong_time_in_the_file_is_named_with_its_record() {
    let program = Program::migrating();
    let migration = json!({
        "uuid": super::program::MIGRATION, "server": super::program::SERVER, "type": "resize", "status": "error",
        "updated_at": "yesterday",
    });
    program.write("nova.json", json!({ "servers": [], "migrations": [migration] }).to_string());
    let says = [
        "nova.json: the updated_at of migration c0ffee00-0000-0000-0000-000000000002 is \"yesterday\": ",
        "write it as nova does, such as \"2026-11-25T10:00:00\"",
    ];
    super::bad_input::check(&program, "audit --embedded state.json --nova nova.json", &says);
}
