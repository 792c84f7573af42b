//! Policies without a service: tested with scenarios and records, signed, verified.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use swaparoo::engine::Digest;

use super::program::{MIGRATION, Program, SERVER};

/// A program with a component file in its folder.
fn with_component() -> Program {
    let program = Program::migrating();
    program.write("policy.wasm", std::fs::read(component("standard")).unwrap());
    program
}

fn component(name: &str) -> PathBuf {
    let folder = std::env::var_os("SWAPAROO_POLICIES").expect("SWAPAROO_POLICIES is not set; run `cargo xtask test`");
    PathBuf::from(folder).join(name).with_extension("wasm")
}

/// Runs `words`, and expects this exit code, and all of `says` on standard output or error.
fn check(program: &Program, words: &str, code: i32, says: &[&str]) -> String {
    let ran = program.run(words);
    assert_eq!(ran.code, code, "{words}\n{}{}", ran.out, ran.err);
    let said = if code == 2 { ran.err } else { ran.out };
    for word in says {
        assert!(said.contains(word), "{words}\n{word:?} is missing in: {said}");
    }
    said
}

/// The base64 in the line for the config.
fn public_key(line: &str) -> String {
    let key = line.trim().strip_prefix("trusted_keys = [\"").and_then(|rest| rest.strip_suffix("\"]"));
    key.unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn a_signed_policy_is_verified() {
    let program = with_component();
    let key = public_key(&check(&program, "policy keygen --out key.pem", 0, &["trusted_keys"]));
    assert_eq!(std::fs::metadata(program.path("key.pem")).unwrap().permissions().mode() & 0o777, 0o600);
    check(&program, "policy sign policy.wasm --key key.pem", 0, &["policy.wasm.sig", &key]);
    let verified = check(&program, &format!("policy verify policy.wasm --key {key}"), 0, &["is signed by", &key]);
    let digest = Digest::of(&std::fs::read(component("standard")).unwrap());
    assert!(verified.starts_with(&format!("standard 0.1.0 (sha256 {digest})")), "it prints the statement: {verified}");
    program.write("public.txt", format!("{key}\n"));
    check(&program, "policy verify policy.wasm --key public.txt", 0, &[&key]);
    check(&program, "policy sign policy.wasm --key key.pem --out other.sig", 0, &["other.sig"]);
    check(&program, &format!("policy verify policy.wasm --key {key} --signature other.sig"), 0, &[&key]);
}

#[test]
fn a_wrong_signature_is_a_finding() {
    let program = with_component();
    let key = public_key(&check(&program, "policy keygen --out key.pem", 0, &[]));
    let other = public_key(&check(&program, "policy keygen --out other.pem", 0, &[]));
    check(&program, "policy sign policy.wasm --key key.pem", 0, &[]);
    check(&program, &format!("policy verify policy.wasm --key {other}"), 1, &["not verified", &other]);
    check(&program, &format!("policy verify policy.wasm --key {other} --key {key}"), 0, &[&key]);
    let mut bytes = std::fs::read(program.path("policy.wasm")).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    program.write("policy.wasm", bytes);
    check(&program, &format!("policy verify policy.wasm --key {key}"), 1, &["not verified", &key]);
}

/// A signature by openssl, as by an HSM, over the statement that the program prints.
#[test]
fn a_key_may_be_kept_elsewhere() {
    let program = with_component();
    let key = public_key(&check(&program, "policy keygen --out key.pem", 0, &[]));
    let statement = program.command("policy statement policy.wasm").output().unwrap().stdout;
    assert!(statement.starts_with(b"DSSEv1 36 application/vnd.swaparoo.policy+json "), "{statement:?}");
    program.write("statement", statement);
    let mut openssl = Command::new("openssl");
    openssl.args(["pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "statement", "-out", "signed"]);
    assert!(openssl.current_dir(program.path("")).status().unwrap().success());
    check(&program, "policy sign policy.wasm --signed signed", 0, &["policy.wasm.sig", "standard 0.1.0"]);
    check(&program, &format!("policy verify policy.wasm --key {key}"), 0, &["standard 0.1.0", &key]);
    check(&program, "policy sign policy.wasm --signed key.pem", 2, &["key.pem has", "an ed25519 signature has 64"]);
    check(&program, "policy sign policy.wasm", 2, &["--key", "--signed"]);
}

#[test]
fn a_private_key_that_is_open_to_others_signs_nothing() {
    let program = with_component();
    check(&program, "policy keygen --out key.pem", 0, &[]);
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(program.path("key.pem"), open).unwrap();
    let says = ["the private key key.pem are open to others (mode 644)", "chmod 600 key.pem"];
    check(&program, "policy sign policy.wasm --key key.pem", 2, &says);
    assert!(!program.path("policy.wasm.sig").exists());
}

/// The form of signature that the program made before it signed statements.
#[test]
fn a_bare_signature_is_refused_with_the_command_to_sign_again() {
    let program = with_component();
    let key = public_key(&check(&program, "policy keygen --out key.pem", 0, &[]));
    program.write("policy.wasm.sig", format!("{}==\n", "A".repeat(86)));
    let says = ["a bare ed25519 signature", "sign the component again with `swaparoo policy sign`"];
    check(&program, &format!("policy verify policy.wasm --key {key}"), 2, &says);
}

#[test]
fn bad_keys_and_signatures_are_bad_input() {
    let program = with_component();
    let key = public_key(&check(&program, "policy keygen --out key.pem", 0, &[]));
    check(&program, "policy keygen --out key.pem", 2, &["key.pem", "not overwritten"]);
    check(&program, "policy keygen --out no/such/key.pem", 2, &["no/such/key.pem"]);
    check(&program, "policy sign policy.wasm --key missing.pem", 2, &["missing.pem"]);
    check(&program, "policy sign missing.wasm --key key.pem", 2, &["missing.wasm"]);
    check(&program, "policy sign policy.wasm --key policy.wasm", 2, &["policy.wasm"]);
    check(&program, "policy sign policy.wasm --key key.pem --out no/such/file.sig", 2, &["no/such/file.sig"]);
    let verify = |rest: &str| format!("policy verify policy.wasm {rest}");
    check(&program, &verify(&format!("--key {key}")), 2, &["policy.wasm.sig", "policy sign"]);
    check(&program, &verify("--key nonsense"), 2, &["nonsense", "not an ed25519 public key"]);
    check(&program, &verify("--key key.pem"), 2, &["key.pem", "it is a private key"]);
    program.write("text.sig", "nonsense");
    check(&program, &verify(&format!("--key {key} --signature text.sig")), 2, &["nonsense", "not a signature"]);
}

#[test]
fn the_gate_lets_standard_through_and_refuses_the_others() {
    let program = Program::migrating();
    let passed = check(
        &program,
        &format!("policy test --search-faults 0 {}", component("standard").display()),
        0,
        &["may become active"],
    );
    assert!(!passed.contains("FAILED"), "{passed}");
    let leaks = "FAILED  revert-to-a-deleted-server";
    check(
        &program,
        &format!("policy test --search-faults 0 {}", component("nova-34").display()),
        1,
        &[leaks, "expected", "found", "WRONG    give-back", "swaparoo check FILE.wasm --scenes give-back", "refused:"],
    );
    let loses = "FAILED  revert-to-a-live-server-that-placement-forgot";
    check(
        &program,
        &format!("policy test --search-faults 0 {}", component("seed").display()),
        1,
        &[loses, "source-deleted"],
    );
}

#[test]
fn records_that_the_policy_decides_differently_are_listed() {
    let program = Program::migrating();
    std::fs::create_dir(program.path("records")).unwrap();
    let revert = format!(
        "revert --server-uuid {SERVER} --migration-uuid {MIGRATION} --server gone --embedded state.json --policy nova-34"
    );
    check(&program, &format!("{revert} --record records/leak.json"), 0, &[]);
    let out = check(
        &program,
        "policy test --search-faults 0 standard --records records",
        1,
        &["records: 0 of 1", "1 of 1 recorded tasks"],
    );
    assert!(out.contains("now \"ask nova for server"), "{out}");

    let json = check(&program, "policy test --search-faults 0 standard --records records --json", 1, &[]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&report["promoted"], &report["comparison"]["replayed"]), (&false.into(), &1.into()));
    assert_eq!(report["comparison"]["differences"][0]["would"]["perform"][0]["kind"], "find-server");
    assert_eq!(report["conformance"]["failed"], Value::Array(Vec::new()));
}

#[test]
fn the_gate_ends_with_every_policy_that_misbehaves() {
    let program = Program::migrating();
    let folder = PathBuf::from(std::env::var_os("SWAPAROO_HOSTILE").expect("run `cargo xtask test`"));
    for (policy, code) in [("loops", "policy-out-of-fuel"), ("panics", "policy-trapped"), ("meddles", "out-of-bounds")]
    {
        let file = folder.join(policy).with_extension("wasm");
        check(&program, &format!("policy test --search-faults 0 {}", file.display()), 1, &["scenarios: 0 of", code]);
    }
}

#[test]
fn bad_input_to_the_gate() {
    let program = Program::migrating();
    check(&program, "policy test standrad", 2, &["standrad"]);
    check(&program, "policy test --search-faults 0 standard --records missing", 2, &["missing", "No such file"]);
    std::fs::create_dir(program.path("records")).unwrap();
    program.write("records/foreign.json", "{}");
    check(
        &program,
        "policy test --search-faults 0 standard --records records",
        2,
        &["records/foreign.json", "not a record"],
    );
}
