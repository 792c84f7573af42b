//! Conversions between a type of `moves` and the one with its name in the full set: `From` to the full set, `TryFrom` to
//! `moves`, which does not have every case.

use wit_parser::{Record, Type, TypeDef, TypeDefKind};

use crate::names::{camel, snake};
use crate::types::{Types, Unknown};

/// What both conversions of one type are made from.
pub struct Conversions<'a> {
    pub types: &'a Types<'a>,
    pub small: &'a TypeDef,
    pub full: &'a TypeDef,
}

/// One of the two conversions: how it converts a value, an option and a list of a type that both sets have.
#[derive(Clone, Copy)]
struct Converted {
    value: &'static str,
    option: &'static str,
    list: &'static str,
}

const TO_FULL: Converted =
    Converted { value: ".into()", option: ".map(Into::into)", list: ".into_iter().map(Into::into).collect()" };
const TO_MOVES: Converted = Converted {
    value: ".try_into()?",
    option: ".map(TryInto::try_into).transpose()?",
    list: ".into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?",
};

impl Conversions<'_> {
    /// Both implementations.
    pub fn code(&self, name: &str) -> Result<String, Unknown> {
        let ty = camel(name);
        let [to_full, to_moves] = match (&self.small.kind, cases(self.small), cases(self.full)) {
            (TypeDefKind::Record(record), ..) => [self.fields(record, TO_FULL)?, self.fields(record, TO_MOVES)?],
            (_, Some(small), Some(full)) => {
                let to_full = self.arms(&ty, &small, TO_FULL)?;
                let mut to_moves = self.arms(&format!("super::{ty}"), &small, TO_MOVES)?;
                if full.len() > small.len() {
                    let not = format!("super::NotInMoves {{ of: {name:?}, case: other.name() }}");
                    to_moves.push_str(&format!("other => return Err({not}),\n"));
                }
                [to_full, to_moves].map(|arms| format!("match value {{\n{arms}}}"))
            }
            _ => return Err(format!("{name}: it is of another kind in `migrations` than in `moves`").into()),
        };
        Ok(format!(
            "impl From<{ty}> for super::{ty} {{\n    fn from(value: {ty}) -> Self {{\n{to_full}\n    }}\n}}\n\n\
             impl TryFrom<super::{ty}> for {ty} {{\n    type Error = super::NotInMoves;\n\n    \
             fn try_from(value: super::{ty}) -> Result<Self, Self::Error> {{\nOk({to_moves})\n    }}\n}}\n\n"
        ))
    }

    fn fields(&self, record: &Record, to: Converted) -> Result<String, Unknown> {
        let field = |name: String, ty| Ok(format!("{name}: value.{name}{}, ", self.conversion(ty, to)?));
        let fields: Result<String, Unknown> = record.fields.iter().map(|of| field(snake(&of.name), &of.ty)).collect();
        Ok(format!("Self {{ {}}}", fields?))
    }

    fn arms(&self, from: &str, cases: &[(&str, Option<Type>)], to: Converted) -> Result<String, Unknown> {
        let arm = |name: &str, payload: &Option<Type>| {
            let case = camel(name);
            Ok(match payload {
                None => format!("{from}::{case} => Self::{case},\n"),
                Some(ty) => format!("{from}::{case}(of) => Self::{case}(of{}),\n", self.conversion(ty, to)?),
            })
        };
        cases.iter().map(|(name, payload)| arm(name, payload)).collect()
    }

    /// What is appended to a value of this type; nothing if both sets have the same type.
    fn conversion(&self, ty: &Type, to: Converted) -> Result<&'static str, Unknown> {
        let Type::Id(id) = ty else { return Ok("") };
        let is_twin = |ty: &Type| matches!(ty, Type::Id(id) if self.types.twin(*id).is_some());
        Ok(match &self.types.defined(*id)?.kind {
            TypeDefKind::Option(of) if is_twin(of) => to.option,
            TypeDefKind::List(of) if is_twin(of) => to.list,
            _ if is_twin(ty) => to.value,
            _ => "",
        })
    }
}

/// The cases of a variant or an enum, each with its payload.
fn cases(of: &TypeDef) -> Option<Vec<(&str, Option<Type>)>> {
    match &of.kind {
        TypeDefKind::Variant(variant) => Some(variant.cases.iter().map(|case| (&*case.name, case.ty)).collect()),
        TypeDefKind::Enum(of) => Some(of.cases.iter().map(|case| (&*case.name, None)).collect()),
        _ => None,
    }
}
