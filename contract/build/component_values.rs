//! The implementations of `ComponentValue`: each type of the full set by the names of its fields and cases.

use wit_parser::{Enum, Field, Record, TypeDef, TypeDefKind, Variant};

use crate::names::{camel, snake};
use crate::types::{Types, Unknown};

impl Types<'_> {
    /// The implementation for a type; nothing for an alias.
    pub fn component_value(&self, name: &str, of: &TypeDef) -> Result<String, Unknown> {
        Ok(match &of.kind {
            TypeDefKind::Record(record) => self.value_of_record(name, record)?,
            TypeDefKind::Variant(variant) => self.value_of_variant(name, variant)?,
            TypeDefKind::Enum(cases) => value_of_enum(name, cases),
            _ => String::new(),
        })
    }

    fn value_of_record(&self, name: &str, of: &Record) -> Result<String, Unknown> {
        let (mut checks, mut values, mut taken) = (String::new(), String::new(), String::new());
        for Field { name: field, ty, .. } in &of.fields {
            let (rust, optional, ty) = (snake(field), self.option(ty).is_some(), self.ty(ty)?);
            checks.push_str(&format!("(({field:?}, <{ty} as ComponentValue>::check), {optional}), "));
            values.push_str(&format!(
                "({field:?}, self.{rust}.is_missing(), &|ty, extra| self.{rust}.to_component(ty, extra)), "
            ));
            taken.push_str(&format!("{rust}: fields.take({field:?})?, "));
        }
        Ok(implementation(
            name,
            &format!("component_value::check_record(ty, {name:?}, &[{checks}])"),
            &format!("component_value::record(ty, {name:?}, &[{values}], extra)"),
            &format!("let mut fields = component_value::Fields::of(value, {name:?})?;\nOk(Self {{ {taken}}})"),
        ))
    }

    fn value_of_variant(&self, name: &str, of: &Variant) -> Result<String, Unknown> {
        let (mut checks, mut values, mut cases) = (String::new(), String::new(), String::new());
        for case in &of.cases {
            let (kind, rust) = (&case.name, camel(&case.name));
            if let Some(ty) = &case.ty {
                let ty = self.ty(ty)?;
                checks.push_str(&format!("({kind:?}, Some(<{ty} as ComponentValue>::check)), "));
                values.push_str(&format!("Self::{rust}(of) => of.to_component(ty, extra).map(Some),\n"));
                cases.push_str(&format!(
                    "({kind:?}, Some(of)) => Ok(Self::{rust}(ComponentValue::from_component(of)?)),\n"
                ));
            } else {
                checks.push_str(&format!("({kind:?}, None), "));
                values.push_str(&format!("Self::{rust} => Ok(None),\n"));
                cases.push_str(&format!("({kind:?}, None) => Ok(Self::{rust}),\n"));
            }
        }
        Ok(implementation(
            name,
            &format!("component_value::check_variant(ty, {name:?}, &[{checks}])"),
            &format!("component_value::variant(ty, {name:?}, self.name(), |ty| match self {{\n{values}}})"),
            &format!(
                "let (case, value) = component_value::case_of(value, {name:?})?;\n\
                 match (case.as_str(), value) {{\n{cases}_ => Err(component_value::unknown_case({name:?}, &case)),\n}}"
            ),
        ))
    }
}

fn value_of_enum(name: &str, of: &Enum) -> String {
    let names: String = of.cases.iter().map(|case| format!("{:?}, ", case.name)).collect();
    implementation(
        name,
        &format!("component_value::check_enum(ty, {name:?}, &[{names}])"),
        &format!("component_value::enumeration(ty, {name:?}, self.name())"),
        &format!(
            "let (case, _) = component_value::case_of(value, {name:?})?;\n\
             let found = Self::ALL.into_iter().find(|one| one.name() == case);\n\
             found.ok_or_else(|| component_value::unknown_case({name:?}, &case))"
        ),
    )
}

fn implementation(name: &str, check: &str, to: &str, from: &str) -> String {
    let ty = camel(name);
    format!(
        "#[cfg(feature = \"wasmtime\")]\n\
         impl ComponentValue for {ty} {{\n    \
             fn check(ty: &Type) -> Result<(), OtherType> {{\n{check}\n    }}\n\n    \
             #[allow(unused_variables)]\n    \
             fn to_component(&self, ty: &Type, extra: Extra) -> Result<Val, NotInVersion> {{\n{to}\n    }}\n\n    \
             fn from_component(value: Val) -> Result<Self, OtherType> {{\n{from}\n    }}\n}}\n\n"
    )
}
