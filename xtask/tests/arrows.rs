//! ARCHITECTURE.md says that nothing points back up: of the crates by the arrows in its text, of the host's modules by
//! their imports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who depends on whom, directly.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All that one depends on, through others too.
fn reach(graph: &Graph, from: &str) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(next) = open.pop() {
        let new = graph.get(&next).into_iter().flatten().filter(|one| found.insert((*one).clone()));
        open.extend(new.cloned().collect::<Vec<_>>());
    }
    found
}

/// The workspace's crates by the folders of their names in ARCHITECTURE.md; of what tests need nothing is said there.
fn crates() -> Graph {
    let mut cargo = Command::new(env!("CARGO"));
    let metadata = cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let short = |name: &Value| match name.as_str().unwrap() {
        "swaparoo" => Some("host".to_owned()),
        name => name.strip_prefix("swaparoo-").map(str::to_owned),
    };
    let normal = |package: &Value| -> BTreeSet<String> {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|one| one["kind"].is_null() && !one["path"].is_null())
            .filter_map(|one| short(&one["name"]))
            .collect()
    };
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.filter_map(|package| Some((short(&package["name"])?, normal(package)))).collect()
}

/// The arrows of the line that says how crates point: `a <- b` for each pair.
fn arrows() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("- Crates point one way: ")).expect("the line is there");
    let chains = line.split(';').next().unwrap().split(", ").map(|chain| chain.split(" <- ").collect::<Vec<_>>());
    chains.flat_map(|chain| chain.windows(2).map(|pair| (pair[0].into(), pair[1].into())).collect::<Vec<_>>()).collect()
}

#[test]
fn crates_point_as_the_architecture_says() {
    let (crates, arrows) = (crates(), arrows());
    assert!(arrows.len() >= 4, "{arrows:?}");
    for (below, above) in arrows {
        assert!(crates[&above].contains(&below), "{above} does not depend on {below}");
        assert!(!reach(&crates, &below).contains(&above), "{below} depends on {above}");
    }
    for apart in ["plugin", "debugger"] {
        assert!(!reach(&crates, apart).contains("host"), "{apart} links the host");
    }
    assert!(!reach(&crates, "host").contains("plugin"), "the host links the rules");
    assert_eq!(crates["contract"], BTreeSet::new());
}

/// What is compiled for the product: no comment, and no tests at the end of a file.
fn code(text: &str) -> String {
    let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    product.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules that this code names by `crate::`, in a group too.
fn named(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let outer = group.chars().scan(&mut depth, |depth, c| {
            **depth += i32::from(c == '{') - i32::from(c == '}');
            (**depth >= 0).then_some(if **depth == 0 { c } else { ' ' })
        });
        names.extend(outer.collect::<String>().split(',').map(|one| word(one.trim())));
    }
    names
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The host's modules at its root, without tests. The program's own, `cli`, names them by the crate's name.
fn modules() -> Graph {
    let source = root().join("host/src");
    let mut graph = Graph::new();
    for file in files(&source).into_iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let path = file.strip_prefix(&source).unwrap();
        let parts: Vec<_> = path.iter().map(|part| part.to_str().unwrap().trim_end_matches(".rs")).collect();
        if !parts.contains(&"tests") && !["lib", "main"].contains(&parts[0]) {
            let names = named(&code(&fs::read_to_string(&file).unwrap()));
            graph.entry(parts[0].to_owned()).or_default().extend(names);
        }
    }
    let known: BTreeSet<String> = graph.keys().cloned().collect();
    graph.iter_mut().for_each(|(own, names)| names.retain(|name| name != own && known.contains(name)));
    graph
}

#[test]
fn no_module_of_the_host_uses_a_higher_one() {
    let modules = modules();
    assert!(modules["drive"].contains("engine") && modules["executor"].contains("clients"), "{modules:?}");
    for module in modules.keys() {
        let circle: Vec<_> =
            reach(&modules, module).into_iter().filter(|one| reach(&modules, one).contains(module)).collect();
        assert!(circle.is_empty(), "{module} is in a circle of {circle:?}");
    }
}

#[test]
fn imports_are_found_alone_and_in_groups() {
    let code = "use crate::{audit::{a, b}, world};\nuse crate::cloud::C;\nlet x = crate::policy::y();";
    let expected = ["audit", "cloud", "policy", "world"].map(str::to_owned);
    assert_eq!(named(code), BTreeSet::from(expected));
}
