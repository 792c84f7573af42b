//! Checks a component's imports and exports by its type, before any of its code runs.

use wasmtime::component::Component;
use wasmtime::component::types::{Component as Shape, ComponentItem};

use super::contract_version::is_supported;
use super::{LoadError, World};
use crate::contract::CONTRACT;

/// Each world with the interface that its policies export, without its version. A component that exports both is of the
/// first world, which has all tasks.
pub(super) const WORLDS: [(World, &str); 2] =
    [(World::MigrationPolicy, "swaparoo:policy/rules"), (World::MovePolicy, "swaparoo:policy/move-rules")];
/// The only allowed imports are instances of this package, in a supported version, that contain only types. Tools add
/// those that a world's functions use.
const PACKAGE: &str = "swaparoo:policy/";

/// Checks that the component imports no function and exports the rules of this contract; returns its world. The version
/// is checked first: a policy for another version imports that version's types, and the error should name the version,
/// not the import.
pub fn check(name: &str, component: &Component) -> Result<World, LoadError> {
    let shape = component.component_type();
    let world = world(component, &shape);
    if world.is_none() {
        other_version(name, component, &shape)?;
    }
    forbidden_import(name, component, &shape)?;
    world.ok_or_else(|| other_world(name, component, &shape))
}

fn world(component: &Component, shape: &Shape) -> Option<World> {
    let exported = |rules: &str| exports(component, shape).any(|export| is_of_contract(export, rules));
    WORLDS.into_iter().find(|(_, rules)| exported(rules)).map(|(world, _)| world)
}

/// Whether this is the interface in a supported version of the contract.
pub(super) fn is_of_contract(name: &str, interface: &str) -> bool {
    name.strip_prefix(interface).and_then(|rest| rest.strip_prefix('@')).is_some_and(is_supported)
}

fn other_version(name: &str, component: &Component, shape: &Shape) -> Result<(), LoadError> {
    let version = |export, rules| match str::strip_prefix(export, rules)? {
        "" => Some("without a version"),
        versioned => versioned.strip_prefix('@'),
    };
    let mut versions =
        exports(component, shape).filter_map(|export| WORLDS.into_iter().find_map(|(_, rules)| version(export, rules)));
    versions.next().map_or(Ok(()), |found| {
        Err(LoadError::OtherContract { name: name.into(), found: found.into(), wanted: CONTRACT })
    })
}

fn forbidden_import(name: &str, component: &Component, shape: &Shape) -> Result<(), LoadError> {
    let engine = component.engine();
    let forbidden = shape.imports(engine).find_map(|(import, item)| match item.ty {
        ComponentItem::ComponentInstance(types) if is_of_package(import) => types
            .exports(engine)
            .find(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
            .map(|(item, _)| format!("{import}#{item}")),
        _ => Some(import.to_owned()),
    });
    forbidden.map_or(Ok(()), |import| Err(LoadError::Imports { name: name.into(), import }))
}

fn is_of_package(import: &str) -> bool {
    import.strip_prefix(PACKAGE).and_then(|rest| rest.split_once('@')).is_some_and(|(_, version)| is_supported(version))
}

fn other_world(name: &str, component: &Component, shape: &Shape) -> LoadError {
    let found = exports(component, shape).next().map_or("nothing".into(), |export| format!("`{export}`"));
    let [rules, move_rules] = WORLDS.map(|(_, rules)| format!("`{rules}@{CONTRACT}`"));
    LoadError::OtherWorld { name: name.into(), found, wanted: format!("{rules} or {move_rules}") }
}

fn exports<'a>(component: &'a Component, shape: &'a Shape) -> impl Iterator<Item = &'a str> {
    shape.exports(component.engine()).map(|(export, _)| export)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_of_the_contract_only_in_its_version() {
        let [(_, rules), (_, move_rules)] = WORLDS;
        assert!(is_of_contract("swaparoo:policy/rules@1.0.0", rules));
        assert!(is_of_contract("swaparoo:policy/move-rules@1.0.0", move_rules));
        assert!(is_of_contract("swaparoo:policy/move-rules@1.0.7", move_rules));
        for other in ["swaparoo:policy/rules", "swaparoo:policy/rules@2.0.0", "swaparoo:policy/move-rules@1.0.0"] {
            assert!(!is_of_contract(other, rules), "{other}");
        }
        assert!(is_of_package("swaparoo:policy/moves@1.0.0") && is_of_package("swaparoo:policy/moves@1.0.1"));
        for other in ["swaparoo:policy/moves", "swaparoo:policy/moves@2.0.0", "wasi:cli/environment@1.0.0"] {
            assert!(!is_of_package(other), "{other}");
        }
    }
}
