//! Findings in which the server's flavor says who is right, with nova's data from a file.

use serde_json::json;

use super::cloud::Cloud;
use super::kinds::check;

/// Bug 1790204: after a resize on the same host, record and server both hold of its node.
#[test]
fn the_flavor_says_which_half_is_right() {
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let server = cloud.server("present", Some(&source));
    let migration = cloud.migration(&server, "error");
    cloud.holds(&migration, &[(&source, "VCPU", 4)]);
    cloud.holds(&server, &[(&source, "VCPU", 2)]);
    check(&cloud, &migration, "both-hold-the-node", "of which only one can be right: an operator must decide");
    let flavor = |vcpus: u32| json!({ "vcpus": vcpus, "ram": 0, "extra_specs": {} });
    cloud.set(&server, "flavor", flavor(4));
    assert_eq!(cloud.findings()[&migration], ("server-lost-it".to_owned(), true));
    cloud.set(&server, "flavor", flavor(2));
    check(
        &cloud,
        &migration,
        "both-hold-the-node",
        "compared with the server's flavor, the record holds 4 CPUs instead of 2",
    );
    let migration = cloud.migration(&server, "confirmed");
    cloud.holds(&migration, &[(&source, "VCPU", 4)]);
    assert_eq!(cloud.findings()[&migration], ("ended-migration".to_owned(), true));
}

/// The record may hold the amounts before a resize that came to nothing too late: the rules of `release` leave it, too.
#[test]
fn a_record_that_does_not_hold_the_flavors_amounts_is_for_a_person() {
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let server = cloud.server("present", Some(&source));
    let migration = cloud.migration(&server, "error");
    cloud.holds(&migration, &[(&source, "VCPU", 2)]);
    assert_eq!(cloud.findings()[&migration], ("server-lost-it".to_owned(), true));
    cloud.set(&server, "flavor", json!({ "vcpus": 4, "ram": 0, "extra_specs": {} }));
    let words = "not what the server's flavor needs (2 CPUs instead of 4): an operator must decide";
    check(&cloud, &migration, "record-not-its-flavor", words);
    let ran = cloud.audit("--repair");
    assert!(ran.code == 3 && cloud.findings().contains_key(&migration), "{}{}", ran.out, ran.err);
}

#[test]
fn amounts_that_are_not_the_flavors_are_found() {
    let mut cloud = Cloud::begin();
    let source = cloud.source.clone();
    let server = cloud.server("present", Some(&source));
    cloud.holds(&server, &[(&source, "VCPU", 4)]);
    cloud.set(&server, "flavor", json!({ "vcpus": 2, "ram": 0, "extra_specs": {} }));
    assert!(cloud.findings().is_empty(), "its state is not known");
    cloud.set(&server, "vm_state", json!("active"));
    check(&cloud, &server, "other-amounts", "holds other amounts than its flavor needs: 4 CPUs instead of 2");
    cloud.set(&server, "vm_state", json!("resized"));
    assert!(cloud.findings().is_empty());
}
