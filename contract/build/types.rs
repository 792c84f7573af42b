//! Records as structs, variants and enums as enums, aliases as aliases; documented in the contract's own words.

use std::error::Error;

use wit_parser::{
    Case, Docs, Enum, Field, Interface, Package, PackageId, Record, Resolve, Type, TypeDef, TypeDefKind, TypeId,
    Variant,
};

use crate::attributes::{self, Kind, Set};
use crate::conversions::Conversions;
use crate::names::{self, camel, snake};

/// Why the generator cannot express something in Rust.
pub type Unknown = Box<dyn Error>;

/// The types of all interfaces of a package.
pub struct Types<'a> {
    resolve: &'a Resolve,
    package: &'a Package,
    moves: &'a Interface,
    migrations: &'a Interface,
}

impl<'a> Types<'a> {
    pub fn of(resolve: &'a Resolve, package: PackageId) -> Result<Self, Unknown> {
        let package = resolve.packages.get(package).ok_or("`wit/` does not contain the package")?;
        let interface = |name: &str| {
            let found = package.interfaces.get(name).and_then(|id| resolve.interfaces.get(*id));
            found.ok_or_else(|| format!("`wit/` does not contain the interface {name}"))
        };
        Ok(Self { resolve, package, moves: interface("moves")?, migrations: interface("migrations")? })
    }

    /// The content of the generated file.
    pub fn code(&self) -> Result<String, Unknown> {
        let version = self.package.name.version.as_ref().ok_or("the package has no version")?;
        let numbers = format!("major: {}, minor: {}, patch: {}", version.major, version.minor, version.patch);
        let mut code = format!(
            "/// The version of the contract in `wit/` that these types are generated from.\n\
             pub const CONTRACT: &str = \"{version}\";\n\
             /// The same.\n\
             pub const VERSION: Version = Version {{ {numbers} }};\n\n"
        );
        for interface in self.package.interfaces.values() {
            let interface =
                self.resolve.interfaces.get(*interface).ok_or("`wit/` does not contain an interface of the package")?;
            for (name, id) in &interface.types {
                if self.twin(*id).is_none() {
                    let of = self.defined(*id)?;
                    code.push_str(&self.definition(name, of, Set::Full)?);
                    code.push_str(&self.component_value(name, of)?);
                }
            }
        }
        Ok(code + &self.module_moves()?)
    }

    /// The types that have only the cases of a move, with the names of the others.
    fn module_moves(&self) -> Result<String, Unknown> {
        let mut code = docs("", &self.moves.docs) + "pub mod moves {\n";
        for (name, id) in &self.moves.types {
            let Some(full) = self.twin(*id) else {
                code.push_str(&format!("pub use super::{};\n", camel(name)));
                continue;
            };
            let small = self.defined(*id)?;
            code.push_str(&self.definition(name, small, Set::Moves)?);
            code.push_str(&Conversions { types: self, small, full }.code(name)?);
        }
        Ok(code + "}\n")
    }

