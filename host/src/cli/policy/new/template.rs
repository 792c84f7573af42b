//! The templates. They are files of this repository, and a test builds them.

use super::Language;

/// Stands for the policy's name in a template.
const NAME: &str = "{{name}}";

const OF_ALL: [(&str, &str); 2] = [
    ("policy.toml", include_str!("common/policy.toml")),
    ("scenarios/own.json", include_str!("common/scenarios.json")),
];

const RUST: [(&str, &str); 7] = [
    ("Cargo.toml", include_str!("rust/Cargo.toml.in")),
    (".cargo/config.toml", include_str!("rust/cargo_config.toml")),
    (".gitignore", "/target\n/policy.wasm\n"),
    ("src/lib.rs", include_str!("rust/lib.rs")),
    ("src/history.rs", include_str!("rust/history.rs")),
    ("src/ask.rs", include_str!("rust/ask.rs")),
    ("src/rules.rs", include_str!("rust/rules.rs")),
];

const JS: [(&str, &str); 7] = [
    ("package.json", include_str!("js/package.json")),
    ("package-lock.json", include_str!("js/package-lock.json")),
    (".gitignore", "/node_modules\n/policy.wasm\n"),
    ("policy.js", include_str!("js/policy.js")),
    ("replay.js", include_str!("js/replay.js")),
    ("ask.js", include_str!("js/ask.js")),
    ("rules.js", include_str!("js/rules.js")),
];

const PYTHON: [(&str, &str); 7] = [
    ("requirements.txt", include_str!("python/requirements.txt")),
    ("limits.toml", include_str!("python/limits.toml")),
    (".gitignore", "/.venv\n/policy.wasm\n"),
    ("policy.py", include_str!("python/policy.py")),
    ("replay.py", include_str!("python/replay.py")),
    ("ask.py", include_str!("python/ask.py")),
    ("rules.py", include_str!("python/rules.py")),
];

const NEXT: &str = include_str!("common/next.md");

/// The files of a new policy, without its wit/.
pub fn files(language: Language, name: &str) -> Vec<(String, String)> {
    let (files, begins, lists) = match language {
        Language::Rust => (&RUST, include_str!("rust/README.md"), include_str!("rust/files.md")),
        Language::Js => (&JS, include_str!("js/README.md"), include_str!("js/files.md")),
        Language::Python => (&PYTHON, include_str!("python/README.md"), include_str!("python/files.md")),
    };
    let readme = ("README.md".to_owned(), [begins, NEXT, lists].concat());
    let files = files.iter().chain(&OF_ALL).map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    files.chain([readme]).map(|(file, text)| (file, text.replace(NAME, name))).collect()
}
