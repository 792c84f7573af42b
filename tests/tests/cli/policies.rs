//! Components: which are policies, what the program prints about them, and the one-line errors for the others.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::bad_input::{check, moving};
use super::program::{MIGRATION, Program, SERVER};

/// A component of `cargo xtask build`.
fn built(variable: &str, name: &str) -> PathBuf {
    let folder = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; run `cargo xtask test`"));
    Path::new(&folder).join(name).with_extension("wasm")
}

/// A component from the text in `tests/hostile/wat`, as `NAME.wasm` in the program's folder.
fn make(program: &Program, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/wat");
    program.write(&format!("{name}.wasm"), wat::parse_file(folder.join(name).with_extension("wat")).unwrap());
}

#[test]
fn files_that_are_not_components() {
    let program = Program::migrating();
    check(&program, &moving("--policy standrad"), &["standrad", "standard, seed, nova-34"]);
    check(
        &program,
        &moving("--policy missing.wasm"),
        &["missing.wasm", "give standard, seed, nova-34", "No such file"],
    );
    program.write("text.wasm", "not wasm");
    check(&program, &moving("--policy text.wasm"), &["text.wasm", "not WebAssembly"]);
    program.write("core.wasm", b"\0asm\x01\0\0\0");
    check(&program, &moving("--policy core.wasm"), &["core.wasm", "core module", "wasm-tools component new"]);
    check(&program, "policy inspect core.wasm", &["core.wasm", "core module"]);
    program.write("cut.wasm", &b"\0asm\x0d\0\x01\0\x07"[..]);
    check(&program, &moving("--policy cut.wasm"), &["cut.wasm", "check that the file is complete"]);
}

#[test]
fn components_that_are_not_policies() {
    let world = "build it for the world `swaparoo:policy/migration-policy`";
    for (name, says) in [
        ("imports_wasi", ["imports `wasi:cli/environment@0.2.3`", world]),
        ("imports_a_function", ["imports `now`", world]),
        ("other_world", ["exports `wasi:cli/run@0.2.3`", world]),
        ("empty_world", ["exports nothing", world]),
        ("other_contract", ["the contract 2.0.0", "use a host with 2.0.0"]),
        ("other_types", ["expected `record` found `u32`", "build it against that version's wit/"]),
        ("no_function", ["`describe`", "build it against that version's wit/"]),
        ("huge_memory", ["memory has a minimum byte size of 67108864", "-Wl,-z,stack-size=65536"]),
        ("uses_simd", ["SIMD support is not enabled", "WebAssembly features"]),
    ] {
        let program = Program::migrating();
        make(&program, name);
        check(&program, &format!("policy inspect {name}.wasm"), &[&[name][..], &says].concat());
        check(&program, &moving(&format!("--policy {name}.wasm")), &says);
    }
}

#[test]
fn policies_that_describe_themselves_wrongly() {
    let program = Program::migrating();
    for (name, says) in [
        ("describes_another_contract", ["the contract \"2.0.0\", not 1.0.0", "build it for 1.0.0"]),
        ("describes_no_task", ["no kind of task", "at least one of move, replace, revert, migrate, "]),
        ("describes_for_ever", ["correct the component: ", "units of fuel without an answer"]),
    ] {
        let file = built("SWAPAROO_HOSTILE", name);
        check(&program, &moving(&format!("--policy {}", file.display())), &[&[name][..], &says].concat());
    }
}

/// The tasks that the built-in policies have rules for.
const TASKS: &str = "move, replace, revert, migrate, live-migrate, confirm, revert-resize, abort, release";

#[test]
fn a_policy_is_found_by_name_and_by_file() {
    let program = Program::migrating();
    for (name, tasks) in [("standard", TASKS), ("nova-34", TASKS)] {
        let ran = program.run(&format!("policy inspect {name} --json"));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}");
        let object: Value = serde_json::from_str(&ran.out).unwrap();
        let kinds: Vec<&str> = tasks.split(", ").collect();
        let described = json!({
            "name": name, "version": "0.1.0", "contract": "1.0.0", "tasks": kinds, "settings_schema": null,
            "ended_statuses": ["error", "failed", "cancelled", "completed", "confirmed", "reverted", "done"],
        });
        assert_eq!(object["description"], described);
        assert_eq!(object["world"], "migration-policy");
        assert_eq!(object["limits"]["memory"]["at_most"], 4 << 20);
        let digest = object["digest"].as_str().unwrap();
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");

        let expected = format!(
            "{name} 0.1.0\n  contract  swaparoo:policy@1.0.0\n  world     migration-policy\n  tasks     {tasks}\n  imports   no function\n  sha256    {digest}\n"
        );
        let file = built("SWAPAROO_POLICIES", name).display().to_string();
        for named in [name, file.as_str()] {
            let ran = program.run(&format!("policy inspect {named}"));
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{named}");
            let (described, limits) = ran.out.split_once("\n\n").unwrap();
            assert_eq!(format!("{described}\n"), expected, "{named}");
            let size = std::fs::metadata(&file).unwrap().len().to_string();
            let (thousands, rest) = size.split_at(size.len() - 3);
            let component = format!("component {:>27}     4,194,304  bytes", format!("{thousands},{rest}"));
            assert!(limits.contains(&component), "{component}\n{limits}");
            assert_eq!(limits.lines().count(), 11, "a line for each limit of the contract: {limits}");
        }
    }
}