    /// The type that `migrations` defines by the name of this one of `moves`.
    pub fn twin(&self, id: TypeId) -> Option<&'a TypeDef> {
        let of = self.resolve.types.get(id)?;
        let name = of.name.as_deref().filter(|name| self.moves.types.get(*name) == Some(&id))?;
        let full = self.resolve.types.get(*self.migrations.types.get(name)?)?;
        (!is_used(of) && !is_used(full)).then_some(full)
    }

    pub fn defined(&self, id: TypeId) -> Result<&'a TypeDef, Unknown> {
        Ok(self.resolve.types.get(id).ok_or("`wit/` does not contain a type of the interface")?)
    }

    fn definition(&self, name: &str, of: &TypeDef, set: Set) -> Result<String, Unknown> {
        let docs = docs("", &of.docs);
        let name = camel(name);
        Ok(match &of.kind {
            TypeDefKind::Record(record) => docs + &self.record(&name, record, set)?,
            TypeDefKind::Variant(variant) => docs + &self.variant(&name, variant, set)?,
            TypeDefKind::Enum(cases) => docs + &enumeration(&name, cases, set),
            // A type of another interface is generated there.
            TypeDefKind::Type(Type::Id(used)) if self.defined(*used)?.name.is_some() => String::new(),
            TypeDefKind::Type(ty) => format!("{docs}pub type {name} = {};\n\n", self.ty(ty)?),
            other => return Err(format!("{name}: a {} has no Rust type here", other.as_str()).into()),
        })
    }

    fn record(&self, name: &str, record: &Record, set: Set) -> Result<String, Unknown> {
        let copied = record.fields.iter().all(|field| self.is_copy(&field.ty));
        let optional = record.fields.iter().any(|field| self.option(&field.ty).is_some());
        let mut code = attributes::of(Kind::Record { name, optional }, copied, set);
        code.push_str(&format!("pub struct {name} {{\n"));
        for field in &record.fields {
            code.push_str(&self.field(name, field, set)?);
        }
        Ok(code + "}\n\n")
    }

    fn field(&self, record: &str, field: &Field, set: Set) -> Result<String, Unknown> {
        let option = self.option(&field.ty);
        let number = *option.unwrap_or(&field.ty) == Type::U32;
        let mut attributes = attributes::of_field(&field.name);
        if set == Set::Full {
            attributes.push_str(&attributes::of_json_field(record, &field.name, option.is_some(), number));
        }
        let docs = docs("    ", &field.docs);
        Ok(format!("{docs}{attributes}    pub {}: {},\n", snake(&field.name), self.ty(&field.ty)?))
    }

    fn variant(&self, name: &str, variant: &Variant, set: Set) -> Result<String, Unknown> {
        let mut code = attributes::of(Kind::Variant, false, set) + &format!("pub enum {name} {{\n");
        for Case { name, ty, docs: text, .. } in &variant.cases {
            let payload = ty.as_ref().map(|ty| self.ty(ty)).transpose()?.map(|ty| format!("({ty})"));
            let payload = payload.unwrap_or_default();
            let attribute = attributes::of_case(name);
            code.push_str(&format!("{}{attribute}    {}{payload},\n", docs("    ", text), camel(name)));
        }
        Ok(code + "}\n\n" + &names::of_variant(name, variant))
    }

    pub fn ty(&self, ty: &Type) -> Result<String, Unknown> {
        Ok(match ty {
            Type::Bool => "bool".into(),
            Type::U16 => "u16".into(),
            Type::U32 => "u32".into(),
            Type::U64 => "u64".into(),
            Type::String => "String".into(),
            Type::Id(id) => match self.defined(*id)? {
                TypeDef { name: Some(name), .. } => camel(name),
                TypeDef { kind: TypeDefKind::Option(ty), .. } => format!("Option<{}>", self.ty(ty)?),
                TypeDef { kind: TypeDefKind::List(ty), .. } => format!("Vec<{}>", self.ty(ty)?),
                other => return Err(format!("{other:?} has no Rust type here").into()),
            },
            other => return Err(format!("{other:?} has no Rust type here").into()),
        })
    }

    /// The type inside an option; none if the type is not an option.
    pub fn option(&self, ty: &Type) -> Option<&Type> {
        let Type::Id(id) = ty else { return None };
        match &self.resolve.types.get(*id)?.kind {
            TypeDefKind::Option(ty) => Some(ty),
            _ => None,
        }
    }

    fn is_copy(&self, ty: &Type) -> bool {
        let Type::Id(id) = ty else { return *ty != Type::String };
        match self.resolve.types.get(*id).map(|of| &of.kind) {
            Some(TypeDefKind::Enum(_)) => true,
            Some(TypeDefKind::Type(ty) | TypeDefKind::Option(ty)) => self.is_copy(ty),
            Some(TypeDefKind::Record(record)) => record.fields.iter().all(|field| self.is_copy(&field.ty)),
            _ => false,
        }
    }
}

/// Whether the interface has the type from another interface.
fn is_used(of: &TypeDef) -> bool {
    matches!(of.kind, TypeDefKind::Type(_))
}

fn enumeration(name: &str, of: &Enum, set: Set) -> String {
    let mut code = attributes::of(Kind::Enum, true, set) + &format!("pub enum {name} {{\n");
    for case in &of.cases {
        let attribute = attributes::of_case(&case.name);
        code.push_str(&format!("{}{attribute}    {},\n", docs("    ", &case.docs), camel(&case.name)));
    }
    code + "}\n\n" + &names::of_enum(name, of)
}

fn docs(indent: &str, docs: &Docs) -> String {
    let lines = docs.contents.iter().flat_map(|text| text.lines());
    // The parser adds a section's heading, a plain comment, to the documentation of the next item.
    let shown = lines.filter(|line| !line.starts_with("----"));
    shown.map(|line| format!("{indent}/// {line}\n")).collect()
}
