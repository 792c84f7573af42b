//! The program with a cloud of clouds.yaml: Placement's address and token from Keystone, and the server's state from
//! nova.

use std::process::{Command, Output};

use serde_json::{Value, json};
use swaparoo::clients::cloud::Cloud;
use swaparoo::clients::placement::{Auth, Http, HttpOutcome, Placement};
use swaparoo::contract::{Effect, GetAllocations, Reply};
use swaparoo::describe;
use swaparoo_placement::Request;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::connect::folder;
use super::nova::{ACTIVE, BEING_DELETED, DESTROYED, LEFT, MIGRATING, RESIZED, SOFT_DELETED, UNSCHEDULED, uuid};
use super::{REAL, open, user};

/// The compute node of nova's servers; `run_nova.py` creates it.
const NODE: &str = "c0000000-0000-4000-8000-000000000001";

/// Placement as the administrator of the cloud.
async fn placement() -> Placement {
    let cloud: Cloud = open(user("admin", &REAL.urls().keystone)).await;
    let endpoint = cloud.placement().clone();
    Placement::Http(Http::new(&endpoint, Auth::Cloud(cloud.into())).unwrap())
}

/// The compute node in Placement.
async fn make_node(placement: &Placement) {
    done(placement, Request::post("/resource_providers", json!({ "uuid": NODE, "name": "node-1.example" }))).await;
    let inventories = json!({ "resource_provider_generation": 0, "inventories": {
        "VCPU": { "total": 64 },
        "MEMORY_MB": { "total": 65_536 },
    } });
    done(placement, Request::put(&format!("/resource_providers/{NODE}/inventories"), inventories)).await;
}

/// Gives this consumer 2 VCPU on the compute node.
async fn hold(placement: &Placement, consumer: &str) {
    hold_these(placement, consumer, json!({ "VCPU": 2 })).await;
}

/// Gives this consumer these resources of the compute node, which the first caller creates.
async fn hold_these(placement: &Placement, consumer: &str, resources: Value) {
    static MADE: OnceCell<()> = OnceCell::const_new();
    MADE.get_or_init(|| make_node(placement)).await;
    let holding = json!({
        "allocations": { NODE: { "resources": resources } },
        "project_id": "project",
        "user_id": "user",
        "consumer_generation": null,
    });
    done(placement, Request::put(&format!("/allocations/{consumer}"), holding)).await;
}

async fn done(placement: &Placement, request: Request) {
    let answer = placement.send(&request).await;
    assert!(matches!(answer, HttpOutcome::Response { status: 200..300, .. }), "{} {answer:?}", request.path);
}

async fn holds(placement: &Placement, consumer: &str) -> String {
    let get = Effect::GetAllocations(GetAllocations { consumer: consumer.to_owned() });
    match placement.perform(&get).await {
        Some(Reply::Holding(holding)) => describe::allocations(&holding.allocations),
        other => format!("{other:?}"),
    }
}

/// The program in a folder with a clouds.yaml, with only these environment variables.
fn run(folder: &TempDir, words: &str, variables: &[(&str, &str)]) -> Output {
    let program = std::env::var_os("SWAPAROO_PROGRAM").expect("SWAPAROO_PROGRAM is not set; run `cargo xtask test`");
    let mut command = Command::new(program);
    command.args(words.split(' ')).env_clear().env("HOME", folder.path()).current_dir(folder.path());
    command.envs(variables.iter().copied()).output().unwrap()
}

/// Runs the task on a consumer with allocations; returns the exit code, the last line, and the final allocations of
/// server and migration.
async fn check(task: &str, holder: &str, [server, migration]: [&str; 2], code: i32, says: &[&str], held: [bool; 2]) {
    let placement = placement().await;
    hold(&placement, holder).await;
    let asked = format!("{task} --server-uuid {server} --migration-uuid {migration} --cloud password");
    let ran = run(&folder(), &asked, &[]);
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert_eq!(ran.status.code(), Some(code), "{asked}\n{out}{err}");
    assert!(says.iter().all(|words| out.contains(words)), "{asked}: {says:?} is not all in\n{out}");
    let two_or_nothing = |holds: bool| if holds { format!("2 VCPU on {NODE}") } else { "nothing".to_owned() };
    let now = [holds(&placement, server).await, holds(&placement, migration).await];
    assert_eq!(now, held.map(two_or_nothing), "{asked}\n{out}");
}

fn migration(digit: u8) -> String {
    format!("60000000-0000-4000-8000-{digit:012}")
}

