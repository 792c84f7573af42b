//! Checks a component's imports and exports by its type, before any of its code runs.

use wasmtime::component::Component;
use wasmtime::component::types::{Component as Shape, ComponentItem};

use super::LoadError;
use crate::contract::CONTRACT;

/// The export that a policy must have, without its version.
const RULES: &str = "swaparoo:policy/rules";
const RULES_EXPORT: &str = "swaparoo:policy/rules@0.1.0";
/// The only allowed import: an instance that contains only types. Tools add it to every component of the world.
const TYPES_IMPORT: &str = "swaparoo:policy/types@0.1.0";

/// Checks that the component imports no function and exports the rules of this contract. The version is checked first:
/// a policy for another version imports that version's types, and the error should name the version, not the import.
pub fn check(name: &str, component: &Component) -> Result<(), LoadError> {
    let shape = component.component_type();
    other_version(name, component, &shape)?;
    forbidden_import(name, component, &shape)?;
    other_world(name, component, &shape)
}

fn other_version(name: &str, component: &Component, shape: &Shape) -> Result<(), LoadError> {
    if exports(component, shape).any(|export| export == RULES_EXPORT) {
        return Ok(());
    }
    let mut versions = exports(component, shape).filter_map(|export| match export.strip_prefix(RULES)? {
        "" => Some("without a version"),
        versioned => versioned.strip_prefix('@'),
    });
    versions.next().map_or(Ok(()), |found| {
        Err(LoadError::OtherContract { name: name.into(), found: found.into(), wanted: CONTRACT })
    })
}

fn forbidden_import(name: &str, component: &Component, shape: &Shape) -> Result<(), LoadError> {
    let engine = component.engine();
    let forbidden = shape.imports(engine).find_map(|(import, item)| match item.ty {
        ComponentItem::ComponentInstance(types) if import == TYPES_IMPORT => types
            .exports(engine)
            .find(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
            .map(|(item, _)| format!("{import}#{item}")),
        _ => Some(import.to_owned()),
    });
    forbidden.map_or(Ok(()), |import| Err(LoadError::Imports { name: name.into(), import }))
}

fn other_world(name: &str, component: &Component, shape: &Shape) -> Result<(), LoadError> {
    if exports(component, shape).any(|export| export == RULES_EXPORT) {
        return Ok(());
    }
    let found = exports(component, shape).next().map_or("nothing".into(), |export| format!("`{export}`"));
    Err(LoadError::OtherWorld { name: name.into(), found, wanted: RULES_EXPORT })
}

fn exports<'a>(component: &'a Component, shape: &'a Shape) -> impl Iterator<Item = &'a str> {
    shape.exports(component.engine()).map(|(export, _)| export)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_contracts_version() {
        assert_eq!(RULES_EXPORT, format!("{RULES}@{CONTRACT}"));
        assert_eq!(TYPES_IMPORT, format!("swaparoo:policy/types@{CONTRACT}"));
    }
}
