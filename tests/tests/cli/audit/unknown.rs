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
        let line = format!("migration {anothers} (project cyborgs, user u, consumer type ACCELERATOR): its rows");
        assert!(report.out.contains(&line), "{}", report.out);
        assert!(gone.iter().all(|consumer| cloud.held(consumer) != json!({})));
        let json: Value = serde_json::from_str(&cloud.audit("--json").out).unwrap();
        let findings = json["findings"].as_array().unwrap();
        assert!(findings.iter().all(|finding| finding["why"] == "unknown-to-nova" && finding["repairable"] == false));
        assert!(findings.iter().any(|finding| finding["owner"]["consumer_type"] == "ACCELERATOR"), "{json}");
    }
}

#[test]
fn they_are_dropped_on_request() {
    let Archived { mut cloud, gone, anothers, alive } = archived();
    cloud.facts["complete"] = json!(true);
    let source = cloud.source.clone();
    let ran = cloud.audit("--repair --repair-unknown");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "another service's consumer is kept: {}", ran.out);
    assert_eq!(ran.out.matches("repaired: ").count(), 2, "{}", ran.out);
    assert_eq!(gone.map(|consumer| cloud.held(&consumer)), [json!({}), json!({})]);
    assert_eq!((cloud.vcpu(&anothers, &source), cloud.vcpu(&alive, &source)), (1, 3));
    assert_eq!(cloud.findings().into_keys().collect::<Vec<_>>(), [anothers]);
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
