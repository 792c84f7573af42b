//! Hostile policies in the whole program: the task fails with the right code, Placement is unchanged, and the record
//! gives the same result when it is decided again.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};

use super::program::{MIGRATION, Program, Ran, SERVER};

fn check(policy: &str, code: &str) {
    let program = Program::migrating();
    let before = std::fs::read(program.path("state.json")).unwrap();
    let file = component(policy);
    let asked = format!("move --source {MIGRATION} --target {SERVER} --embedded state.json --json --record task.json");
    let ran = program.run(&format!("{asked} --policy {file}"));
    assert_eq!(ran.code, 1, "{policy}: {}{}", ran.out, ran.err);
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(object["failure"]["code"], code, "{policy}: {}", object["failure"]);
    assert!(!object["failure"]["detail"].as_str().unwrap().contains('\n'), "{policy}: {}", object["failure"]);
    assert_eq!(std::fs::read(program.path("state.json")).unwrap(), before, "{policy} wrote to Placement");
    check_replay(&program, &file, code);
}

fn component(name: &str) -> String {
    let folder = std::env::var("SWAPAROO_HOSTILE").expect("SWAPAROO_HOSTILE is not set; run `cargo xtask test`");
    Path::new(&folder).join(name).with_extension("wasm").display().to_string()
}

fn check_replay(program: &Program, file: &str, code: &str) {
    let same = program.run(&format!("replay task.json --policy {file}"));
    assert_eq!((same.code, same.err.as_str()), (0, ""), "{file}: {}", same.out);
    assert!(same.out.starts_with("same: hostile ("), "{}", same.out);
    assert!(same.out.ends_with(&format!("; failed: {code}\n")), "{}", same.out);
    let parts = program.run("replay task.json --policy standard");
    assert_eq!((parts.code, parts.err.as_str()), (1, ""), "{file}: {}", parts.out);
    assert!(parts.out.starts_with("differs at step 1, index "), "{}", parts.out);
    let unnamed = program.run("replay task.json");
    assert_eq!(unnamed.code, 2, "{}", unnamed.out);
    let line = unnamed.error();
    assert!(line.contains("task.json") && line.contains("hostile 0.1.0") && line.contains("by --policy"), "{line}");
}

#[test]
fn each_fails_its_own_task_by_name() {
    check("loops", "policy-out-of-fuel");
    check("panics", "policy-trapped");
    check("grows", "policy-out-of-memory");
    check("recurses", "policy-stack-overflow");
    check("floods", "policy-output-too-large");
    check("means_nothing", "policy-nonsense");
    check("meddles", "out-of-bounds");
    check("repeats_itself", "history-too-long");
    check("lies", "unfounded-end");
}

/// The output must not contain terminal control characters, since an operator's terminal may act on them.
#[test]
fn a_policys_texts_contain_no_control_characters() {
    let program = Program::migrating();
    let file = component("writes_escapes");
    let asked = format!("move --source {MIGRATION} --target {SERVER} --embedded state.json --policy {file}");
    let ran = program.run(&format!("{asked} --record task.json"));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    printable(&ran);
    assert!(ran.out.contains("owned\\u{1b}]0;title\\u{7}\\u{9b}2J"), "{}", ran.out);
    assert!(!ran.out.lines().any(|line| line.starts_with("finished")), "a line was forged: {}", ran.out);
    let json = program.run(&format!("{asked} --json"));
    printable(&json);
    let object: Value = serde_json::from_str(&json.out).unwrap();
    let detail = object["failure"]["data"]["detail"].as_str().unwrap();
    assert!(detail.starts_with("owned\u{1b}]0;title\u{7}\u{9b}2J\r\nfinished: moved \u{202e}"), "{detail:?}");
    for words in [format!("replay task.json --steps --policy {file}"), "replay task.json --steps".to_owned()] {
        printable(&program.run(&words));
    }
}

/// The same for texts of Placement, and for a record from another person.
#[test]
fn texts_of_placement_and_records_contain_no_control_characters() {
    let program = Program::migrating();
    let text = "no\u{1b}]0;title\u{7}\r\nfinished: moved \u{9b}2J\u{202e}";
    let body = json!({ "errors": [{ "status": 500, "code": text, "detail": text }] }).to_string();
    let url = answering(&body);
    for server in ["present", "gone"] {
        let ran = program.run(&format!(
            "revert --server-uuid {SERVER} --migration-uuid {MIGRATION} --server {server} --placement {url} --token t -vv"
        ));
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        printable(&ran);
        assert!(ran.out.contains("no\\u{1b}]0;title\\u{7}"), "{}", ran.out);
    }
    let policy = json!({ "name": text, "version": text, "digest": text });
    let task = json!({ "kind": "revert", "server": SERVER, "migration": MIGRATION });
    let record = json!({
        "format": "swaparoo-record/1", "contract": "1.0.0", "id": text, "task": task, "policy": policy, "history": [],
        "end": { "failed": { "code": text, "detail": text, "data": null } },
    });
    program.write("sent.json", record.to_string());
    for words in ["replay sent.json", "replay sent.json --policy standard"] {
        let ran = program.run(words);
        assert_ne!(ran.code, 0, "{words}");
        printable(&ran);
        let said = [ran.out.as_str(), &ran.err].concat();
        assert!(said.contains("no\\u{1b}]0;title\\u{7}"), "{words}: {said}");
    }
}

/// A Placement that gives this answer to every request.
fn answering(body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let head = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            while lines.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            // The client may have closed the connection.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

/// Checks that there are only printable characters and line breaks.
fn printable(ran: &Ran) {
    for said in [&ran.out, &ran.err] {
        let acts = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}".contains(c));
        assert_eq!(said.find(acts), None, "{said:?}");
    }
}
