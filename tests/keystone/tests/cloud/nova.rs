//! nova's answers about servers. `run_nova.py` has created them, all in a project that does not belong to these users.

use std::net::TcpListener;

use openstack_sdk_core::config::CloudConfig;
use swaparoo::clients::cloud::{Cloud, Doubt};
use swaparoo::contract::ServerState;

use super::{REAL, open, user};

pub const ACTIVE: u8 = 1;
pub const BEING_DELETED: u8 = 2;
pub const SOFT_DELETED: u8 = 3;
const JUST_DELETED: u8 = 4;
/// It has no host: no host was found for it.
pub const UNSCHEDULED: u8 = 5;
const ON_A_LOST_NODE: u8 = 6;
pub const MIGRATING: u8 = 7;
pub const DESTROYED: u8 = 8;
const NEVER_MADE: u8 = 9;
/// Its resize failed, and was not rolled back.
pub const RESIZED: u8 = 10;
/// The record of that resize.
pub const LEFT: &str = "61000000-0000-4000-8000-000000000010";

pub fn uuid(server: u8) -> String {
    format!("50000000-0000-4000-8000-{server:012}")
}

async fn cloud_of(name: &str) -> Cloud {
    open(user(name, &REAL.urls().keystone)).await
}

pub async fn state_of(cloud: &Cloud, server: &str) -> Result<ServerState, Doubt> {
    Ok(cloud.find_server(server, false).await?.state)
}

/// A cloud with another address of nova.
async fn with_nova_at(url: &str) -> Cloud {
    let key = "compute_endpoint_override".to_owned();
    let options = [(key, url.into())].into();
    open(CloudConfig { options, ..user("admin", &REAL.urls().keystone) }).await
}

#[tokio::test]
async fn an_administrator_sees_each_server_s_state() {
    let cloud = cloud_of("admin").await;
    let check = async |server, expected: Result<ServerState, Doubt>| {
        assert_eq!(state_of(&cloud, &uuid(server)).await, expected, "{server}");
    };
    check(ACTIVE, Ok(ServerState::Present)).await;
    check(MIGRATING, Ok(ServerState::Present)).await;
    check(UNSCHEDULED, Ok(ServerState::Present)).await;
    check(SOFT_DELETED, Ok(ServerState::Present)).await;
    check(BEING_DELETED, Ok(ServerState::Deleting)).await;
    check(JUST_DELETED, Ok(ServerState::Gone)).await;
    check(DESTROYED, Ok(ServerState::Gone)).await;
    check(NEVER_MADE, Ok(ServerState::Gone)).await;
}

/// Its flavor has 1 VCPU, 512 MiB and 1 GiB, and it boots from a volume.
#[tokio::test]
async fn an_administrator_sees_where_a_server_is_and_what_it_requires() {
    let cloud = cloud_of("admin").await;
    let details =
        async |server, with_migrations| cloud.find_server(&uuid(server), with_migrations).await.unwrap().details;
    let known = details(RESIZED, true).await.unwrap();
    let text: Vec<&str> = [&known.host, &known.vm_state].into_iter().flatten().map(String::as_str).collect();
    assert_eq!(text.len(), 2, "{known:?}");
    assert_eq!(known.task_state, None);
    let flavor: Vec<String> = known.flavor.unwrap().iter().map(|of| format!("{} {}", of.amount, of.class)).collect();
    assert_eq!(flavor, ["512 MEMORY_MB", "1 VCPU"]);
    let migrations = known.migrations.unwrap();
    let migrations: Vec<_> = migrations.iter().map(|one| (one.migration.as_str(), one.status.as_str())).collect();
    assert_eq!(migrations, [(LEFT, "error")]);
    assert_eq!(details(RESIZED, false).await.unwrap().migrations, None);
    assert_eq!(details(DESTROYED, true).await, None);
}

/// Without the right to list all projects, nova's 404 is the same for an existing server and for an unknown one.
#[tokio::test]
async fn a_404_for_a_member_of_another_project_means_unknown() {
    let cloud = cloud_of("member").await;
    for server in [ACTIVE, BEING_DELETED, SOFT_DELETED, DESTROYED, NEVER_MADE] {
        let server = uuid(server);
        assert_eq!(state_of(&cloud, &server).await, Err(Doubt::NotAdministrator { server }));
    }
}

