//! `swaparoo policy compose`, with the overlay that `swaparoo policy new` makes.

use std::path::PathBuf;

use super::bad_input::check;
use super::program::Program;
use super::scaffold::Scaffold;

/// A built policy of this name.
fn built(name: &str) -> PathBuf {
    let folder = std::env::var_os("SWAPAROO_POLICIES").expect("SWAPAROO_POLICIES is not set; run `cargo xtask test`");
    PathBuf::from(folder).join(name).with_extension("wasm")
}

#[test]
fn an_overlay_over_standard_is_built_and_passes() {
    let scaffold = Scaffold::new("rust-overlay");
    scaffold.link("rust-target", "target");
    scaffold.builds_and_passes(
        "migration-policy",
        &[
            "\nscenarios: 62 of 62 passed\n",
            "own scenarios: 3 of 3 passed\n",
            "accepted in policy.toml:\n  reschedule: a resize goes to the best host, or it ends\n",
            "passed: the policy may become active\n",
        ],
    );
    let own = "--scenarios scenarios --run own-resize-tries-only-the-best-host --steps";
    let steps = scaffold.shell(&format!("swaparoo policy test policy.wasm {own}"));
    assert!(steps.contains("only the best of the remaining hosts is tried"), "{steps}");
    let of_base = scaffold.shell(&format!("swaparoo policy test standard {own} || true"));
    assert!(of_base.contains("FAILED  own-resize") && of_base.contains("found     started"), "{of_base}");
    assert!(scaffold.shell("swaparoo policy inspect policy.wasm").contains("\n  imports   no function\n"));
    wrong_components_are_named(&scaffold.program);
}

/// `mine/overlay.wasm` is an overlay, and `mine/policy.wasm` the policy that was composed of it.
fn wrong_components_are_named(program: &Program) {
    let compose = |overlay: &str, base: &str| format!("policy compose {overlay} --over {base} --out out.wasm");
    let (overlay, policy) = ("mine/overlay.wasm", "mine/policy.wasm");
    check(program, &compose(policy, "standard"), &["mine/policy.wasm imports no rules, so it is no overlay"]);
    let imports =
        "mine/overlay.wasm imports `swaparoo:policy/rules@1.0.0#describe`, but a policy may import no function";
    check(program, &compose(overlay, overlay), &[imports]);
    check(program, &format!("policy inspect {overlay}"), &[imports, "swaparoo policy compose"]);
    let moves = built("standard-moves");
    let says = "which {base} does not export: build the overlay for a base of the world `move-policy`";
    let says = says.replace("{base}", moves.to_str().unwrap());
    check(program, &compose(overlay, moves.to_str().unwrap()), &["`swaparoo:policy/rules@1.0.0`", &says]);
    check(program, &compose(overlay, "standrad"), &["no policy is named `standrad`"]);
    check(program, &compose("missing.wasm", "standard"), &["cannot read the component missing.wasm"]);

    let bytes = std::fs::read(program.path(overlay)).unwrap();
    program.write("half.wasm", &bytes[..bytes.len() / 2]);
    check(program, &compose("half.wasm", "standard"), &["half.wasm is not a component that can run here"]);
    program.write("other.wasm", renamed(&bytes, b"/rules@1.0.0", b"/rules@2.0.0"));
    check(program, &compose("other.wasm", "standard"), &["other.wasm was built for the contract 2.0.0"]);
    let same = format!("policy compose {overlay} --over {policy} --out mine/policy.wasm");
    check(program, &same, &["mine/policy.wasm is one of the components to compose: give another file to write"]);
    assert!(!program.path("out.wasm").exists(), "nothing was written");

    // A composed policy is a base, too.
    let twice = program.run(&compose(overlay, policy));
    assert_eq!((twice.code, twice.err.as_str()), (0, ""), "{}", twice.out);
    assert!(twice.out.contains("mine/overlay.wasm over mine/policy.wasm\n"), "{}", twice.out);
}

/// The bytes with each occurrence of a name replaced by another of the same length.
fn renamed(bytes: &[u8], name: &[u8], other: &[u8]) -> Vec<u8> {
    let mut renamed = bytes.to_vec();
    let places: Vec<usize> =
        bytes.windows(name.len()).enumerate().filter(|(_, at)| *at == name).map(|(at, _)| at).collect();
    for at in places {
        renamed[at..at + other.len()].copy_from_slice(other);
    }
    renamed
}
