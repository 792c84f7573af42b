//! Reads the data of a reason. serde could do it, but its code for these records would be an eighth of the page's first
//! module, which does not read JSON otherwise.

use serde_json::Value;

use crate::reason::{Attempt, Conflict, Node, OrphanRecord};
use crate::{ForeignAnswer, MigrationRecord, MigrationType, NovaError, OfHost, OfMigration, Owner, Refusal, Silence};

/// A value that JSON may hold.
pub trait FromJson: Sized {
    /// The value; none if the JSON is of another type.
    fn from_json(json: &Value) -> Option<Self>;
}

impl FromJson for String {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_str().map(str::to_owned)
    }
}

impl FromJson for u32 {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_u64()?.try_into().ok()
    }
}

impl FromJson for u16 {
    fn from_json(json: &Value) -> Option<Self> {
        json.as_u64()?.try_into().ok()
    }
}

impl FromJson for MigrationType {
    fn from_json(json: &Value) -> Option<Self> {
        let name = json.as_str()?;
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Records with these fields, which are those of the record.
macro_rules! records {
    ($($name:ident { $($field:ident),* })*) => {
        $(impl FromJson for $name {
            fn from_json(json: &Value) -> Option<Self> {
                Some(Self { $($field: FromJson::from_json(json.get(stringify!($field))?)?,)* })
            }
        })*
    };
}

records! {
    Attempt { number, of }
    Conflict { attempt, refusal }
    ForeignAnswer { status, body }
    MigrationRecord { migration, server, migration_type, status }
    Node { node }
    NovaError { error, detail }
    OfHost { host }
    OfMigration { migration }
    OrphanRecord { generation }
    Owner { project, user, generation }
    Refusal { status, code, detail }
    Silence { detail }
}
