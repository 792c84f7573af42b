//! Tests of the simulation: it behaves like nova and Placement, and it finds violations.

use super::fixture::{ALTERNATE, DESTINATION, MIGRATION, SERVER, SMALL, SOURCE, request_spec};
use super::{EffectFault, MigrationEnd, Reach, SimCloud, Violation};
use crate::contract::{
    CreateMigration, Effect, FindServer, GetAllocations, HostNode, MigrationType, NovaError, OfMigration, PrepResize,
    Reply, RequestSpec, SaveMigration, SelectDestinations, ServerAnswer, ServerState,
};

fn cloud() -> SimCloud {
    SimCloud::with_a_server().unwrap()
}

/// A server in the middle of a resize: the record holds the source, the server claims the destination.
fn resizing(status: &str) -> SimCloud {
    cloud().with_a_migration(MigrationType::Resize, status).swapped(true).unwrap()
}

fn select(request_spec: RequestSpec) -> Effect {
    Effect::SelectDestinations(SelectDestinations { server: SERVER.into(), request_spec })
}

fn hosts(reply: Reply) -> Vec<String> {
    match reply {
        Reply::Selections(answer) => answer.selections.into_iter().map(|selection| selection.host).collect(),
        other => panic!("{other:?}"),
    }
}

fn provider(cloud: &SimCloud, host: &str) -> String {
    cloud.node(host).unwrap().provider.clone()
}

fn cast() -> Effect {
    Effect::PrepResize(PrepResize {
        server: SERVER.into(),
        migration: MIGRATION.into(),
        destination: HostNode { host: DESTINATION.into(), node: DESTINATION.into() },
        availability_zone: None,
        request_spec: request_spec(),
        host_list: Vec::new(),
    })
}

/// What nova says of the existence of the server.
fn exists(cloud: &mut SimCloud) -> Reply {
    match cloud.answer(&Effect::FindServer(FindServer { server: SERVER.into() }), EffectFault::Answered) {
        Reply::Server(ServerAnswer { state, .. }) => says(state),
        other => other,
    }
}

fn says(state: ServerState) -> Reply {
    Reply::Server(ServerAnswer { state, details: None })
}

#[test]
fn a_server_at_rest_holds_its_due() {
    assert_eq!(cloud().violations(), []);
    assert_eq!(cloud().with_a_port().unwrap().violations(), []);
    assert_eq!(cloud().with_a_port().unwrap().held(SERVER).len(), 2, "the node and the port's provider");
}

#[test]
fn the_scheduler_claims_the_first_host_and_names_alternates() {
    let mut cloud = cloud().with_a_migration(MigrationType::Resize, "pre-migrating").swapped(false).unwrap();
    let chosen = cloud.answer(&select(request_spec()), EffectFault::Answered);
    assert_eq!(hosts(chosen), [DESTINATION, ALTERNATE]);
    let held = cloud.held(SERVER);
    assert_eq!(held[&provider(&cloud, DESTINATION)]["VCPU"], 4, "of the new flavor");
    assert_eq!(held.len(), 1);
}

#[test]
fn a_port_is_served_by_a_provider_of_the_host() {
    let mut cloud = cloud().with_a_port().unwrap();
    cloud = cloud.with_a_migration(MigrationType::Migration, "pre-migrating").swapped(false).unwrap();
    let ports = cloud.servers[SERVER].ports.clone();
    let spec = RequestSpec { requested_resources: ports.clone(), ..request_spec() };
    let Reply::Selections(answer) = cloud.answer(&select(spec), EffectFault::Answered) else { panic!("no selections") };
    let request = answer.selections[0].allocation_request.clone().unwrap();
    assert_eq!((request.allocations.len(), request.version.as_str()), (2, "1.36"));
    assert!(request.mappings.iter().any(|mapping| mapping.requester == ports[0].requester));
}

