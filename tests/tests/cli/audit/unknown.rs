//! Consumers that nova does not know, such as those whose rows were archived (facts 8.1, case 3): they are listed with
//! their project and user, and dropped on request.

use serde_json::{Value, json};
use swaparoo_placement::{Microversion, Request};
use uuid::Uuid;

use super::cloud::Cloud;

/// A server and a migration whose rows are archived, a consumer of another service, and an existing server.
struct Archived {
    cloud: Cloud,
    gone: [String; 2],
    anothers: String,
    alive: String,
}

fn archived() -> Archived {
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let gone = [(); 2].map(|()| Uuid::new_v4().to_string());
    gone.iter().for_each(|consumer| cloud.holds(consumer, &[(&source, "VCPU", 2)]));
    let anothers = Uuid::new_v4().to_string();
    let body = json!({
        "allocations": { &source: { "resources": { "VCPU": 1 } } }, "project_id": "cyborgs", "user_id": "u",
        "consumer_generation": null, "consumer_type": "ACCELERATOR",
    });
    cloud.send(Request::put(&format!("/allocations/{anothers}"), body).at(Microversion::TYPED));
    let alive = cloud.server("present", Some(&source));
    cloud.holds(&alive, &[(&source, "VCPU", 3)]);
    Archived { cloud, gone, anothers, alive }
}

#[test]
fn they_are_listed_with_their_owners_and_not_changed_by_default() {
    let Archived { mut cloud, gone, anothers, .. } = archived();
    for complete in [false, true] {
        cloud.facts["complete"] = json!(complete);
        let report = cloud.audit("--repair");
        assert_eq!((report.code, report.err.as_str()), (1, ""), "{}", report.out);
        let line = format!("migration {} (project p, user u, consumer type unknown): its rows are archived", gone[0]);
        assert!(report.out.contains(&line), "{}", report.out);
        let line =
            format!("1 consumer belongs to other services, such as {anothers}: its consumer type is ACCELERATOR\n");
        assert!(report.out.contains(&line), "{}", report.out);
        assert!(gone.iter().all(|consumer| cloud.held(consumer) != json!({})));
        let json: Value = serde_json::from_str(&cloud.audit("--json").out).unwrap();
        let findings = json["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 2, "{json}");
        assert!(findings.iter().all(|finding| finding["why"] == "unknown-to-nova" && finding["repairable"] == false));
        let other = &json["others"][0];
        assert_eq!((&other["consumer"], &other["owner"]["project"]), (&json!(anothers), &json!("cyborgs")), "{json}");
    }
}

#[test]
fn they_are_dropped_on_request() {
    let Archived { mut cloud, gone, anothers, alive } = archived();
    cloud.facts["complete"] = json!(true);
    let source = cloud.source.clone();
    let ran = cloud.audit("--repair --repair-unknown");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "another service's consumer is no finding: {}", ran.out);
    assert_eq!(ran.out.matches("repaired: ").count(), 2, "{}", ran.out);
    assert_eq!(gone.map(|consumer| cloud.held(&consumer)), [json!({}), json!({})]);
    assert_eq!((cloud.vcpu(&anothers, &source), cloud.vcpu(&alive, &source)), (1, 3));
    assert_eq!(cloud.findings().len(), 0);
}

/// A consumer without a type of its own is another service's if its providers or its project are.
#[test]
fn other_services_are_told_apart_by_provider_and_project() {
    let Archived { mut cloud, gone, .. } = archived();
    cloud.facts["complete"] = json!(true);
    let owned = |cloud: &Cloud, provider: &str, owner: &str| {
        let body = json!({ "resource_provider_generation": 1, "traits": [owner] });
        cloud.send(Request::put(&format!("/resource_providers/{provider}/traits"), body));
    };
    owned(&cloud, &cloud.disks, "OWNER_CYBORG");
    let stranger = Uuid::new_v4().to_string();
    cloud.holds(&stranger, &[(&cloud.disks, "DISK_GB", 1)]);
    let other = |cloud: &Cloud, more: &str| -> Vec<(String, String)> {
        let json: Value = serde_json::from_str(&cloud.audit(&format!("--json {more}")).out).unwrap();
        let others = json["others"].as_array().unwrap().iter();
        let text = |other: &Value, field: &str| other[field].as_str().unwrap().to_owned();
        others.map(|other| (text(other, "consumer"), text(other, "because"))).collect()
    };
    let of_cyborg = (stranger.clone(), "all its providers have the trait OWNER_CYBORG".to_owned());
    assert!(other(&cloud, "").contains(&of_cyborg), "{:?}", other(&cloud, ""));
    let by_project = other(&cloud, "--service-project p");
    assert!(by_project.contains(&(gone[0].clone(), "its project is p".to_owned())), "{by_project:?}");

    let ran = cloud.audit("--repair --repair-unknown --service-project p");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(gone.iter().chain([&stranger]).all(|consumer| cloud.held(consumer) != json!({})), "{}", ran.out);
    // nova's own providers say so since 2026.2; that changes nothing.
    let source = cloud.source.clone();
    let generation = cloud.send(Request::get(&format!("/resource_providers/{source}")))["generation"].clone();
    let body = json!({ "resource_provider_generation": generation, "traits": ["OWNER_NOVA"] });
    cloud.send(Request::put(&format!("/resource_providers/{source}/traits"), body));
    assert_eq!(cloud.findings().len(), 2, "the two that nova has archived");
}

/// While a cell does not answer, nova's lists lack its migrations.
#[test]
fn nothing_counts_as_unknown_while_a_cell_is_down() {
    let Archived { mut cloud, gone, .. } = archived();
    cloud.facts["complete"] = json!(true);
    cloud.facts["down_cells"] = json!(["cell2"]);
    let ran = cloud.audit("--repair --repair-unknown");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let line = format!("not checked: consumer {}: the file of --nova says that cells are down: cell2\n", gone[0]);
    assert!(ran.out.contains(&line), "{}", ran.out);
    assert!(ran.out.ends_with("incomplete: not everything could be checked\n"), "{}", ran.out);
    assert!(gone.iter().all(|consumer| cloud.held(consumer) != json!({})));
}

#[test]
fn it_needs_complete_data_of_nova() {
    let Archived { cloud, gone, .. } = archived();
    let ran = cloud.audit("--repair --repair-unknown");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("complete") && ran.err.lines().count() == 1, "{}", ran.err);
    let ran = cloud.audit("--repair-unknown");
    assert!(ran.code == 2 && ran.err.contains("--repair"), "{}", ran.err);
    assert!(gone.iter().all(|consumer| cloud.held(consumer) != json!({})));
}