#[test]
fn a_policy_of_moves_moves_allocations_and_gets_no_other_task() {
    let program = Program::migrating();
    let file = built("SWAPAROO_POLICIES", "standard-moves").display().to_string();
    let described = program.run(&format!("policy inspect {file}"));
    assert_eq!((described.code, described.err.as_str()), (0, ""));
    assert!(
        described.out.contains("\n  world     move-policy\n  tasks     move, replace, revert\n"),
        "{}",
        described.out
    );

    let release = format!("release --consumer {MIGRATION} --server-uuid {SERVER} --embedded state.json");
    let refused = program.run(&format!("{release} --policy {file}"));
    assert!(refused.out.contains("the policy has no rule for `release`"), "{}{}", refused.out, refused.err);
    assert_eq!(program.holders(), [MIGRATION]);

    let ran = program.run(&moving(&format!("--target-is-new --policy {file}")));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert_eq!(program.holders(), [SERVER]);
}

/// Another component with the name of a built-in policy would be taken for that one in lists and records.
#[test]
fn the_names_of_built_in_policies_are_reserved() {
    let program = Program::migrating();
    let mut standard = std::fs::read(built("SWAPAROO_POLICIES", "standard")).unwrap();
    standard.extend(*b"\x00\x05\x04copy");
    program.write("copy.wasm", standard);
    let says = ["copy.wasm describes itself as `standard`", "the name of a policy of this program", "another name"];
    assert_eq!(program.run("policy keygen --out key.pem").code, 0);
    for words in ["policy inspect copy.wasm", "policy test copy.wasm", "policy sign copy.wasm --key key.pem"] {
        check(&program, words, &says);
    }
    // A task may run under it: the record names the digest.
    assert_eq!(program.run(&moving("--target-is-new --policy copy.wasm")).code, 0);
}

#[test]
fn the_contract_is_written_and_never_over_another_file() {
    let program = Program::migrating();
    let ran = program.run("policy wit contract/wit");
    assert_eq!((ran.code, ran.out.as_str()), (0, "contract/wit: swaparoo:policy@1.0.0\n"), "{}", ran.err);
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("wit");
    let mut files = 0;
    for file in std::fs::read_dir(repository).unwrap().map(|entry| entry.unwrap()) {
        let written = program.path("contract/wit").join(file.file_name());
        assert!(std::fs::read(file.path()).unwrap() == std::fs::read(&written).unwrap(), "{}", written.display());
        files += 1;
    }
    assert_eq!(std::fs::read_dir(program.path("contract/wit")).unwrap().count(), files);
    assert_eq!(program.run("policy wit contract/wit").code, 0, "the same files are no obstacle");
    program.write("contract/wit/moves.wit", "mine");
    std::fs::remove_file(program.path("contract/wit/log.wit")).unwrap();
    check(&program, "policy wit contract/wit", &["contract/wit/moves.wit exists and has other content"]);
    assert!(!program.path("contract/wit/log.wit").exists(), "nothing was written");
}

#[test]
fn a_damaged_cache_entry_is_made_again() {
    let program = Program::migrating();
    let described: Value = serde_json::from_str(&program.run("policy inspect standard --json").out).unwrap();
    let entries = || std::fs::read_dir(program.path("cache/swaparoo")).unwrap().map(|entry| entry.unwrap().path());
    // The key of the seals is in the same folder as the entries.
    let compiled = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "cwasm");
    let digest = described["digest"].as_str().unwrap();
    let of_standard = |path: &std::path::PathBuf| compiled(path) && path.to_string_lossy().contains(digest);
    let entry = entries().find(of_standard).expect("a cache entry is there");
    let whole = std::fs::read(&entry).unwrap();
    std::fs::write(&entry, &whole[..whole.len() / 2]).unwrap();
    let ran = program.run("policy inspect standard");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains(&entry.display().to_string()), "the warning names the file: {}", ran.err);
    assert!(!ran.err.contains('\u{1b}'), "no colours outside a terminal: {:?}", ran.err);
    assert_eq!(std::fs::read(&entry).unwrap().len(), whole.len());
}
