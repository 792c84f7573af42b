//! A released contract is kept: `wit/` has all of `tests/contract/VERSION/wit`, and what a minor version may add to it
//! (`wit/rules.wit`).

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failing unwrap shows its line; clippy.toml allows this in tests, and this line in their helpers"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use swaparoo_contract::Version;
use wit_parser::{Interface, PackageId, Resolve, Type, TypeDefKind, WorldItem};

/// A package in words, without its documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    version: Version,
    /// The fields or the cases of each type, by its interface and name. Others have one part.
    types: BTreeMap<String, Vec<String>>,
    functions: BTreeMap<String, String>,
    /// What each world imports and exports.
    worlds: BTreeMap<String, Vec<String>>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

impl Package {
    fn of(folder: &Path) -> Self {
        let mut resolve = Resolve::default();
        let (id, _) = resolve.push_dir(folder).unwrap();
        Self::read(&resolve, id)
    }

    fn parse(text: &str) -> Self {
        let mut resolve = Resolve::default();
        let id = resolve.push_str("test.wit", text).unwrap();
        Self::read(&resolve, id)
    }

    fn read(resolve: &Resolve, id: PackageId) -> Self {
        let package = &resolve.packages[id];
        let version = Version::parse(&package.name.version.as_ref().unwrap().to_string()).unwrap();
        let (types, functions, worlds) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut read = Self { version, types, functions, worlds };
        for (name, id) in &package.interfaces {
            read.add(resolve, name, &resolve.interfaces[*id]);
        }
        for (name, id) in &package.worlds {
            let item = |way: &str, item: &WorldItem| match item {
                WorldItem::Interface { id, .. } => format!("{way} {}", resolve.interfaces[*id].name.as_ref().unwrap()),
                other => panic!("{name} {way}s {other:?}"),
            };
            let world = &resolve.worlds[*id];
            let imports = world.imports.values().map(|of| item("import", of));
            let items = imports.chain(world.exports.values().map(|of| item("export", of)));
            read.worlds.insert(name.clone(), items.collect());
        }
        read
    }

    fn add(&mut self, resolve: &Resolve, interface: &str, of: &Interface) {
        for (name, id) in &of.types {
            let parts = match &resolve.types[*id].kind {
                TypeDefKind::Record(of) => {
                    of.fields.iter().map(|field| format!("{}: {}", field.name, written(resolve, &field.ty))).collect()
                }
                TypeDefKind::Variant(of) => of
                    .cases
                    .iter()
                    .map(|case| {
                        format!("{}({})", case.name, case.ty.map_or_else(String::new, |ty| written(resolve, &ty)))
                    })
                    .collect(),
                TypeDefKind::Enum(of) => of.cases.iter().map(|case| case.name.clone()).collect(),
                TypeDefKind::Type(ty) => vec![written(resolve, ty)],
                other => panic!("{name} is a {}", other.as_str()),
            };
            self.types.insert(format!("{interface}.{name}"), parts);
        }
        for function in of.functions.values() {
            let params: Vec<String> = function
                .params
                .iter()
                .map(|param| format!("{}: {}", param.name, written(resolve, &param.ty)))
                .collect();
            let result = function.result.map_or_else(String::new, |ty| written(resolve, &ty));
            self.functions
                .insert(format!("{interface}.{}", function.name), format!("({}) -> {result}", params.join(", ")));
        }
    }

    /// What this package, a later one, may not have done to the other.
    fn breaks(&self, released: &Self) -> Vec<String> {
        let may_add = self.version.supports(released.version) && !self.version.has_types_of(released.version);
        let mut breaks = Vec::new();
        for (name, parts) in &released.types {
            let now = self.types.get(name).map_or(&[][..], Vec::as_slice);
            let (kept, added) = now.split_at(now.len().min(parts.len()));
            if kept != parts {
                breaks.push(format!("{name} was {parts:?}, and is {now:?}"));
            }
            let is_field = |part: &&String| part.contains(": ") && !part.contains(": option<");
            if let Some(field) = added.iter().find(|part| !may_add || is_field(part)) {
                breaks.push(format!("{name} has {field:?} more"));
            }
        }
        for (name, signature) in &released.functions {
            if self.functions.get(name) != Some(signature) {
                breaks.push(format!("{name} was {signature}"));
            }
        }
        for (name, items) in &released.worlds {
            if self.worlds.get(name) != Some(items) {
                breaks.push(format!("the world {name} was {items:?}"));
            }
        }
        breaks
    }
}

fn written(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
    let of = &resolve.types[*id];
    match (&of.name, &of.kind) {
        (Some(name), _) => name.clone(),
        (None, TypeDefKind::Option(ty)) => format!("option<{}>", written(resolve, ty)),
        (None, TypeDefKind::List(ty)) => format!("list<{}>", written(resolve, ty)),
        other => panic!("the contract has {other:?}"),
    }
}

#[test]
fn the_contract_has_all_of_each_released_one() {
    let present = Package::of(&root().join("wit"));
    let folders = root().join("tests/contract").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let released: Vec<Package> =
        folders.map(|it| it.join("wit")).filter(|it| it.exists()).map(|it| Package::of(&it)).collect();
    assert!(!released.is_empty());
    for old in released.iter().filter(|old| old.version.major == present.version.major) {
        assert!(old.types.len() > 100 && old.functions.len() == 4 && old.worlds.len() == 4, "{old:?}");
        assert_eq!(present.breaks(old), [""; 0], "{}", old.version);
    }
}

/// A small package of this version.
fn small(version: &str, reply: &str, answer: &str) -> Package {
    Package::parse(&format!(
        "package a:b@{version};\ninterface i {{ variant reply {{ {reply} }} record answer {{ {answer} }} f: func() -> reply; }}\n\
         world w {{ export i; }}"
    ))
}

#[test]
fn a_minor_version_only_adds() {
    let released = small("1.0.0", "done, refused(string)", "state: string");
    for (version, reply, answer) in [
        ("1.0.1", "done, refused(string)", "state: string"),
        ("1.1.0", "done, refused(string), more", "state: string, host: option<string>"),
    ] {
        assert_eq!(small(version, reply, answer).breaks(&released), [""; 0], "{version}");
    }
    for (version, reply, answer, says) in [
        ("1.0.1", "done, refused(string), more", "state: string", "i.reply has \"more()\" more"),
        ("1.0.1", "done, refused(string)", "state: string, host: option<string>", "i.answer has"),
        ("1.1.0", "done, more, refused(string)", "state: string", "i.reply was"),
        ("1.1.0", "done", "state: string", "i.reply was"),
        ("1.1.0", "done, refused(u32)", "state: string", "i.reply was"),
        ("1.1.0", "done, refused(string)", "state: string, host: string", "i.answer has \"host: string\" more"),
        ("1.1.0", "done, refused(string)", "host: option<string>, state: string", "i.answer was"),
    ] {
        let breaks = small(version, reply, answer).breaks(&released);
        assert!(breaks.first().is_some_and(|first| first.contains(says)), "{reply}; {answer}: {breaks:?}");
    }
}
