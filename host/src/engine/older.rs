//! Calls a component of an older minor version of the contract. Its types lack what later versions have added, so it is
//! called with dynamic values, which are converted by its own types. The limits are those of every call: fuel, memory and
//! time are counted in the store, and so are the bytes of the answer.

use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, Func, Instance, Type, Val};

use super::World;
use super::check_world::ExportedRules;
use super::move_values::failed;
use crate::contract::{
    ComponentValue, Description, Diverged, Effect, Exchange, Extra, Failure, NotInVersion, Reason, Reply, Step, Task,
    UnsupportedTask,
};

const EXCHANGE: [&str; 4] = ["effect", "reply", "asked-at", "answered-at"];

/// The indexes and the types of a component's functions.
#[derive(Clone)]
pub struct OlderIndices {
    world: World,
    describe: ComponentExportIndex,
    next_step: ComponentExportIndex,
    task: Type,
    exchange: ExchangeTypes,
}

/// The types of an exchange's fields.
#[derive(Clone)]
struct ExchangeTypes([Type; 4]);

/// The functions of an instance.
pub struct OlderRules {
    describe: Func,
    next_step: Func,
    task: Type,
    exchange: ExchangeTypes,
}

impl OlderIndices {
    /// Fails if a function does not have the type that an older version of the contract can have.
    pub fn new(rules: &ExportedRules, component: &Component) -> wasmtime::Result<Self> {
        let instance = component.get_export_index(None, rules.name.as_str());
        let instance = instance.ok_or_else(|| other(format!("it exports no `{}`", rules.name)))?;
        let function = |name: &str| match component.get_export(Some(&instance), name) {
            Some((ComponentItem::ComponentFunc(function), index)) => Ok((function, index)),
            _ => Err(other(format!("it exports no function `{name}`"))),
        };
        let (describes, describe) = function("describe")?;
        let (decides, next_step) = function("next-step")?;
        let ([], Some(described)) = (&*params(&describes), describes.results().next()) else {
            return Err(other("`describe` has another number of parameters or results".into()));
        };
        let ([task, settings, history], Some(step)) = (&*params(&decides), decides.results().next()) else {
            return Err(other("`next-step` has another number of parameters or results".into()));
        };
        for checked in [
            Description::check(&described),
            Task::check(task),
            Option::<String>::check(settings),
            Vec::<Exchange>::check(history),
            Step::check(&step),
        ] {
            checked.map_err(|error| other(error.to_string()))?;
        }
        let exchange = ExchangeTypes::of(history).ok_or_else(|| other("an exchange has other fields".into()))?;
        Ok(Self { world: rules.world, describe, next_step, task: task.clone(), exchange })
    }

    pub fn world(&self) -> World {
        self.world
    }

    pub fn load<T>(&self, store: &mut Store<T>, instance: &Instance) -> wasmtime::Result<OlderRules> {
        let mut function = |index: &ComponentExportIndex| {
            instance.get_func(&mut *store, index).ok_or_else(|| other("an instance lacks a function".into()))
        };
        let (describe, next_step) = (function(&self.describe)?, function(&self.next_step)?);
        Ok(OlderRules { describe, next_step, task: self.task.clone(), exchange: self.exchange.clone() })
    }
}

impl OlderRules {
    pub fn describe<T>(&self, store: &mut Store<T>) -> wasmtime::Result<Description> {
        call(self.describe, store, &[])
    }

    /// The policy is not called with a task or a history that its version does not have; the step says so.
    pub fn next_step<T>(
        &self,
        store: &mut Store<T>,
        task: &Task,
        settings: Option<&str>,
        history: &[Exchange],
    ) -> wasmtime::Result<Step> {
        match self.convert(task, history) {
            Ok((task, history)) => {
                let settings = Val::Option(settings.map(|text| Box::new(Val::String(text.to_owned()))));
                call(self.next_step, store, &[task, settings, history])
            }
            Err(step) => Ok(*step),
        }
    }

    fn convert(&self, task: &Task, history: &[Exchange]) -> Result<(Val, Val), Box<Step>> {
        let converted = task.to_component(&self.task, Extra::Refused);
        let unsupported =
            |missing: NotInVersion| step(Failure::UnsupportedTask(UnsupportedTask { task: task.kind() }), missing);
        let exchanges = (0..).zip(history).map(|(index, exchange)| self.exchange.convert(index, exchange));
        Ok((converted.map_err(unsupported)?, Val::List(exchanges.collect::<Result<_, _>>()?)))
    }
}

impl ExchangeTypes {
    fn of(history: &Type) -> Option<Self> {
        let Type::List(list) = history else { return None };
        let Type::Record(record) = list.ty() else { return None };
        let ty = |name: &str| record.fields().find(|field| field.name == name).map(|field| field.ty);
        let [effect, reply, asked_at, answered_at] = EXCHANGE.map(ty);
        (record.fields().map(|field| field.name).eq(EXCHANGE)).then_some(())?;
        Some(Self([effect?, reply?, asked_at?, answered_at?]))
    }

    /// Its own history has only effects of its version, and a host answers these with replies of that version. The history
    /// of another policy, or an edited record, may have others.
    fn convert(&self, index: u32, exchange: &Exchange) -> Result<Val, Box<Step>> {
        let Self([effect, reply, ..]) = self;
        let diverged =
            |asked: Option<Effect>| move |missing| step(Failure::Diverged(Diverged { index, asked }), missing);
        let value = exchange.effect.to_component(effect, Extra::Refused).map_err(diverged(None))?;
        let answer = |reply: &Reply, ty| reply.to_component(ty, Extra::LeftOut);
        let reply = answer(&exchange.reply, reply).map_err(diverged(Some(exchange.effect.clone())))?;
        let values = [value, reply, Val::U64(exchange.asked_at), Val::U64(exchange.answered_at)];
        Ok(Val::Record(EXCHANGE.map(str::to_owned).into_iter().zip(values).collect()))
    }
}

fn params(function: &wasmtime::component::types::ComponentFunc) -> Vec<Type> {
    function.params().map(|(_, ty)| ty).collect()
}

fn call<T, Answer: ComponentValue>(function: Func, store: &mut Store<T>, params: &[Val]) -> wasmtime::Result<Answer> {
    let mut results = [Val::Bool(false)];
    function.call(store, params, &mut results)?;
    let [answer] = results;
    Answer::from_component(answer).map_err(|error| other(error.to_string()))
}

/// The step of a task that fails without a call, with what the version does not have.
fn step(failure: Failure, missing: NotInVersion) -> Box<Step> {
    let data = serde_json::json!({ "text": missing.to_string() });
    let reason = Reason { code: "not-in-version".into(), data: Some(data.to_string()) };
    Box::new(failed(failure, vec![reason]))
}

fn other(why: String) -> wasmtime::Error {
    wasmtime::Error::msg(why)
}