#[test]
fn a_host_without_room_is_passed_over_and_no_host_is_an_exception() {
    let mut cloud = cloud();
    let full = provider(&cloud, DESTINATION);
    let other = swaparoo_placement::Consumer::of("p", "u").holding(&full, "VCPU", 15);
    cloud.placement.add_consumer("c0ffee00-0000-4000-8000-000000000009", other).unwrap();
    assert_eq!(hosts(cloud.clone().answer(&select(request_spec()), EffectFault::Answered)), [ALTERNATE]);
    let ignore_hosts = [SOURCE, ALTERNATE].map(str::to_owned).to_vec();
    let none = cloud.answer(&select(RequestSpec { ignore_hosts, ..request_spec() }), EffectFault::Answered);
    assert!(matches!(none, Reply::NovaError(NovaError { error, .. }) if error == "NoValidHost"));
    assert_eq!(cloud.violations(), [], "nothing was claimed");
}

#[test]
fn a_claim_is_made_beside_what_the_server_holds_and_for_one_that_is_gone() {
    let mut both = cloud();
    both.answer(&select(request_spec()), EffectFault::Answered);
    assert_eq!(both.violations(), [Violation::HeldBeside]);
    let mut gone = cloud();
    gone.delete_server(SERVER);
    assert_eq!(gone.violations(), []);
    gone.answer(&select(request_spec()), EffectFault::Answered);
    assert_eq!(gone.violations(), [Violation::DeletedHolds]);
}

#[test]
fn a_compute_service_that_has_begun_confirms_or_reverts() {
    for ending in [MigrationEnd::Confirmed, MigrationEnd::Reverted] {
        let mut cloud = resizing("pre-migrating");
        assert_eq!(cloud.answer(&cast(), EffectFault::Answered), Reply::Done);
        assert_eq!(cloud.migrations[MIGRATION].record.status, "migrating");
        cloud.finish(ending);
        assert_eq!(cloud.violations(), [], "{ending:?}");
        let host = if ending == MigrationEnd::Confirmed { DESTINATION } else { SOURCE };
        assert_eq!(cloud.servers[SERVER].host, host);
    }
}

#[test]
fn a_compute_service_cleans_up_for_a_server_that_is_gone() {
    let mut cloud = resizing("pre-migrating");
    cloud.delete_server(SERVER);
    assert_eq!(cloud.violations(), [Violation::MigrationHolds]);
    cloud.answer(&cast(), EffectFault::Answered);
    assert_eq!((cloud.violations(), cloud.migrations[MIGRATION].record.status.as_str()), (vec![], "error"));
}

#[test]
fn what_is_late_arrives_when_it_is_let() {
    let mut cloud = resizing("pre-migrating");
    assert!(matches!(cloud.answer(&cast(), EffectFault::Late), Reply::Abandoned(_)));
    assert_eq!(cloud.migrations[MIGRATION].record.status, "pre-migrating");
    cloud.deliver_late();
    assert_eq!(cloud.migrations[MIGRATION].record.status, "migrating");
}

#[test]
fn an_exception_may_come_after_the_deed() {
    let create = Effect::CreateMigration(CreateMigration {
        server: SERVER.into(),
        migration_type: MigrationType::Migration,
        old_flavor: SMALL.into(),
        new_flavor: SMALL.into(),
    });
    for (fault, records) in
        [(EffectFault::Raised("DBConnectionError"), 0), (EffectFault::DoneAndRaised("DBConnectionError"), 1)]
    {
        let mut cloud = cloud();
        assert!(matches!(cloud.answer(&create, fault), Reply::NovaError(_)), "{fault:?}");
        assert_eq!(cloud.migrations.len(), records, "{fault:?}");
    }
    for (fault, records) in [(EffectFault::NotDoneAndSilent, 0), (EffectFault::DoneAndSilent, 1)] {
        let mut cloud = cloud();
        assert!(matches!(cloud.answer(&create, fault), Reply::Abandoned(_)), "{fault:?}");
        assert_eq!(cloud.migrations.len(), records, "{fault:?}");
    }
}

#[test]
fn without_a_conductor_nothing_is_known_of_nova() {
    let mut cloud = resizing("pre-migrating");
    assert_eq!(exists(&mut cloud), says(ServerState::Present));
    cloud.conductor = false;
    assert_eq!(exists(&mut cloud), says(ServerState::Unknown));
    cloud.api = true;
    assert_eq!(exists(&mut cloud), says(ServerState::Present));
    let save = Effect::SaveMigration(SaveMigration { migration: MIGRATION.into(), status: "error".into() });
    assert!(matches!(cloud.answer(&save, EffectFault::Answered), Reply::Abandoned(_)));
    assert_eq!(cloud.migrations[MIGRATION].record.status, "pre-migrating");
    cloud.conductor = true;
    cloud.delete_server(SERVER);
    assert_eq!(exists(&mut cloud), says(ServerState::Gone));
}

