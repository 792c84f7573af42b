//! Tasks and the demo on a live Placement over HTTP: `swaparoo placement`, and the real one.

use std::net::TcpListener;

use serde_json::Value;
use swaparoo_placement::{Method, Request};
use swaparoo_real_placement::{Act, Canned, Client, Proxy, RealPlacement};

use super::program::{MIGRATION, Program, Ran, SERVER};
use super::service::Service;

const ADMIN: &[(&str, &str)] = &[("SWAPAROO_TOKEN", "admin")];

fn back(url: &str) -> String {
    format!("revert --server-uuid {SERVER} --migration-uuid {MIGRATION} --server present --placement {url}")
}

/// The answer of Keystone's middleware in front of Placement.
fn unauthorized() -> Act {
    let message = r#"{"error": {"code": 401, "title": "Unauthorized", "message": "requires authentication"}}"#;
    Act::Answer(Canned { status: 401, content_type: "application/json", body: message.to_owned() })
}

/// An address without a listener.
fn nowhere() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

fn verdicts(ran: &Ran) -> Vec<Vec<&str>> {
    let lines = ran.out.lines().map(str::trim).filter(|line| line.starts_with("result "));
    lines.map(|line| line.split_whitespace().skip(1).collect()).collect()
}

/// Both Placements, two stories each.
fn check_verdicts_twice(ran: &Ran) {
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let expected = [["LEAK", "right", "right"], ["right", "LOST", "right"]];
    assert_eq!(verdicts(ran), [expected, expected].concat(), "{}", ran.out);
}

#[test]
fn a_task_is_done_and_the_state_written_back() {
    let program = Program::migrating();
    let service = Service::start(&program, "state.json");
    let asked = back(service.url());
    let ran = program.run_with(&asked, ADMIN);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.trim_end().lines().last().unwrap().starts_with("finished: "), "{}", ran.out);
    assert_eq!(program.holders(), [MIGRATION], "the file is written at the end");
    let again = program.run(&format!("{asked} --token admin"));
    assert!(again.out.contains("finished: nothing to do"), "{}", again.out);
    let ended = service.end();
    assert_eq!((ended.code, &*ended.out, &*ended.err), (0, "the state is in state.json\n", ""));
    assert_eq!(program.holders(), [SERVER]);
}

#[test]
fn a_state_that_cannot_be_written_back_is_an_error() {
    let program = Program::migrating();
    std::fs::create_dir(program.path("folder")).unwrap();
    let service = Service::start(&program, "folder/new.json");
    std::fs::remove_dir(program.path("folder")).unwrap();
    let ended = service.end();
    assert_eq!((ended.code, &*ended.out), (1, ""));
    let line = ended.error();
    assert!(line.contains("the Placement state folder/new.json cannot be written") && !line.contains(".tmp"), "{line}");
}

#[test]
fn the_demo_leaves_nothing_in_the_real_placement() {
    let (program, real) = (Program::migrating(), RealPlacement::start().unwrap());
    check_verdicts_twice(&program.run_with(&format!("demo --placement {}", real.url()), ADMIN));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let left = runtime.block_on(Client::new(real.url()).send(&Request::get("/resource_providers"))).unwrap();
    assert_eq!(left.body["resource_providers"], Value::Array(Vec::new()));
}

