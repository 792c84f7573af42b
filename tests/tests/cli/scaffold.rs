//! `swaparoo policy new`: what it makes is built, tested and run by the commands of its own README.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use swaparoo_tests::sample;

use super::bad_input::{check, moving};
use super::program::{Program, SERVER};
use crate::program_under_test::cache_in;

/// The tools that the READMEs name.
fn tools() -> PathBuf {
    std::env::var_os("SWAPAROO_SCAFFOLD").expect("SWAPAROO_SCAFFOLD is not set; run `cargo xtask test`").into()
}

/// The line above the commands that a shell needs first.
const EACH_SHELL: &str = "In each shell, so that the commands of `swaparoo` use these limits:";

/// A new policy of the name `mine`.
pub struct Scaffold {
    pub program: Program,
}

impl Scaffold {
    pub fn new(language: &str) -> Self {
        let program = Program::migrating();
        let made = program.run(&format!("policy new mine --lang {language}"));
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
        Self { program }
    }

    /// Gives it one of the tools' folders under this name.
    pub fn link(&self, folder: &str, name: &str) {
        let folder = tools().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        symlink(folder, self.program.path("mine").join(name)).unwrap();
    }

    /// The commands of its README below this line: those of one block, or all to the end.
    pub fn commands(&self, below: &str) -> Vec<String> {
        let readme = std::fs::read_to_string(self.program.path("mine/README.md")).unwrap();
        let (_, rest) =
            readme.split_once(&format!("\n{below}\n\n")).unwrap_or_else(|| panic!("no {below:?}: {readme}"));
        rest.lines().map_while(|line| line.strip_prefix("    ")).map(str::to_owned).collect()
    }

    /// The commands for each shell; only a policy with higher limits has one.
    fn of_each_shell(&self) -> Vec<String> {
        let readme = std::fs::read_to_string(self.program.path("mine/README.md")).unwrap();
        if readme.contains(EACH_SHELL) { self.commands(EACH_SHELL) } else { Vec::new() }
    }

    /// Runs a command in its folder, which must succeed; returns what it prints.
    pub fn shell(&self, command: &str) -> String {
        let program = PathBuf::from(std::env::var_os("SWAPAROO_PROGRAM").expect("SWAPAROO_PROGRAM is not set"));
        let folders = [program.parent().unwrap().to_owned(), tools().join("venv/bin")];
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path))).unwrap();
        let mut shell = Command::new("sh");
        // The template is built as at its author's: without the lints and settings of this workspace.
        let ours = ["CARGO", "RUSTC", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"];
        for (name, _) in std::env::vars().filter(|(name, _)| ours.iter().any(|ours| name.starts_with(ours))) {
            if name != "CARGO_HOME" {
                shell.env_remove(name);
            }
        }
        shell
            .env("CARGO_NET_OFFLINE", "true")
            .env("PATH", path)
            .env("XDG_CACHE_HOME", cache_in(&self.program.path("")));
        let script = [self.of_each_shell(), vec![command.to_owned()]].concat().join("\n");
        let output = shell.args(["-c", &script]).current_dir(self.program.path("mine")).output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(output.status.success(), "{command}\n{out}{err}");
        out
    }

    /// Builds it, and runs all other commands of its README and its rules; its test must say all of `says`.
    pub fn builds_and_passes(&self, world: &str, says: &[&str]) {
        for command in self.commands("Each time:") {
            self.shell(&command);
        }
        let [inspect, test, run, bench, search] = self.commands("## Check and test").try_into().unwrap();
        let inspected = self.shell(&inspect);
        assert!(
            inspected.starts_with("mine 0.1.0\n") && inspected.contains(&format!("\n  world     {world}\n")),
            "{inspected}"
        );
        let tested = self.shell(&test);
        for says in says {
            assert!(tested.contains(says), "{says:?} is missing in {tested}");
        }
        let ran = self.shell(&run);
        assert!(ran.contains("attempt 3 of 4") && ran.contains("finished: "), "{ran}");
        assert!(self.shell(&bench).contains("20,000,000"));
        // Whole migrations have larger scenes, which `check` searches in this build, too.
        if world == "move-policy" || sample::nightly() {
            self.shell(&search);
        } else {
            sample::say("no search of the overlay's scenes, since it takes a minute");
        }
        self.moves_allocations();
    }

    /// It moves allocations in the host, and a setting of its own has an effect.
    fn moves_allocations(&self) {
        let limits = if self.program.path("mine/limits.toml").exists() { " --limits mine/limits.toml" } else { "" };
        let ran = self.program.run(&moving(&format!("--target-is-new --policy mine/policy.wasm{limits}")));
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
        assert_eq!(self.program.holders(), [SERVER]);
    }
}

/// What the test of a policy of moves says.
const OF_MOVES: [&str; 5] = [
    "scenarios: 33 of 62 passed\n",
    "not offered: 29 scenarios of abort, confirm, live-migrate, migrate, release, revert-resize",
    "own scenarios: 2 of 2 passed\n",
    "accepted in policy.toml:\n  migrate: this policy has rules for moves only\n",
    "passed: the policy may become active\n",
];

#[test]
fn a_policy_in_rust_is_built_and_passes() {
    let scaffold = Scaffold::new("rust");
    // Its dependencies are compiled once for all runs of this test.
    scaffold.link("rust-target", "target");
    scaffold.builds_and_passes("move-policy", &OF_MOVES);
}

#[test]
fn a_policy_in_javascript_is_built_and_passes() {
    let scaffold = Scaffold::new("js");
    scaffold.link("js/node_modules", "node_modules");
    scaffold.builds_and_passes("move-policy", &OF_MOVES);
}

