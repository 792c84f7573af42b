//! Bad input: one line that names the value and the way out, exit code 2, and Placement as it was.

use super::program::{MIGRATION, Program, SERVER};

/// Runs `words`, and expects one line with all of `says` in it.
fn check(program: &Program, words: &str, says: &[&str]) {
    let before = std::fs::read(program.path("state.json")).unwrap();
    let ran = program.run(words);
    assert_eq!(ran.code, 2, "{words}\n{}{}", ran.out, ran.err);
    for word in says {
        assert!(ran.err.contains(word), "{words}\n{word:?} is missing in: {}", ran.err);
    }
    assert!(ran.out.is_empty(), "{}", ran.out);
    assert_eq!(std::fs::read(program.path("state.json")).unwrap(), before, "{words} wrote to Placement");
}

/// The same for what the program says itself (clap's own errors take more lines, with the usage).
fn check_line(program: &Program, words: &str, says: &[&str]) {
    check(program, words, says);
    let err = program.run(words).err;
    assert_eq!(err.trim_end().lines().count(), 1, "{err}");
    assert!(err.starts_with("error: "), "{err}");
}

fn moving(rest: &str) -> String {
    format!("move --source {MIGRATION} --target {SERVER} --embedded state.json {rest}")
}

#[test]
fn uuids() {
    let program = Program::migrating();
    let embedded = "--embedded state.json";
    check(&program, &format!("move --source nonsense --target {SERVER} {embedded}"), &["nonsense", "not a UUID"]);
    let upper = SERVER.to_uppercase();
    check(&program, &format!("move --source {upper} --target {SERVER} {embedded}"), &[&upper, "write", SERVER]);
    let bare = SERVER.replace('-', "");
    check(&program, &format!("move --source {bare} --target {MIGRATION} {embedded}"), &[&bare, SERVER]);
}

#[test]
fn policies() {
    let program = Program::migrating();
    check_line(&program, &moving("--policy standrad"), &["standrad", "standard, seed, nova-34"]);
    check_line(&program, &moving("--policy missing.wasm"), &["missing.wasm", "No such file"]);
    program.write("text.wasm", "not wasm");
    check_line(&program, &moving("--policy text.wasm"), &["text.wasm", "not WebAssembly"]);
    program.write("core.wasm", b"\0asm\x01\0\0\0");
    check_line(&program, &moving("--policy core.wasm"), &["core.wasm", "core module", "wasm-tools component new"]);
    check_line(&program, "policy inspect core.wasm", &["core.wasm", "core module"]);
    program.write("cut.wasm", &b"\0asm\x0d\0\x01\0\x07"[..]);
    check_line(&program, &moving("--policy cut.wasm"), &["cut.wasm"]);
}

#[test]
fn records() {
    let program = Program::migrating();
    check_line(&program, "replay missing.json", &["missing.json", "No such file"]);
    program.write("foreign.json", "{\"a\": 1}");
    check_line(&program, "replay foreign.json", &["foreign.json", "no record", "--record"]);
    program.write("newer.json", r#"{"format": "swaparoo-record/9", "contract": "0.9.0"}"#);
    check_line(&program, "replay newer.json", &["newer.json", "swaparoo-record/9", "0.9.0"]);
    check_line(&program, &moving("--record no/such/folder/task.json"), &["no/such/folder/task.json"]);
}

#[test]
fn placements() {
    let program = Program::migrating();
    let asked = format!("move --source {MIGRATION} --target {SERVER}");
    check_line(&program, &format!("{asked} --embedded missing.json"), &["missing.json", "No such file"]);
    program.write("other.json", "[]");
    check_line(&program, &format!("{asked} --embedded other.json"), &["other.json", "no Placement state"]);
    check(&program, &format!("{asked} --placement http://127.0.0.1:1"), &["--token"]);
    check(&program, &format!("{asked} --placement nonsense --token t"), &["nonsense"]);
    check_line(&program, &format!("{asked} --placement ftp://127.0.0.1 --token t"), &["ftp://127.0.0.1", "http"]);
    check_line(&program, &format!("{asked} --cloud nowhere"), &["nowhere"]);
    check_line(&program, &asked, &["OS_"]);
}

#[test]
fn a_placement_that_is_not_there_fails_the_task() {
    let program = Program::migrating();
    let asked = format!("move --source {MIGRATION} --target {SERVER} --placement http://127.0.0.1:1 --token t");
    let ran = program.run(&asked);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("failed (unreachable)"), "{}", ran.out);
}

#[test]
fn a_damaged_cache_entry_is_made_again() {
    let program = Program::migrating();
    assert_eq!(program.run("policy inspect standard").code, 0);
    let entries = || std::fs::read_dir(program.path("cache/swaparoo")).unwrap().map(|entry| entry.unwrap().path());
    let entry = entries().next().expect("a cache entry is there");
    let whole = std::fs::read(&entry).unwrap();
    std::fs::write(&entry, &whole[..whole.len() / 2]).unwrap();
    let ran = program.run("policy inspect standard");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains(&entry.display().to_string()), "the warning names the file: {}", ran.err);
    assert_eq!(std::fs::read(&entry).unwrap().len(), whole.len());
}