#[tokio::test]
async fn nova_says_whether_the_server_exists() {
    for (digit, says, code, held) in [
        (ACTIVE, &["-> it exists", "\nfinished: "][..], 0, [true, false]),
        (SOFT_DELETED, &["-> it exists", "\nfinished: "], 0, [true, false]),
        (DESTROYED, &["-> it does not exist", "\nfinished: deleted what "], 0, [false, false]),
        (BEING_DELETED, &["-> it is being deleted", "\nfinished: "], 0, [true, false]),
    ] {
        let (server, migration) = (uuid(digit), migration(digit));
        check("revert", &migration, [&server, &migration], code, says, held).await;
    }
}

#[tokio::test]
async fn the_option_takes_precedence_over_nova() {
    let (server, migration) = (uuid(9), migration(9));
    check("revert --server present", &migration, [&server, &migration], 0, &["\nfinished: "], [true, false]).await;
}

#[tokio::test]
async fn nova_says_which_compute_node_the_server_is_on() {
    let (server, migration) = (uuid(MIGRATING), migration(MIGRATING));
    let says = [&*format!("-> {NODE}"), "\nfinished: "];
    check("replace", &server, [&server, &migration], 0, &says, [false, true]).await;
}

#[test]
fn without_an_option_the_variables_name_the_cloud() {
    let auth_url = format!("{}/v3", REAL.urls().keystone);
    let variables = [
        ("OS_AUTH_URL", auth_url.as_str()),
        ("OS_USERNAME", "admin"),
        ("OS_PASSWORD", "the-admins-password"),
        ("OS_PROJECT_NAME", "admin"),
        ("OS_USER_DOMAIN_NAME", "Default"),
        ("OS_PROJECT_DOMAIN_NAME", "Default"),
    ];
    let asked = format!("move --source {} --target {}", uuid(40), uuid(41));
    let ran = run(&tempfile::tempdir().unwrap(), &asked, &variables);
    let out = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{out}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(out.ends_with("finished: neither holds anything\n"), "{out}");
}

#[test]
fn the_demo_plays_on_a_cloud() {
    let ran = run(&folder(), "demo --cloud password", &[]);
    let out = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(0), "{out}{}", String::from_utf8_lossy(&ran.stderr));
    let (_, said) = out.split_once("On the Placement that you named").unwrap();
    assert_eq!(said.matches("LEAK").count() + said.matches("LOST").count(), 2, "{out}");
}

#[test]
fn a_cloud_that_cannot_be_used_is_bad_input() {
    for (name, says) in [("nosuch", "known clouds: "), ("wrong-password", "refuses the credentials")] {
        let ran = run(
            &folder(),
            &format!("revert --server-uuid {} --migration-uuid {} --cloud {name}", uuid(42), uuid(43)),
            &[],
        );
        let err = String::from_utf8(ran.stderr).unwrap();
        assert_eq!((ran.status.code(), ran.stdout.len(), err.lines().count()), (Some(2), 0, 1), "{err}");
        assert!(err.starts_with("error: ") && err.contains(name) && err.contains(says), "{err}");
    }
}

/// The leak that nova 34 leaves when a resize's rollback fails is found and repaired with nova's own data.
#[tokio::test]
async fn an_audit_finds_what_a_failed_resize_has_left() {
    let placement = placement().await;
    // What the server's flavor needs.
    hold_these(&placement, LEFT, json!({ "VCPU": 1, "MEMORY_MB": 512 })).await;
    let held = holds(&placement, LEFT).await;
    hold(&placement, &uuid(UNSCHEDULED)).await;
    let audit = |more: &str| {
        let ran = run(&folder(), &format!("audit --cloud password{more}"), &[]);
        let code = ran.status.code();
        (code, String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let said = format!(
        "migration {LEFT} has ended and holds the allocations of server {}: a repair gives them back (since ",
        uuid(RESIZED)
    );
    let (code, out, err) = audit("");
    assert!(out.contains(&said), "{out}{err}");
    // A person must judge why a server that is on no host holds something, so the exit code is 3.
    let unscheduled = format!("server {} ", uuid(UNSCHEDULED));
    assert!(code == Some(3) && out.contains(&unscheduled), "{code:?} {out}{err}");
    let (_, out, err) = audit(" --repair");
    let repaired = format!("repaired: {} holds what {LEFT} held: {held}", uuid(RESIZED));
    assert!(out.contains(&repaired), "{out}{err}");
    assert_eq!(holds(&placement, &uuid(RESIZED)).await, held);
    assert_eq!(holds(&placement, LEFT).await, "nothing");
}
