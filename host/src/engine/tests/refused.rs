//! Components that are not policies: each is refused with one line that says what it is and what to do.

use super::*;
use crate::engine::LoadError;

/// Loading `bytes` fails with one line that contains the component's name and `words`.
fn check(name: &str, bytes: &[u8], is_it: fn(&LoadError) -> bool, words: &str) {
    line(name, ENGINE.load(name, bytes).expect_err(name), is_it, words);
}

fn line(name: &str, error: LoadError, is_it: fn(&LoadError) -> bool, words: &str) {
    assert!(is_it(&error), "{name}: {error:?}");
    let line = format!("{:#}", anyhow::Error::new(error));
    assert!(line.contains(name) && line.contains(words), "{line:?} does not have {name:?} and {words:?}");
    assert!(!line.contains('\n') && line.len() < 500, "{line}");
}

macro_rules! is {
    ($case:ident) => {
        |error| matches!(error, LoadError::$case { .. })
    };
}

#[test]
fn components_that_are_not_policies_are_refused() {
    let simd = "SIMD support is not enabled";
    let gc = "gc proposal must be enabled";
    for (name, is_it, words) in [
        ("core_module", is!(CoreModule) as fn(&LoadError) -> bool, "`wasm-tools component new`"),
        ("imports_wasi", is!(Imports), "imports `wasi:cli/environment@0.2.3`"),
        ("imports_a_function", is!(Imports), "imports `now`"),
        ("imports_a_function_of_types", is!(Imports), "imports `swaparoo:policy/types@1.0.0#now`"),
        ("other_world", is!(OtherWorld), "exports `wasi:cli/run@0.2.3`, not `swaparoo:policy/rules@1.0.0` or"),
        ("empty_world", is!(OtherWorld), "exports nothing"),
        ("other_contract", is!(OtherContract), "built for the contract 2.0.0, but this host has 1.0.0"),
        ("other_types", is!(OtherTypes), "expected `record` found `u32`"),
        ("other_types", is!(OtherTypes), "build it against that version's wit/"),
        ("no_function", is!(OtherTypes), "`describe`"),
        ("huge_memory", is!(Invalid), "memory"),
        ("many_instances", is!(Invalid), "memories"),
        ("uses_simd", is!(Invalid), simd),
        ("ref_test", is!(Invalid), gc),
        ("ref_cast", is!(Invalid), gc),
        ("call_indirect_of_a_subtype", is!(Invalid), gc),
        ("ref_test_in_next_step", is!(Invalid), gc),
        // It is compiled, although several memories need a WebAssembly proposal.
        ("two_memories", is!(OtherWorld), "exports nothing"),
    ] {
        check(name, &wat(name), is_it, words);
    }
}

#[test]
fn wrong_descriptions_are_refused() {
    for (name, is_it, words) in [
        ("describes_another_contract", is!(Description) as fn(&LoadError) -> bool, "the contract \"2.0.0\", not 1.0.0"),
        ("describes_another_contract", is!(Description), "build it for 1.0.0, or use a host with \"2.0.0\""),
        ("describes_with_a_huge_name", is!(Description), "(100000 bytes)"),
        ("describes_no_task", is!(Description), "no kind of task"),
        ("describes_for_ever", is!(Describe), "units of fuel"),
    ] {
        check(name, &hostile(name), is_it, words);
    }
}

#[test]
fn truncated_and_foreign_files_are_refused() {
    let whole = crate::engine::BUILT_IN[0].component;
    for length in [4, 7, 9, 100, whole.len() / 2, whole.len() - 1] {
        check(&format!("standard-{length}"), &whole[..length], is!(Invalid), "check that the file is complete");
    }
    // These eight bytes are a complete, empty component.
    check("standard-8", &whole[..8], is!(OtherWorld), "exports nothing");
    for (name, bytes) in
        [("empty", &b""[..]), ("short", b"\0as"), ("text", b"(component)"), ("elf", b"\x7fELF\x02\x01\x01")]
    {
        check(name, bytes, is!(NotWasm), "is not WebAssembly");
    }
    let too_large = vec![0; ENGINE.limits().component_bytes + 1];
    check("large", &too_large, is!(TooLarge), "or raise policies.limits.component_bytes");
}

#[test]
fn unknown_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.wasm");
    std::fs::write(&large, vec![0; ENGINE.limits().component_bytes + 1]).unwrap();
    for (name, is_it, words) in [
        ("standrad", is!(Unknown) as fn(&LoadError) -> bool, "give standard, seed, nova-34 or the path of a component"),
        ("", is!(Unknown), "give standard"),
        ("./standard", is!(Unreadable), "No such file"),
        ("missing.wasm", is!(Unreadable), "No such file"),
        (folder.path().to_str().unwrap(), is!(Unreadable), "directory"),
        (large.to_str().unwrap(), is!(TooLarge), "more than"),
    ] {
        line(name, ENGINE.resolve(name).expect_err(name), is_it, words);
    }
}
