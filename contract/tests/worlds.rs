//! Which types a policy of each world carries, by the contract's text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use swaparoo_contract::{Effect, moves};
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldItem};

/// All types that the functions of a world reach: the names of their cases, by the interface and the name of the type.
type Reached = BTreeMap<(String, String), Vec<String>>;

fn reached(world: &str) -> Reached {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("wit");
    let (package, _) = resolve.push_dir(&wit).unwrap();
    let world = &resolve.worlds[resolve.select_world(&[package], Some(world)).unwrap()];
    let mut found = Reached::new();
    for item in world.exports.values() {
        let WorldItem::Interface { id, .. } = item else { panic!("it exports more than interfaces: {item:?}") };
        for Function { params, result, .. } in resolve.interfaces[*id].functions.values() {
            let types = params.iter().map(|param| param.ty).chain(*result);
            types.for_each(|ty| reach(&resolve, ty, &mut found));
        }
    }
    found
}

fn reach(resolve: &Resolve, ty: Type, found: &mut Reached) {
    let Type::Id(id) = ty else { return };
    let of = &resolve.types[id];
    if let (Some(name), TypeOwner::Interface(interface)) = (&of.name, of.owner) {
        let interface = resolve.interfaces[interface].name.clone().unwrap();
        if found.insert((interface, name.clone()), cases(resolve, id)).is_some() {
            return;
        }
    }
    match &of.kind {
        TypeDefKind::Record(record) => record.fields.iter().for_each(|field| reach(resolve, field.ty, found)),
        TypeDefKind::Variant(of) => of.cases.iter().filter_map(|case| case.ty).for_each(|ty| reach(resolve, ty, found)),
        TypeDefKind::Option(ty) | TypeDefKind::List(ty) | TypeDefKind::Type(ty) => reach(resolve, *ty, found),
        TypeDefKind::Enum(_) => {}
        other => panic!("the contract has a {}", other.as_str()),
    }
}

fn cases(resolve: &Resolve, id: TypeId) -> Vec<String> {
    match &resolve.types[id].kind {
        TypeDefKind::Variant(of) => of.cases.iter().map(|case| case.name.clone()).collect(),
        _ => Vec::new(),
    }
}

fn interfaces(of: &Reached) -> BTreeSet<&str> {
    of.keys().map(|(interface, _)| interface.as_str()).collect()
}

#[test]
fn a_policy_of_moves_carries_no_type_of_a_migration() {
    let reached = reached("move-policy");
    assert_eq!(interfaces(&reached), BTreeSet::from(["allocations", "log", "move-rules", "moves"]));
    let effects = &reached[&("moves".to_owned(), "effect".to_owned())];
    assert_eq!(effects, &moves::Effect::NAMES);
    let expected = [
        "get-allocations",
        "post-allocations",
        "delete-allocations",
        "find-server",
        "find-compute-node",
        "pause",
        "put-allocations",
    ];
    assert_eq!(effects, &expected);
}

#[test]
fn a_policy_of_migrations_has_every_effect() {
    let reached = reached("migration-policy");
    let all = BTreeSet::from(["allocations", "log", "migrations", "moves", "rules"]);
    assert_eq!(interfaces(&reached), all);
    assert_eq!(reached[&("migrations".to_owned(), "effect".to_owned())], Effect::NAMES);
    // Of `moves` it has only the records.
    assert!(!reached.contains_key(&("moves".to_owned(), "effect".to_owned())));
}
