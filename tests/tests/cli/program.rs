//! Runs the program.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::program_under_test::{cache_in, program};

pub const NODE: &str = "5a1d0000-0000-0000-0000-000000000001";
pub const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
pub const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";

/// The result of a run.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The line of an error. Checks the form that all error lines have.
    pub fn error(&self) -> &str {
        let line = self.err.trim_end_matches('\n');
        assert!(
            line.starts_with("error: ") && !line.contains(['\n', '\u{1b}']) && !line.ends_with('.'),
            "{:?}",
            self.err
        );
        assert!(line.matches("(os error").count() <= 1, "a cause is printed once: {line}");
        line
    }
}

/// A folder with a state file of the model, in which the program runs.
pub struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    /// The migration record has allocations, the server has none.
    pub fn migrating() -> Self {
        Self::holding(MIGRATION)
    }

    /// `consumer` holds 2 VCPU of the node.
    pub fn holding(consumer: &str) -> Self {
        use swaparoo_placement::{Consumer, Inventory, Placement, Provider};
        let mut placement = Placement::default();
        placement.add_provider(NODE, Provider::named("node-1").with("VCPU", Inventory::of(16))).unwrap();
        placement.add_consumer(consumer, Consumer::of("project", "user").holding(NODE, "VCPU", 2)).unwrap();
        let program = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(program.path("state.json"), serde_json::to_vec(&placement).unwrap()).unwrap();
        program
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs `swaparoo` with these arguments, in the folder.
    pub fn run(&self, words: &str) -> Ran {
        self.run_with(words, &[])
    }

    /// The same, with these environment variables.
    pub fn run_with(&self, words: &str, variables: &[(&str, &str)]) -> Ran {
        ended(self.command(words).envs(variables.iter().copied()).output().unwrap())
    }

    /// The same, with a standard output whose reader has closed it.
    pub fn run_unread(&self, words: &str) -> Ran {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        ended(self.command(words).stdout(writer).output().unwrap())
    }

    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(program());
        command.args(words.split_whitespace()).current_dir(self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OS_")) {
            command.env_remove(name);
        }
        command.env("XDG_CACHE_HOME", cache_in(self.folder.path())).env_remove("SWAPAROO_TOKEN").env_remove("RUST_LOG");
        command
    }

    /// The number of `providers` or `consumers` in the state file.
    pub fn count(&self, what: &str) -> usize {
        self.state()[what].as_object().map_or(0, |all| all.len())
    }

    fn state(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.path("state.json")).unwrap()).unwrap()
    }

    /// The consumers that hold 2 VCPU in the state file.
    pub fn holders(&self) -> Vec<String> {
        let state = self.state();
        let consumers = state["consumers"].as_object().cloned().unwrap_or_default();
        let held = |consumer: &Value| consumer["allocations"][NODE]["VCPU"] == json!(2);
        consumers.into_iter().filter(|(_, consumer)| held(consumer)).map(|(uuid, _)| uuid).collect()
    }
}

fn ended(Output { status, stdout, stderr }: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}
