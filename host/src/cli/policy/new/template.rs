//! The templates. They are files of this repository, and a test builds them.

use super::Language;

/// Stands for the policy's name in a template.
const NAME: &str = "{{name}}";

const SCENARIOS: (&str, &str) = ("scenarios/own.json", include_str!("common/scenarios.json"));
/// What a policy of moves does not have.
const OF_MOVES: (&str, &str) = ("policy.toml", include_str!("common/policy.toml"));

const RUST: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("rust/Cargo.toml.in")),
    (".cargo/config.toml", include_str!("rust/cargo_config.toml")),
    (".gitignore", "/target\n/policy.wasm\n"),
    ("src/lib.rs", include_str!("rust/lib.rs")),
    ("src/history.rs", include_str!("rust/history.rs")),
    ("src/ask.rs", include_str!("rust/ask.rs")),
    ("src/rules.rs", include_str!("rust/rules.rs")),
    OF_MOVES,
];

const OVERLAY: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("overlay/Cargo.toml.in")),
    (".cargo/config.toml", include_str!("rust/cargo_config.toml")),
    (".gitignore", "/target\n/overlay.wasm\n/policy.wasm\n"),
    ("src/lib.rs", include_str!("overlay/lib.rs")),
    ("scenarios/overlay.json", include_str!("overlay/scenarios.json")),
    ("policy.toml", include_str!("overlay/policy.toml")),
];

const JS: [(&str, &str); 8] = [
    ("package.json", include_str!("js/package.json")),
    ("package-lock.json", include_str!("js/package-lock.json")),
    (".gitignore", "/node_modules\n/policy.wasm\n"),
    ("policy.js", include_str!("js/policy.js")),
    ("replay.js", include_str!("js/replay.js")),
    ("ask.js", include_str!("js/ask.js")),
    ("rules.js", include_str!("js/rules.js")),
    OF_MOVES,
];

const PYTHON: [(&str, &str); 8] = [
    ("requirements.txt", include_str!("python/requirements.txt")),
    ("limits.toml", include_str!("python/limits.toml")),
    (".gitignore", "/.venv\n/policy.wasm\n"),
    ("policy.py", include_str!("python/policy.py")),
    ("replay.py", include_str!("python/replay.py")),
    ("ask.py", include_str!("python/ask.py")),
    ("rules.py", include_str!("python/rules.py")),
    OF_MOVES,
];

const NEXT: &str = include_str!("common/next.md");

/// The files of a new policy, without its wit/.
pub fn files(language: Language, name: &str) -> Vec<(String, String)> {
    let (files, begins, lists): (&[(&str, &str)], _, _) = match language {
        Language::Rust => (&RUST, include_str!("rust/README.md"), include_str!("rust/files.md")),
        Language::RustOverlay => (&OVERLAY, include_str!("overlay/README.md"), include_str!("overlay/files.md")),
        Language::Js => (&JS, include_str!("js/README.md"), include_str!("js/files.md")),
        Language::Python => (&PYTHON, include_str!("python/README.md"), include_str!("python/files.md")),
    };
    let readme = ("README.md".to_owned(), [begins, NEXT, lists].concat());
    let files = files.iter().chain([&SCENARIOS]).map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    files.chain([readme]).map(|(file, text)| (file, text.replace(NAME, name))).collect()
}
