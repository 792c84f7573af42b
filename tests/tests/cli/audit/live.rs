//! The audit with nova's API: its lists and pages, its answers about one server, and requests that fail.

use serde_json::json;
use swaparoo_placement::Method;
use swaparoo_real_placement::{Act, Canned};
use uuid::Uuid;

use super::cloud::{ADMIN, Cloud, OLD};

fn new() -> String {
    Uuid::new_v4().to_string()
}

/// Soft-deleted, waiting for its user, in a queued live migration, in a build, shelved, being deleted.
#[test]
fn states_that_an_audit_leaves_alone() {
    let cloud = Cloud::begin();
    let (nova, source, destination) = (cloud.nova(None), cloud.source.clone(), cloud.destination.clone());
    let servers: Vec<String> = (0..6).map(|_| new()).collect();
    let kinds = [("soft-delete", None, 1), ("resized", None, 2), ("active", Some("migrating"), 1)];
    let more = [("building", Some("scheduling"), 0), ("shelved", None, 1), ("active", Some("deleting"), 1)];
    for (server, (vm_state, task, node)) in servers.iter().zip(kinds.into_iter().chain(more)) {
        nova.add_server(server, Some(node).filter(|node| *node > 0), vm_state, task);
        cloud.holds(server, &[(if node == 2 { &destination } else { &source }, "VCPU", 1)]);
    }
    for (server, kind, status) in [(1, "resize", "finished"), (2, "live-migration", "queued")] {
        let migration = new();
        nova.add_migration(&migration, &servers[server], kind, status, "2026-11-25T10:00:00.000000");
        cloud.holds(&migration, &[(&source, "VCPU", 1)]);
    }
    let ran = cloud.audit_live("");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert_eq!(ran.out, "none of 8 consumers holds what it should not\n");
}

/// `--server` says only whether the server exists; nova is asked for the rest.
#[test]
fn a_release_with_a_reported_state_asks_nova_for_the_rest() {
    let cloud = Cloud::begin();
    let (nova, source, destination) = (cloud.nova(None), cloud.source.clone(), cloud.destination.clone());
    let (server, migration) = (new(), new());
    nova.add_server(&server, Some(2), "active", None);
    nova.add_migration(&migration, &server, "resize", "error", OLD);
    cloud.holds(&migration, &[(&source, "VCPU", 1)]);
    cloud.holds(&server, &[(&destination, "VCPU", 1)]);
    let asked = format!("release --consumer {migration} --server-uuid {server} --server present");
    let alone = cloud.program.run_with(&format!("{asked} --placement {}", cloud.placement.url()), ADMIN);
    assert_eq!(alone.code, 3, "{}{}", alone.out, alone.err);
    let ran = cloud.program.run(&format!("{asked} --cloud fake"));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(cloud.held(&migration), json!({}));
}

#[test]
fn nova_shows_where_servers_are_and_in_which_state() {
    let cloud = Cloud::begin();
    let (nova, source, destination) = (cloud.nova(None), cloud.source.clone(), cloud.destination.clone());
    let [shelved, built, evacuated, amounts, deleted] = [(); 5].map(|()| new());
    nova.add_server(&shelved, None, "shelved_offloaded", None);
    nova.add_server(&built, None, "error", None);
    nova.add_server(&evacuated, Some(2), "active", None);
    nova.add_server(&amounts, Some(1), "active", None);
    nova.add_migration(&new(), &evacuated, "evacuation", "done", OLD);
    nova.add_migration(&new(), &deleted, "resize", "confirmed", OLD);
    for (server, held) in [(&shelved, 1), (&built, 1), (&amounts, 2), (&deleted, 1)] {
        cloud.holds(server, &[(&source, "VCPU", held)]);
    }
    cloud.holds(&evacuated, &[(&source, "VCPU", 1), (&destination, "VCPU", 1)]);
    let expected = [
        (&shelved, "no-host"),
        (&built, "no-host"),
        (&evacuated, "evacuated"),
        (&amounts, "other-amounts"),
        (&deleted, "deleted-server"),
    ];
    let expected = expected.map(|(server, kind)| (server.clone(), kind.to_owned()));
    assert_eq!(cloud.live_kinds(), expected.into_iter().collect());
    assert_eq!(cloud.audit_live("").code, 3);
}

/// Each list is read once, in pages; only what looks wrong is asked for again.
#[test]
fn the_number_of_requests_does_not_grow_with_each_server() {
    let cloud = Cloud::begin();
    let (nova, source) = (cloud.nova(None), cloud.source.clone());
    nova.max_limit(10);
    for _ in 0..25 {
        let server = new();
        nova.add_server(&server, Some(1), "active", None);
        cloud.holds(&server, &[(&source, "VCPU", 1)]);
    }
    let ran = cloud.audit_live("");
    assert_eq!((ran.code, ran.out.as_str()), (0, "none of 25 consumers holds what it should not\n"), "{}", ran.err);
    // Three pages and an empty one of servers, an empty one of migrations, two of compute nodes, and the services.
    assert_eq!(nova.asked().len(), 8, "{:#?}", nova.asked());

    let wrong = new();
    nova.add_server(&wrong, None, "error", None);
    cloud.holds(&wrong, &[(&source, "VCPU", 1)]);
    assert_eq!(cloud.live_kinds(), [(wrong.clone(), "no-host".to_owned())].into_iter().collect());
    let again = nova.asked().into_iter().skip(16).collect::<Vec<_>>();
    let of_it = again.iter().all(|asked| asked.contains(&wrong));
    assert!(of_it && again.len() == 2, "its migrations and itself: {again:#?}");
}

