//! Values as a component of another minor version of the contract has them: converted by the types of the component, which
//! lack what later versions have added.
//!
//! wasmtime's typed functions need equal types. The generated implementations use the functions of this module.

use wasmtime::component::{Type, Val};

/// A type of the contract, as components of its version and of older minor ones have it.
pub trait ComponentValue: Sized {
    /// Checks that a component's type is this one, or that of an older minor version.
    ///
    /// # Errors
    /// It is another type: where they differ.
    fn check(ty: &Type) -> Result<(), OtherType>;

    /// The value in a type that [`check`](Self::check) accepts.
    ///
    /// # Errors
    /// The version of the component does not have the case of a variant or an enum; with [`Extra::Refused`], or a field.
    fn to_component(&self, ty: &Type, extra: Extra) -> Result<Val, NotInVersion>;

    /// The value that a component returned. A field that its version does not have is none.
    ///
    /// # Errors
    /// It is not a value of a type that [`check`](Self::check) accepts.
    fn from_component(value: Val) -> Result<Self, OtherType>;

    /// What a version without such a field means; none if the field can never be missing.
    fn missing() -> Option<Self> {
        None
    }

    /// Whether it is what a version without such a field means.
    fn is_missing(&self) -> bool {
        false
    }
}

/// What to do with a field that has a value and that the version of the component does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// The rest means something else without it: a task, or an effect.
    Refused,
    /// The rest means the same without it: an answer that says more.
    LeftOut,
}

/// A type of a component is not the one of the contract, nor that of an older version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub struct OtherType {
    /// The type of the contract, and the field or case in it.
    pub at: String,
    /// What the component has.
    pub why: String,
}

/// A value of the contract that an older version does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its version of the contract does not have the {of} `{name}`")]
pub struct NotInVersion {
    /// The type in the contract, such as `effect`.
    pub of: &'static str,
    /// The case or the field, such as `prep-resize`.
    pub name: &'static str,
}

/// A field or a case: its name, and the check of its type.
type Part<Check> = (&'static str, Check);
type Check = fn(&Type) -> Result<(), OtherType>;

fn other(at: impl Into<String>, why: impl Into<String>) -> OtherType {
    OtherType { at: at.into(), why: why.into() }
}

/// The error in a field or a case of a type.
fn within(at: &'static str, name: &str) -> impl FnOnce(OtherType) -> OtherType {
    let at = format!("{at}.{name}");
    move |error| OtherType { at: format!("{at}: {}", error.at), ..error }
}

/// Checks a record; each field says whether a version may not have it.
pub(crate) fn check_record(ty: &Type, of: &'static str, fields: &[(Part<Check>, bool)]) -> Result<(), OtherType> {
    let Type::Record(record) = ty else { return Err(another_type(of)) };
    for field in record.fields() {
        let known = fields.iter().find(|((name, _), _)| *name == field.name);
        let ((_, check), _) = known.ok_or_else(|| other(of, format!("the contract has no field `{}`", field.name)))?;
        check(&field.ty).map_err(within(of, field.name))?;
    }
    let has = |name: &str| record.fields().any(|field| field.name == name);
    let missing = fields.iter().find(|((name, _), optional)| !optional && !has(name));
    missing.map_or(Ok(()), |((name, _), _)| Err(other(of, format!("it has no field `{name}`"))))
}

/// Checks a variant.
pub(crate) fn check_variant(ty: &Type, of: &'static str, cases: &[Part<Option<Check>>]) -> Result<(), OtherType> {
    let Type::Variant(variant) = ty else { return Err(another_type(of)) };
    for case in variant.cases() {
        let known = cases.iter().find(|(name, _)| *name == case.name);
        let (_, check) = known.ok_or_else(|| other(of, format!("the contract has no case `{}`", case.name)))?;
        match (check, &case.ty) {
            (Some(check), Some(ty)) => check(ty).map_err(within(of, case.name))?,
            (None, None) => {}
            _ => return Err(other(of, format!("the case `{}` has another value", case.name))),
        }
    }
    Ok(())
}

/// Checks an enum.
pub(crate) fn check_enum(ty: &Type, of: &'static str, names: &[&str]) -> Result<(), OtherType> {
    let Type::Enum(cases) = ty else { return Err(another_type(of)) };
    let unknown = cases.names().find(|name| !names.contains(name));
    unknown.map_or(Ok(()), |name| Err(other(of, format!("the contract has no case `{name}`"))))
}

/// A field's name, whether it is none, and its value by the type.
pub(crate) type FieldOf<'a> = (&'static str, bool, &'a dyn Fn(&Type, Extra) -> Result<Val, NotInVersion>);

/// A record of these fields, in the order of the type.
pub(crate) fn record(ty: &Type, of: &'static str, fields: &[FieldOf<'_>], extra: Extra) -> Result<Val, NotInVersion> {
    let Type::Record(record) = ty else { return Err(NotInVersion { of, name: of }) };
    let unknown = |name: &str| !record.fields().any(|field| field.name == name);
    if extra == Extra::Refused
        && let Some((name, ..)) = fields.iter().find(|(name, missing, _)| !missing && unknown(name))
    {
        return Err(NotInVersion { of, name });
    }
    let values = record.fields().map(|field| {
        let known = fields.iter().find(|(name, ..)| *name == field.name).ok_or(NotInVersion { of, name: of });
        known.and_then(|(_, _, value)| Ok((field.name.to_owned(), value(&field.ty, extra)?)))
    });
    values.collect::<Result<_, _>>().map(Val::Record)
}

