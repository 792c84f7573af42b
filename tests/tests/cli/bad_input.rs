//! Bad input: one line that names the value and the solution, exit code 2, and an unchanged Placement.

use super::program::{MIGRATION, Program, SERVER};

/// Runs `words`, and expects one error line that contains all of `says`.
pub fn check(program: &Program, words: &str, says: &[&str]) {
    let before = std::fs::read(program.path("state.json")).unwrap();
    let ran = program.run(words);
    assert_eq!(ran.code, 2, "{words}\n{}{}", ran.out, ran.err);
    let line = ran.error();
    for word in says {
        assert!(line.contains(word), "{words}\n{word:?} is missing in: {line}");
    }
    assert!(ran.out.is_empty(), "{}", ran.out);
    assert_eq!(std::fs::read(program.path("state.json")).unwrap(), before, "{words} wrote to Placement");
}

pub fn moving(rest: &str) -> String {
    format!("move --source {MIGRATION} --target {SERVER} --embedded state.json {rest}")
}

#[test]
fn usage() {
    let program = Program::migrating();
    check(&program, "mvoe", &["unrecognized subcommand 'mvoe'", "'move'", "; see swaparoo --help"]);
    check(&program, "move --embedded state.json", &["--source <UUID> --target <UUID>", "; see swaparoo move --help"]);
    check(&program, &moving("--server maybe"), &["'maybe'", "present, gone, unknown", "; see swaparoo move --help"]);
    check(&program, "policy inspect", &["<NAME|FILE.wasm>", "; see swaparoo policy inspect --help"]);
}

#[test]
fn help_and_version_are_not_errors() {
    let program = Program::migrating();
    for words in ["--help", "move --help", "--version"] {
        let ran = program.run(words);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words}");
    }
    let ran = program.run("--help");
    assert!(ran.out.contains("Usage: swaparoo") && ran.out.contains("Exit codes:"), "{}", ran.out);
}

#[test]
fn uuids() {
    let program = Program::migrating();
    let embedded = "--embedded state.json";
    let form = "write it as c0ffee00-0000-0000-0000-000000000001, in lower case with dashes";
    check(&program, &format!("move --source nonsense --target {SERVER} {embedded}"), &["nonsense", "not a UUID", form]);
    let upper = SERVER.to_uppercase();
    check(&program, &format!("move --source {upper} --target {SERVER} {embedded}"), &[&upper, "write", SERVER]);
    let bare = SERVER.replace('-', "");
    check(&program, &format!("move --source {bare} --target {MIGRATION} {embedded}"), &[&bare, SERVER]);
}

#[test]
fn one_consumer_twice() {
    let program = Program::migrating();
    let says = [SERVER, "name two different consumers"];
    check(&program, &format!("move --source {SERVER} --target {SERVER} --embedded state.json"), &says);
    for kind in ["replace", "revert", "confirm", "revert-resize", "abort"] {
        let twice = format!("{kind} --server-uuid {SERVER} --migration-uuid {SERVER} --embedded state.json");
        check(&program, &twice, &says);
    }
}

