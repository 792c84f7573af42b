//! Checks a component's imports and exports by its type, before any of its code runs.

use wasmtime::component::Component;
use wasmtime::component::types::{Component as Shape, ComponentItem};

use super::{LoadError, World};
use crate::contract::{CONTRACT, Version};

/// Each world with the interface that its policies export, without its version. A component that exports both is of the
/// first world, which has all tasks.
pub(super) const WORLDS: [(World, &str); 2] =
    [(World::MigrationPolicy, "swaparoo:policy/rules"), (World::MovePolicy, "swaparoo:policy/move-rules")];
/// The only allowed imports are instances of this package, in a supported version, that contain only types. Tools add
/// those that a world's functions use.
const PACKAGE: &str = "swaparoo:policy/";

/// The rules that a component exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedRules {
    /// The world that they are of.
    pub world: World,
    /// The name of the export, such as `swaparoo:policy/rules@1.0.0`.
    pub name: String,
    /// The version in this name.
    pub version: Version,
}

/// Checks that the component imports no function and exports the rules of a version of the contract that a host of `version`
/// supports. The version is checked first: a policy for another version imports that version's types, and the error should
/// name the version, not the import.
pub fn check(name: &str, component: &Component, version: Version) -> Result<ExportedRules, LoadError> {
    let shape = component.component_type();
    let rules = exported_rules(component, &shape, version);
    if rules.is_none() {
        other_version(name, component, &shape, version)?;
    }
    forbidden_import(name, component, &shape, version)?;
    rules.ok_or_else(|| other_world(name, component, &shape))
}

fn exported_rules(component: &Component, shape: &Shape, host: Version) -> Option<ExportedRules> {
    WORLDS.into_iter().find_map(|(world, rules)| {
        exports(component, shape).find_map(|export| {
            let version = version_of(export, rules).filter(|version| host.supports(*version))?;
            Some(ExportedRules { world, name: export.to_owned(), version })
        })
    })
}

/// The version of the contract in the name of this interface; none if it is another interface.
pub(super) fn version_of(name: &str, interface: &str) -> Option<Version> {
    Version::parse(name.strip_prefix(interface)?.strip_prefix('@')?)
}

fn other_version(name: &str, component: &Component, shape: &Shape, host: Version) -> Result<(), LoadError> {
    let version = |export, rules| match str::strip_prefix(export, rules)? {
        "" => Some("without a version"),
        versioned => versioned.strip_prefix('@'),
    };
    let mut versions =
        exports(component, shape).filter_map(|export| WORLDS.into_iter().find_map(|(_, rules)| version(export, rules)));
    versions
        .next()
        .map_or(Ok(()), |found| Err(LoadError::OtherContract { name: name.into(), found: found.into(), wanted: host }))
}

fn forbidden_import(name: &str, component: &Component, shape: &Shape, host: Version) -> Result<(), LoadError> {
    let engine = component.engine();
    let forbidden = shape.imports(engine).find_map(|(import, item)| match item.ty {
        ComponentItem::ComponentInstance(types) if is_of_package(import, host) => types
            .exports(engine)
            .find(|(_, item)| !matches!(item.ty, ComponentItem::Type(_)))
            .map(|(item, _)| format!("{import}#{item}")),
        _ => Some(import.to_owned()),
    });
    forbidden.map_or(Ok(()), |import| Err(LoadError::Imports { name: name.into(), import }))
}

fn is_of_package(import: &str, host: Version) -> bool {
    let version = import.strip_prefix(PACKAGE).and_then(|rest| Version::parse(rest.split_once('@')?.1));
    version.is_some_and(|version| host.supports(version))
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
    fn an_interface_is_of_the_contract_only_in_a_version() {
        let [(_, rules), (_, move_rules)] = WORLDS;
        assert_eq!(version_of("swaparoo:policy/rules@1.0.0", rules), Version::parse("1.0.0"));
        assert_eq!(version_of("swaparoo:policy/move-rules@1.2.7", move_rules), Version::parse("1.2.7"));
        for other in ["swaparoo:policy/rules", "swaparoo:policy/rules@1.0", "swaparoo:policy/move-rules@1.0.0"] {
            assert_eq!(version_of(other, rules), None, "{other}");
        }
    }

    #[test]
    fn types_of_every_supported_version_may_be_imported() {
        let host = Version { major: 1, minor: 1, patch: 0 };
        for import in ["moves@1.0.0", "moves@1.0.9", "log@1.1.1"] {
            assert!(is_of_package(&format!("{PACKAGE}{import}"), host), "{import}");
        }
        for other in ["swaparoo:policy/moves", "swaparoo:policy/moves@1.2.0", "wasi:cli/environment@1.0.0"] {
            assert!(!is_of_package(other, host), "{other}");
        }
    }
}