/// A case of a variant; `value` gives what it holds by the type.
pub(crate) fn variant(
    ty: &Type,
    of: &'static str,
    name: &'static str,
    value: impl FnOnce(&Type) -> Result<Option<Val>, NotInVersion>,
) -> Result<Val, NotInVersion> {
    let Type::Variant(variant) = ty else { return Err(NotInVersion { of, name }) };
    let case = variant.cases().find(|case| case.name == name).ok_or(NotInVersion { of, name })?;
    let value = case.ty.as_ref().map_or(Ok(None), value)?;
    Ok(Val::Variant(name.to_owned(), value.map(Box::new)))
}

/// A case of an enum.
pub(crate) fn enumeration(ty: &Type, of: &'static str, name: &'static str) -> Result<Val, NotInVersion> {
    match ty {
        Type::Enum(cases) if cases.names().any(|case| case == name) => Ok(Val::Enum(name.to_owned())),
        _ => Err(NotInVersion { of, name }),
    }
}

/// The fields of a record that a component returned.
pub(crate) struct Fields {
    of: &'static str,
    values: Vec<(String, Val)>,
}

impl Fields {
    pub fn of(value: Val, of: &'static str) -> Result<Self, OtherType> {
        match value {
            Val::Record(values) => Ok(Self { of, values }),
            _ => Err(another_type(of)),
        }
    }

    pub fn take<T: ComponentValue>(&mut self, name: &'static str) -> Result<T, OtherType> {
        match self.values.iter().position(|(field, _)| field == name) {
            Some(at) => T::from_component(self.values.swap_remove(at).1).map_err(within(self.of, name)),
            None => T::missing().ok_or_else(|| other(self.of, format!("it has no field `{name}`"))),
        }
    }
}

/// The case of a variant or an enum that a component returned, and what it holds.
pub(crate) fn case_of(value: Val, of: &'static str) -> Result<(String, Option<Val>), OtherType> {
    match value {
        Val::Variant(name, value) => Ok((name, value.map(|value| *value))),
        Val::Enum(name) => Ok((name, None)),
        _ => Err(another_type(of)),
    }
}

/// A case that the contract does not have.
pub(crate) fn unknown_case(of: &'static str, name: &str) -> OtherType {
    other(of, format!("the contract has no case `{name}`"))
}

fn another_type(of: &'static str) -> OtherType {
    other(of, "it is of another type")
}

/// The types that WIT has itself.
macro_rules! primitives {
    ($($rust:ty: $case:ident, $name:literal;)*) => {
        $(impl ComponentValue for $rust {
            fn check(ty: &Type) -> Result<(), OtherType> {
                match ty {
                    Type::$case => Ok(()),
                    _ => Err(another_type($name)),
                }
            }

            fn to_component(&self, _: &Type, _: Extra) -> Result<Val, NotInVersion> {
                Ok(Val::$case(self.to_owned()))
            }

            fn from_component(value: Val) -> Result<Self, OtherType> {
                match value {
                    Val::$case(value) => Ok(value),
                    _ => Err(another_type($name)),
                }
            }
        })*
    };
}

primitives! {
    bool: Bool, "bool";
    u16: U16, "u16";
    u32: U32, "u32";
    u64: U64, "u64";
    String: String, "string";
}

impl<T: ComponentValue> ComponentValue for Vec<T> {
    fn check(ty: &Type) -> Result<(), OtherType> {
        let Type::List(list) = ty else { return Err(another_type("list")) };
        T::check(&list.ty())
    }

    fn to_component(&self, ty: &Type, extra: Extra) -> Result<Val, NotInVersion> {
        let Type::List(list) = ty else { return Err(NotInVersion { of: "type", name: "list" }) };
        let ty = list.ty();
        self.iter().map(|value| value.to_component(&ty, extra)).collect::<Result<_, _>>().map(Val::List)
    }

    fn from_component(value: Val) -> Result<Self, OtherType> {
        match value {
            Val::List(values) => values.into_iter().map(T::from_component).collect(),
            _ => Err(another_type("list")),
        }
    }
}

impl<T: ComponentValue> ComponentValue for Option<T> {
    fn check(ty: &Type) -> Result<(), OtherType> {
        let Type::Option(option) = ty else { return Err(another_type("option")) };
        T::check(&option.ty())
    }

    fn to_component(&self, ty: &Type, extra: Extra) -> Result<Val, NotInVersion> {
        let Type::Option(option) = ty else { return Err(NotInVersion { of: "type", name: "option" }) };
        let value = self.as_ref().map(|value| value.to_component(&option.ty(), extra)).transpose()?;
        Ok(Val::Option(value.map(Box::new)))
    }

    fn from_component(value: Val) -> Result<Self, OtherType> {
        match value {
            Val::Option(value) => value.map(|value| T::from_component(*value)).transpose(),
            _ => Err(another_type("option")),
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }

    fn is_missing(&self) -> bool {
        self.is_none()
    }
}