#[test]
fn the_demo_plays_on_a_model_in_a_file() {
    let program = Program::migrating();
    check_verdicts_twice(&program.run("demo --embedded state.json"));
    assert_eq!(
        (program.holders(), program.count("consumers"), program.count("providers")),
        (vec![MIGRATION.into()], 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_breaks_off_leaves_nothing_either() {
    let program = Program::migrating();
    // The scene writes a provider, its inventories and a server's allocations. Then two tasks read and write, and the
    // final allocations are read.
    for (method, nth) in [(Method::Post, 1), (Method::Put, 1), (Method::Put, 2), (Method::Get, 6)] {
        let service = Service::start(&program, "new.json");
        let proxy = Proxy::start(service.url()).await.unwrap();
        // A read is sent three times.
        let last = if method == Method::Get { nth + 2 } else { nth };
        (nth..=last).for_each(|nth| proxy.on(method, nth, Act::Answer(Canned::internal_error())));
        let ran = program.run(&format!("demo --placement {} --token admin", proxy.url()));
        assert_eq!(ran.code, 1, "{method} {nth}: {}", ran.out);
        let line = ran.error();
        assert!(line.contains("500") && line.contains("made up"), "{method} {nth}: {line}");
        assert_eq!(service.end().code, 0);
        let state: Value = serde_json::from_slice(&std::fs::read(program.path("new.json")).unwrap()).unwrap();
        for what in ["providers", "consumers"] {
            assert_eq!(state[what].as_object().map_or(0, |all| all.len()), 0, "{method} {nth}: {state}");
        }
    }
}

#[test]
fn a_demo_without_an_answer_is_not_bad_input() {
    let (program, nowhere) = (Program::migrating(), nowhere());
    let ran = program.run_with(&format!("demo --placement {nowhere}"), ADMIN);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let line = ran.error();
    assert!(line.contains(&format!("no connection to Placement at {nowhere}: Connection refused")), "{line}");
    assert!(line.contains("check that Placement runs there; check --placement"), "{line}");
}

/// Its input is right, and the proxy is named only if it is used.
#[test]
fn an_audit_without_an_answer_is_not_bad_input_and_names_the_proxy() {
    let (program, nowhere) = (Program::migrating(), nowhere());
    program.write("nova.json", r#"{"compute_nodes": [], "servers": [], "migrations": []}"#);
    let words = format!("audit --nova nova.json --placement {nowhere}");
    let proxy = nowhere.replace("http://", "http://me:secret@");
    for (no_proxy, says) in [
        ("", format!(" (through the proxy {} that http_proxy sets; ", nowhere.trim_start_matches("http://"))),
        ("127.0.0.1", format!("no connection to Placement at {nowhere}: Connection refused")),
    ] {
        let ran = program.run_with(&words, &[ADMIN[0], ("http_proxy", &proxy), ("no_proxy", no_proxy)]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.error().contains(&says) && !ran.err.contains("secret"), "{says:?} is missing in {}", ran.err);
    }
}

#[test]
fn an_unreachable_placement_fails_the_task() {
    let (program, nowhere) = (Program::migrating(), nowhere());
    let ran = program.run_with(&back(&nowhere.replace("http://", "http://me:secret@")), ADMIN);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let last = ran.out.trim_end().lines().last().unwrap();
    let at = nowhere.replace("http://", "http://me@");
    let failed = format!("failed (unreachable): no connection to Placement at {at}: Connection refused");
    assert!(last.starts_with(&failed), "{last}");
    assert!(last.ends_with("check that Placement runs there; check --placement or the cloud's endpoint"), "{last}");
    assert_eq!(ran.out.matches("check that Placement runs there").count(), 1, "it is printed once: {}", ran.out);
    assert!(!ran.out.contains("secret"), "{}", ran.out);
}

#[test]
fn a_token_without_rights_is_named_in_the_error() {
    let program = Program::migrating();
    let service = Service::start(&program, "state.json");
    let ran = program.run(&format!("{} --token user", back(service.url())));
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let last = ran.out.trim_end().lines().last().unwrap();
    let failed = "failed (allocation-retrieval-failed): Placement forbids it for this token; check --token";
    assert!(last.starts_with(failed) && last.contains(": 403 "), "{last}");
    let ran = program.run(&format!("demo --placement {} --token user", service.url()));
    assert_eq!(ran.code, 1, "{}", ran.out);
    let line = ran.error();
    assert!(line.contains("POST /resource_providers: Placement forbids it for this token; check --token"), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_not_accepted_is_named_in_the_error() {
    let said = "Placement does not accept the token; check --token or the cloud's credentials: ";
    let gets = [(Method::Get, 1), (Method::Get, 2)];
    for (spoilt, code) in [(&gets[..], "allocation-retrieval-failed"), (&[(Method::Post, 1)], "malformed-answer")] {
        let program = Program::migrating();
        let service = Service::start(&program, "state.json");
        let proxy = Proxy::start(service.url()).await.unwrap();
        spoilt.iter().for_each(|(method, nth)| proxy.on(*method, *nth, unauthorized()));
        let ran = program.run_with(&back(&proxy.url()), ADMIN);
        assert_eq!((ran.code, ran.err.as_str()), (1, ""), "{}", ran.out);
        let last = ran.out.trim_end().lines().last().unwrap();
        assert!(last.starts_with(&format!("failed ({code}): {said}")) && last.contains("401"), "{last}");
    }
}