/// CPython takes some 15 s of a processor to compile, and a minute with the unoptimised compiler of this build.
#[test]
fn a_policy_in_python_is_built_and_passes() {
    if !sample::nightly() {
        return sample::say("no policy in Python, since its compilation takes a minute");
    }
    let scaffold = Scaffold::new("python");
    scaffold.link("python", ".venv");
    scaffold.builds_and_passes("move-policy", &OF_MOVES);
}

/// What the page for authors says is what the tests here run: the commands of the READMEs, and those that follow.
#[test]
fn the_page_for_authors_has_no_other_commands() {
    const PAGE: &str = include_str!("../../../docs/authoring.md");
    let elsewhere = [
        // The tests here.
        "swaparoo policy new mine --lang rust",
        "swaparoo policy new mine --lang python",
        "swaparoo policy new mine --lang rust-overlay",
        "npm run build",
        "swaparoo policy wit wit",
        // service::policies_doc
        "swaparoo policy push policy.wasm",
        "swaparoo policy shadow SHA256",
        "swaparoo policy diff SHA256",
        "swaparoo policy promote SHA256 --accept-file policy.toml",
    ];
    let [rust, python, overlay] = ["rust", "python", "rust-overlay"].map(Scaffold::new);
    let built = [
        rust.commands("Each time:"),
        rust.commands("## Check and test"),
        python.commands("Once, with Python 3.9 or newer:"),
        python.commands(EACH_SHELL),
        python.commands("Each time:"),
        overlay.commands("Each time:"),
    ];
    let built = built.concat();
    let tools = ["swaparoo ", "cargo ", "wasm-tools ", "npm ", "python3 ", ".venv/bin/", "export "];
    let is_command = |line: &&str| tools.iter().any(|tool| line.starts_with(tool));
    let shown: Vec<&str> = PAGE.lines().filter_map(|line| line.strip_prefix("    ")).filter(is_command).collect();
    let limits = std::fs::read_to_string(python.program.path("mine/limits.toml")).unwrap();
    for line in limits.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(PAGE.contains(&format!("\n    {line}\n")), "docs/authoring.md does not show {line:?}");
    }
    for command in &shown {
        assert!(elsewhere.contains(command) || built.iter().any(|run| run == command), "no test runs {command:?}");
    }
    for command in &built {
        assert!(shown.contains(&command.as_str()), "docs/authoring.md does not show {command:?}");
    }
}

#[test]
fn nothing_is_overwritten_and_a_name_is_checked() {
    let program = Program::migrating();
    program.write("mine", "a file");
    check(&program, "policy new mine --lang rust", &["mine exists, and is not overwritten: give another name"]);
    check(&program, "policy new standard --lang js", &["standard is a policy of this program: give another name"]);
    check(&program, "policy new ../mine --lang js", &["\"../mine\" is not a name of a policy"]);
    check(&program, "policy new other --lang cobol", &["cobol"]);
    assert!(!program.path("other").exists());
}

#[test]
fn its_coverage_is_counted_and_may_be_required() {
    let program = Program::migrating();
    let test = "policy test standard --search-faults 0 --coverage";
    let ran = program.run(test);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for says in ["\nreasons ", "  server-is-gone ", "\nends ", "  moved ", "  post-allocations     written "] {
        assert!(ran.out.contains(says), "{says:?} is missing in {}", ran.out);
    }
    let json = program.run(&format!("{test} --json"));
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(report["promoted"], true);
    let percent = report["coverage"]["percent"].as_u64().unwrap();
    assert!((20..100).contains(&percent), "{percent}");
    let missed = program.run(&format!("{test} --threshold 100"));
    assert_eq!(missed.code, 1);
    let says =
        format!("{percent} % of these pairs of effect and reply were met\n  this is less than the threshold of 100 %");
    assert!(missed.out.contains(&says), "{}", missed.out);
}

#[test]
fn one_scenario_is_shown_step_by_step() {
    let program = Program::migrating();
    let ran = program.run("policy test nova-34 --run revert-to-a-deleted-server --run swap --steps");
    assert_eq!(ran.code, 1, "{}", ran.err);
    for says in
        ["FAILED  revert-to-a-deleted-server", "POST /allocations", "finished: ", "passed  swap\n", "expected  "]
    {
        assert!(ran.out.contains(says), "{says:?} is missing in {}", ran.out);
    }
    check(&program, "policy test standard --run swop", &["no scenario is named \"swop\""]);
}

#[test]
fn scenarios_and_acceptances_with_mistakes_are_refused() {
    let program = Program::migrating();
    std::fs::create_dir(program.path("own")).unwrap();
    let test = "policy test standard --search-faults 0 --scenarios own";
    check(&program, test, &["own has no scenario"]);
    let scenario = |name: &str, more: &str| format!(r#"[{{"name": "{name}", "task": {{"kind": "move"}}{more}}}]"#);
    let allowed = r#", "allowed": [{"end": {"failed": ["leaked"]}, "holds": "target"}]"#;
    for (text, says) in [
        (scenario("swap", allowed), "own/own.json: there is another scenario with the name swap"),
        (scenario("mine", ""), "own/own.json: the scenario mine allows no end"),
        (scenario("mine", r#", "events": [{"effect": "any", "what": "flood"}]"#), "the event flood"),
        ("{}".to_owned(), "not in their form"),
    ] {
        program.write("own/own.json", text);
        check(&program, test, &[says]);
    }
    program.write("own/own.json", scenario("mine", allowed));
    let failed = program.run(test);
    assert_eq!(failed.code, 1);
    assert!(failed.out.contains("own scenarios: 0 of 1 passed\n  FAILED  mine\n"), "{}", failed.out);
    program.write("policy.toml", "[[accept]]\nkind = \"move\"\n");
    check(&program, "policy test standard --accept-file policy.toml", &["policy.toml is not in its form", "reason"]);
}