#[test]
fn an_unreachable_placement_answers_no_request() {
    let mut cloud = cloud();
    let read = Effect::GetAllocations(GetAllocations { consumer: SERVER.into() });
    for reach in [Reach::Away, Reach::Silent] {
        cloud.reach = reach;
        assert!(matches!(cloud.answer(&read, EffectFault::Answered), Reply::Unreachable(_)), "{reach:?}");
        assert!(
            matches!(cloud.answer(&select(request_spec()), EffectFault::Answered), Reply::NovaError(_)),
            "{reach:?}"
        );
    }
    cloud.reach = Reach::Here;
    assert!(matches!(cloud.answer(&read, EffectFault::Answered), Reply::Holding(_)));
}

#[test]
fn each_kind_of_wrong_is_seen() {
    let swapped = cloud().with_a_migration(MigrationType::Resize, "error").swapped(false).unwrap();
    assert_eq!(swapped.violations(), [Violation::Lost, Violation::MigrationHolds]);
    let mut small = cloud();
    let node = provider(&small, SOURCE);
    let less = swaparoo_placement::Provider::named("source").with("VCPU", swaparoo_placement::Inventory::of(1));
    small.placement.add_provider(&node, less.with("MEMORY_MB", swaparoo_placement::Inventory::of(32_768))).unwrap();
    assert_eq!(small.violations(), [Violation::OverCapacity]);
}

/// Every effect of the contract gets a reply of the kind that the contract prescribes.
#[test]
fn every_effect_of_novas_is_answered_in_kind() {
    let mut cloud = cloud().with_a_migration(MigrationType::Migration, "pre-migrating");
    let of_server = crate::contract::OfServer { server: SERVER.into() };
    let of_host = crate::contract::OfHost { host: SOURCE.into() };
    let of_migration = OfMigration { migration: MIGRATION.into() };
    let effects = [
        Effect::FindServer(FindServer { server: SERVER.into() }),
        Effect::FindComputeNode(crate::contract::FindComputeNode { server: SERVER.into() }),
        Effect::SetupInstanceGroup(of_server.clone()),
        Effect::GetPortRequests(of_server.clone()),
        Effect::FindCell(of_server.clone()),
        Effect::GetMigration(of_migration),
        Effect::EnsureProjectAndUser(of_server.clone()),
        Effect::EnsureNetworkMetadata(of_server.clone()),
        Effect::HealIsBfv(of_server.clone()),
        Effect::FindService(of_host.clone()),
        Effect::GetComputeRpcVersion,
        Effect::GetAvailabilityZone(of_host.clone()),
        Effect::CheckNuma(of_server),
        Effect::CheckServiceUp(of_host.clone()),
        Effect::FindHostNode(of_host),
        select(request_spec()),
        cast(),
    ];
    for effect in effects {
        let reply = cloud.answer(&effect, EffectFault::Answered);
        assert_eq!(Some(reply.name()), effect.answered_by(), "{effect:?}");
    }
}

#[test]
fn nova_shows_where_a_live_server_is_and_what_it_requires() {
    let mut cloud = cloud().resized_on_its_host("error", SMALL).unwrap();
    let asked = Effect::FindServer(FindServer { server: SERVER.into() });
    let Reply::Server(answer) = cloud.answer(&asked, EffectFault::Answered) else { panic!("not an answer") };
    let details = answer.details.unwrap();
    assert_eq!(details.host.as_deref(), Some(SOURCE));
    let flavor: Vec<(String, u32)> = details.flavor.unwrap().into_iter().map(|of| (of.class, of.amount)).collect();
    assert_eq!(flavor, [("MEMORY_MB".to_owned(), 2_048), ("VCPU".to_owned(), 2)]);
    let migrations: Vec<String> = details.migrations.unwrap().into_iter().map(|one| one.status).collect();
    assert_eq!(migrations, ["error"]);
    cloud.delete_server(SERVER);
    let Reply::Server(answer) = cloud.answer(&asked, EffectFault::Answered) else { panic!("not an answer") };
    assert_eq!(answer.details, None);
}
