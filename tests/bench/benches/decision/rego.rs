//! The benchmarked decision, which is the write of a swap after the server was read; and the rules in Rego that decide it.

use std::sync::Arc;

use anyhow::{Context, Result};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::{Program, RegoVM};
use swaparoo::contract::{
    Allocation, Effect, Exchange, GetAllocations, Holding, MoveTask, Owner, Reply, ResourceAmount, Task,
};

const SERVER: &str = "c0ffee00-0000-0000-0000-000000000001";
const MIGRATION: &str = "c0ffee00-0000-0000-0000-000000000002";

/// A move of a server's VCPU, MEMORY_MB and DISK_GB of one node to its migration record.
#[must_use]
pub fn typical() -> (Task, Vec<Exchange>) {
    let task = MoveTask { source: SERVER.into(), target: MIGRATION.into(), target_is_new: true };
    let resource = |class: &str, amount| ResourceAmount { class: class.into(), amount };
    let node = Allocation {
        provider: "5a1d0000-0000-0000-0000-000000000001".into(),
        resources: vec![resource("DISK_GB", 20), resource("MEMORY_MB", 2048), resource("VCPU", 2)],
    };
    let owner = Owner { project: "a-project".into(), user: "a-user".into(), generation: 1 };
    let effect = Effect::GetAllocations(GetAllocations { consumer: SERVER.into() });
    let holding = Holding { consumer: SERVER.into(), owner: Some(owner), allocations: vec![node] };
    (Task::Move(task), vec![Exchange::new(effect, Reply::Holding(holding))])
}

/// The same rules in Rego, for the part of the table that reads and writes (`move.rego`).
#[derive(Debug, Clone)]
pub struct Rego(regorus::Engine);

impl Rego {
    /// Parses the policy.
    ///
    /// # Errors
    /// It cannot be parsed.
    pub fn new() -> Result<Self> {
        let mut engine = regorus::Engine::new();
        engine.add_policy("move.rego".into(), include_str!("move.rego").into())?;
        Ok(Self(engine))
    }

    /// The policy's step, as JSON.
    ///
    /// # Errors
    /// The policy has no step for this input.
    pub fn step(&mut self, input: regorus::Value) -> Result<String> {
        self.eval(input)?.to_json_str()
    }

    /// The policy's step, as the engine's own value.
    ///
    /// # Errors
    /// The policy has no step for this input.
    pub fn eval(&mut self, input: regorus::Value) -> Result<regorus::Value> {
        self.0.set_input(input);
        self.0.eval_rule(STEP.into())
    }
}

/// The same policy, compiled to the bytecode of regorus' virtual machine.
#[derive(Debug, Clone)]
pub struct Bytecode(Arc<Program>);

const STEP: &str = "data.swaparoo.step";

impl Bytecode {
    /// Compiles the policy.
    ///
    /// # Errors
    /// It cannot be compiled.
    pub fn new() -> Result<Self> {
        let mut engine = Rego::new()?.0;
        let compiled = engine.compile_with_entrypoint(&STEP.into())?;
        let program = Compiler::compile_from_policy(&compiled, &[STEP]);
        Ok(Self(program.map_err(|error| anyhow::anyhow!("{error}"))?))
    }

    /// A virtual machine with the policy.
    #[must_use]
    pub fn machine(&self) -> Machine {
        let mut machine = RegoVM::new();
        machine.load_program(self.0.clone());
        Machine(machine)
    }
}

/// A virtual machine of regorus.
pub struct Machine(RegoVM);

impl Machine {
    /// The policy's step, as the engine's own value.
    ///
    /// # Errors
    /// The policy has no step for this input.
    pub fn eval(&mut self, input: regorus::Value) -> Result<regorus::Value> {
        self.0.set_input(input);
        self.0.execute_entry_point_by_index(0).map_err(|error| anyhow::anyhow!("{error}"))
    }
}

/// Task and history as Rego's input.
///
/// # Errors
/// They cannot be written as JSON.
pub fn input(task: &Task, history: &[Exchange]) -> Result<regorus::Value> {
    let json = serde_json::json!({ "task": task, "history": history }).to_string();
    regorus::Value::from_json_str(&json).context("the contract's values are JSON")
}