#[test]
fn records_to_read() {
    let program = Program::migrating();
    check(&program, "replay missing.json", &["missing.json", "No such file"]);
    program.write("foreign.json", "{\"a\": 1}");
    check(&program, "replay foreign.json", &["foreign.json", "not a record", "--record"]);
    program.write("newer.json", r#"{"format": "swaparoo-record/9", "contract": "0.9.0"}"#);
    let by = "replay it with the version that created it";
    check(&program, "replay newer.json", &["newer.json", "swaparoo-record/9", "0.9.0", by]);
}

#[test]
fn edited_records() {
    let program = Program::migrating();
    assert_eq!(program.run(&moving("--server gone --record task.json")).code, 0);
    let record = std::fs::read_to_string(program.path("task.json")).unwrap();
    let upper = SERVER.to_uppercase();
    program.write("upper.json", record.replace(SERVER, &upper));
    check(&program, "replay upper.json", &["upper.json", &upper, "write it in lower case with dashes"]);
    program.write("twice.json", record.replace(MIGRATION, SERVER));
    check(&program, "replay twice.json", &["twice.json", SERVER, "name two different consumers"]);
    program.write("file.json", record.replace(r#""name": "standard""#, r#""name": "mine""#));
    check(&program, "replay file.json", &["file.json", "mine 0.1.0", "name its file by --policy"]);
    let one = r#""times": [{"asked_ms": 1, "answered_ms": 2}], "end":"#;
    program.write("times.json", record.replace(r#""end":"#, one));
    check(&program, "replay times.json", &["times.json has 1 times for 5 exchanges", "remove `times`"]);
}

#[test]
fn places_for_a_record() {
    let program = Program::migrating();
    std::fs::create_dir(program.path("folder")).unwrap();
    check(&program, &moving("--record folder"), &["folder, which is a directory", "name a file"]);
    check(&program, &moving("--record new/"), &["new/, which is a directory", "name a file"]);
    check(&program, &moving("--record /dev/null"), &["/dev/null", "a device", "name a file"]);
    let no_folder = ["the record no/such/task.json", "the folder no/such does not exist; create it first"];
    check(&program, &moving("--record no/such/task.json"), &no_folder);
    check(&program, &moving("--record /proc/task.json"), &["the record /proc/task.json cannot be written: "]);
}

#[test]
fn placements() {
    let program = Program::migrating();
    let asked = format!("move --source {MIGRATION} --target {SERVER}");
    check(&program, &format!("{asked} --embedded missing.json"), &["missing.json", "No such file"]);
    program.write("other.json", "[]");
    check(&program, &format!("{asked} --embedded other.json"), &["other.json", "not a Placement state"]);
    let no_token = ["no token for http://127.0.0.1:1", "--token", "SWAPAROO_TOKEN"];
    check(&program, &format!("{asked} --placement http://127.0.0.1:1"), &no_token);
    check(&program, &format!("{asked} --placement nonsense --token t"), &["nonsense", "http://HOST:PORT"]);
    check(&program, &format!("{asked} --placement ftp://127.0.0.1 --token t"), &["ftp://127.0.0.1", "http://"]);
    check(&program, &format!("{asked} --embedded state.json --token t"), &["'--token <TOKEN>'", "--embedded"]);
    check(&program, &asked, &["OS_AUTH_URL"]);
}

#[test]
fn states_to_serve() {
    let program = Program::migrating();
    let no_folder = ["the Placement state no/such/state.json", "the folder no/such does not exist; create it first"];
    check(&program, "placement --listen 127.0.0.1:0 --state no/such/state.json", &no_folder);
    program.write("other.json", "[]");
    check(&program, "placement --listen 127.0.0.1:0 --state other.json", &["other.json", "not a Placement state"]);
    check(&program, "placement --listen nonsense", &["'nonsense'", "such as 127.0.0.1:8778"]);
}

#[test]
fn clouds() {
    let program = Program::migrating();
    let asked = format!("move --source {MIGRATION} --target {SERVER} --cloud nowhere");
    check(&program, &asked, &["\"nowhere\"", "clouds.yaml does not exist", "OS_CLIENT_CONFIG_FILE"]);
    program.write("clouds.yaml", "clouds: {somewhere: {auth: {auth_url: \"http://127.0.0.1:1\"}}}");
    check(&program, &asked, &["\"nowhere\" is not in ", "clouds.yaml; known clouds: somewhere"]);
}

#[test]
fn placements_of_the_demo() {
    let program = Program::migrating();
    check(&program, "demo --cloud nowhere", &["\"nowhere\"", "clouds.yaml"]);
    check(&program, "demo --embedded none.json", &["none.json", "No such file"]);
    check(&program, "demo --token t", &["--placement <URL>", "; see swaparoo demo --help"]);
    check(&program, "demo --placement http://127.0.0.1:1", &["no token for http://127.0.0.1:1"]);
}