/// This user may list the servers of all projects, so a missing server is proven to be gone.
#[tokio::test]
async fn an_auditor_sees_what_the_list_shows() {
    let cloud = cloud_of("auditor").await;
    for server in [ACTIVE, BEING_DELETED, SOFT_DELETED] {
        let server = uuid(server);
        assert_eq!(state_of(&cloud, &server).await, Err(Doubt::Hidden { server }));
    }
    for server in [DESTROYED, NEVER_MADE] {
        assert_eq!(state_of(&cloud, &uuid(server)).await, Ok(ServerState::Gone));
    }
}

/// A 404 of another server, no answer, and no nova.
#[tokio::test]
async fn an_answer_that_is_not_from_nova_means_unknown() {
    let server = uuid(ACTIVE);
    let placement = state_of(&with_nova_at(&REAL.urls().placement).await, &server).await;
    assert!(matches!(&placement, Err(Doubt::Refused { status: 404, .. })), "{placement:?}");
    // nova's own answer for an unknown path is also 404.
    let root = state_of(&with_nova_at(&format!("{}/v2.1/nosuch", REAL.urls().nova)).await, &server).await;
    assert!(matches!(&root, Err(Doubt::Refused { status: 404, .. })), "{root:?}");
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = state_of(&with_nova_at(&format!("http://{nowhere}")).await, &server).await;
    assert!(matches!(&silent, Err(Doubt::NoAnswer { .. })), "{silent:?}");
}

#[tokio::test]
async fn the_compute_node_is_found_by_host_and_name() {
    let cloud = cloud_of("admin").await;
    let check = async |server, expected: Option<&str>| {
        assert_eq!(cloud.find_compute_node(&uuid(server)).await, Ok(expected.map(str::to_owned)), "{server}");
    };
    check(ACTIVE, Some("c0000000-0000-4000-8000-000000000001")).await;
    check(MIGRATING, Some("c0000000-0000-4000-8000-000000000001")).await;
    check(UNSCHEDULED, None).await;
    check(ON_A_LOST_NODE, None).await;
    let gone = cloud.find_compute_node(&uuid(DESTROYED)).await;
    assert!(matches!(&gone, Err(Doubt::Refused { status: 404, .. })), "{gone:?}");
    let member = cloud_of("member").await.find_compute_node(&uuid(ACTIVE)).await;
    assert!(matches!(&member, Err(Doubt::Refused { status: 404, .. })), "{member:?}");
}

/// For an audit: all servers, all migrations and compute nodes, and whether all cells answer.
#[tokio::test]
async fn an_administrator_sees_the_whole_cloud() {
    let cloud = cloud_of("admin").await;
    let servers = cloud.servers(|_| ()).await.unwrap();
    let state = |server| servers.iter().find(|listed| listed.uuid == uuid(server)).map(|listed| listed.state);
    for server in [ACTIVE, MIGRATING, UNSCHEDULED, SOFT_DELETED] {
        assert_eq!(state(server), Some(ServerState::Present), "{server} of {servers:?}");
    }
    assert_eq!((state(BEING_DELETED), state(DESTROYED)), (Some(ServerState::Deleting), None), "{servers:?}");
    let active = servers.iter().find(|listed| listed.uuid == uuid(ACTIVE)).unwrap();
    assert!(active.place.is_some() && active.flavor.is_some() && active.vm_state.as_deref() == Some("active"));
    let again = cloud.listed_server(&uuid(ACTIVE)).await.unwrap().unwrap();
    assert_eq!((again.place, again.flavor), (active.place.clone(), active.flavor.clone()));
    assert!(cloud.listed_server(&uuid(DESTROYED)).await.unwrap().is_none());
    assert!(cloud.has_deleted(&uuid(DESTROYED)).await.unwrap());
    assert!(!cloud.has_deleted(&uuid(NEVER_MADE)).await.unwrap());
    assert_eq!(cloud.unreachable_hosts().await.unwrap(), Vec::<String>::new());
    let migrations = cloud.migrations().await.unwrap();
    let [migration] = migrations.known.as_slice() else { panic!("{migrations:?}") };
    assert_eq!(migration.uuid.as_str(), LEFT);
    assert_eq!((migration.server.to_string(), migration.status.as_str()), (uuid(RESIZED), "error"));
    assert!(migration.updated_at.is_some());
    let nodes = cloud.compute_nodes().await.unwrap();
    assert!(
        nodes.iter().any(|node| node.uuid == "c0000000-0000-4000-8000-000000000001") && nodes.len() == 2,
        "{nodes:?}"
    );
    let member = cloud_of("member").await.migrations().await;
    assert!(matches!(&member, Err(Doubt::Forbidden { .. })), "{member:?}");
}