/// A server that is made after nova's list was read is asked for.
#[test]
fn a_server_that_the_list_lacks_is_asked_for() {
    let cloud = Cloud::begin();
    let (nova, source) = (cloud.nova(None), cloud.source.clone());
    // nova cuts the list here and says that it is the whole.
    nova.max_limit(0);
    let server = new();
    nova.add_server(&server, Some(1), "active", None);
    cloud.holds(&server, &[(&source, "VCPU", 1)]);
    let found = cloud.live();
    assert_eq!(found["findings"], json!([]), "{found}");
}

/// A provider may go between the list and its reading, as Ironic's nodes do.
#[test]
fn a_provider_that_is_gone_is_gone() {
    let cloud = Cloud::begin();
    let proxy = cloud.proxy();
    let (nova, source, destination) = (cloud.nova(Some(&proxy.url())), cloud.source.clone(), cloud.destination.clone());
    let server = new();
    nova.add_server(&server, Some(1), "active", None);
    cloud.holds(&server, &[(&source, "VCPU", 1)]);
    let body = json!({ "errors": [{ "status": 404, "title": "Not Found", "detail": "Resource provider not found" }] });
    let gone = Canned { status: 404, content_type: "application/json", body: body.to_string() };
    proxy.on_path(Method::Get, &format!("/resource_providers/{destination}/allocations"), 1, Act::Answer(gone));
    let ran = cloud.audit_live("");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert_eq!(ran.out, "none of 1 consumer holds what it should not\n");
}

/// What fails is tried again, and named if it goes on failing; the rest is audited.
#[test]
fn a_request_that_fails_does_not_end_the_audit() {
    let cloud = Cloud::begin();
    let proxy = cloud.proxy();
    let (nova, source, destination) = (cloud.nova(Some(&proxy.url())), cloud.source.clone(), cloud.destination.clone());
    let wrong = new();
    nova.add_server(&wrong, None, "error", None);
    cloud.holds(&wrong, &[(&source, "VCPU", 1)]);
    let path = format!("/resource_providers/{destination}/allocations");
    proxy.on_path(Method::Get, &path, 1, Act::Answer(Canned::internal_error()));
    nova.break_down("/servers/detail", 1);
    let ran = cloud.audit_live("");
    assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{}", ran.out);
    assert!(ran.out.ends_with("\n1 of 1 consumer holds what it should not\n"), "{}", ran.out);

    for nth in 1..=20 {
        proxy.on_path(Method::Get, &path, nth, Act::Answer(Canned::internal_error()));
    }
    nova.break_down(&format!("/servers/{wrong}"), 20);
    let ran = cloud.audit_live("");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let provider =
        format!("not checked: resource provider {destination} ({destination}): Placement answers 500 to GET");
    let consumer =
        format!("not checked: consumer {wrong}: nova could not be asked for server {wrong}: nova answered 500");
    assert!(ran.out.contains(&provider) && ran.out.contains(&consumer), "{}", ran.out);
    assert!(!ran.out.contains("administrator"), "{}", ran.out);
    assert!(ran.out.ends_with("; incomplete: not everything could be checked\n"), "{}", ran.out);
    let found = cloud.live();
    assert_eq!((&found["complete"], found["unchecked"].as_array().map(Vec::len)), (&json!(false), Some(2)), "{found}");
}

/// nova leaves the migrations of a cell that does not answer out of its list.
#[test]
fn nothing_counts_as_unknown_while_a_cell_does_not_answer() {
    let cloud = Cloud::begin();
    let (nova, source) = (cloud.nova(None), cloud.source.clone());
    let stranger = new();
    cloud.holds(&stranger, &[(&source, "VCPU", 1)]);
    assert_eq!(cloud.live_kinds(), [(stranger.clone(), "unknown-to-nova".to_owned())].into_iter().collect());
    nova.add_unreachable_host("host7");
    let ran = cloud.audit_live("--repair --repair-unknown");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
    let says = format!("not checked: consumer {stranger}: a cell of nova does not answer, with 1 host such as host7\n");
    assert!(ran.out.contains(&says), "{}", ran.out);
    assert_eq!(cloud.vcpu(&stranger, &source), 1);
}

#[test]
fn the_requests_to_all_services_are_logged() {
    let cloud = Cloud::begin();
    let _nova = cloud.nova(None);
    let ran = cloud.audit_live("-v");
    for request in [
        "keystone method=\"POST\" path=\"/v3/auth/tokens\" status=201",
        "nova method=\"GET\" path=\"/servers/detail\" status=200",
        "placement method=GET path=\"/resource_providers\" status=200",
    ] {
        assert!(ran.err.contains(request), "{request} is missing in {}", ran.err);
    }
}
