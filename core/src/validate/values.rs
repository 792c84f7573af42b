//! Validates values of Placement.

use std::collections::HashSet;

use super::{ValidationError, invalid};
use crate::contract::{Allocation, ResourceAmount};

/// The maximum number of characters of a project id, a user id and a resource class (Placement, schemas/allocation.py
/// and schemas/resource_class.py).
pub const MOST_CHARACTERS: usize = 255;
/// The maximum number of resource providers of a consumer, of resource classes of each of them, and of amounts in all. A
/// server has a few of each; without a limit an answer of some megabytes would take gigabytes of memory and of journal.
pub const MOST_PROVIDERS: usize = 4_096;
pub const MOST_CLASSES: usize = 1_024;
pub const MOST_AMOUNTS: usize = 16_384;
/// The highest generation: Placement stores them in signed 32-bit columns.
pub const HIGHEST_GENERATION: u32 = i32::MAX.unsigned_abs();

/// Placement compares UUIDs as strings, so only one spelling is valid.
pub fn uuid(field: &str, given: &str) -> Result<(), ValidationError> {
    let canonical = given.len() == 36
        && given.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    if canonical {
        Ok(())
    } else {
        Err(invalid(field, format!("{} is not a UUID in lower case with dashes", quoted(given))))
    }
}

/// A consumer's id. The error is one sentence without a field path, because a policy's effects are not JSON for their
/// author.
pub fn consumer(of: &str, given: &str) -> Result<(), String> {
    uuid(of, given).map_err(|_| format!("{of} {}: this is not a UUID in lower case with dashes", quoted(given)))
}

/// Project and user ids of Keystone.
pub fn owner(project: &str, user: &str) -> Result<(), ValidationError> {
    for (what, id) in [("project", project), ("user", user)] {
        if id.is_empty() || id.chars().count() > MOST_CHARACTERS || id.chars().any(char::is_control) {
            return Err(invalid(what, format!("{} is not a {what} id", quoted(id))));
        }
    }
    Ok(())
}

/// A consumer generation.
pub fn generation(generation: u32) -> Result<(), ValidationError> {
    if generation <= HIGHEST_GENERATION {
        return Ok(());
    }
    Err(invalid("generation", format!("{generation} is not a generation: the highest is {HIGHEST_GENERATION}")))
}

/// The allocations of a consumer.
pub fn allocations(allocations: &[Allocation]) -> Result<(), ValidationError> {
    size(allocations)?;
    let mut providers = HashSet::new();
    for (at, Allocation { provider, resources: held }) in allocations.iter().enumerate() {
        let field = format!("allocations[{at}]");
        uuid(&format!("{field}.provider"), provider)?;
        if !providers.insert(provider) {
            return Err(invalid(&field, format!("provider {} is listed twice", quoted(provider))));
        }
        if held.is_empty() {
            return Err(invalid(&field, format!("an allocation of provider {provider} has no resources")));
        }
        resources(&field, held)?;
    }
    Ok(())
}

/// Whether there are no more of them than a consumer may hold.
pub fn size(allocations: &[Allocation]) -> Result<(), ValidationError> {
    at_most(MOST_PROVIDERS, "resource providers", "allocations", allocations.len())?;
    for (at, allocation) in allocations.iter().enumerate() {
        at_most(MOST_CLASSES, "resource classes", &format!("allocations[{at}].resources"), allocation.resources.len())?;
    }
    let amounts = allocations.iter().map(|allocation| allocation.resources.len()).sum();
    at_most(MOST_AMOUNTS, "amounts of resource classes", "allocations", amounts)
}

fn at_most(most: usize, of: &str, field: &str, found: usize) -> Result<(), ValidationError> {
    if found <= most {
        return Ok(());
    }
    Err(invalid(field, format!("there are {found} {of}; the maximum is {most}")))
}

/// Amounts of resource classes.
pub fn resources(field: &str, resources: &[ResourceAmount]) -> Result<(), ValidationError> {
    at_most(MOST_CLASSES, "resource classes", &format!("{field}.resources"), resources.len())?;
    let mut classes = HashSet::new();
    for (at, ResourceAmount { class, amount }) in resources.iter().enumerate() {
        let field = format!("{field}.resources[{at}]");
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if class.is_empty() || class.len() > MOST_CHARACTERS || !class.chars().all(allowed) {
            return Err(invalid(&field, format!("{} is not a resource class", quoted(class))));
        }
        if !classes.insert(class) {
            return Err(invalid(&field, format!("class {} is listed twice", quoted(class))));
        }
        if *amount == 0 {
            return Err(invalid(&field, format!("it has 0 of {class}")));
        }
    }
    Ok(())
}

/// True for visible ASCII without spaces, which cannot change the line that contains it.
pub fn plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}

/// An untrusted string for an error line: quoted, escaped, and cut if it is long.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 48;
    if text.len() <= MOST {
        return format!("{text:?}");
    }
    let beginning: String = text.chars().take(MOST).collect();
    format!("{beginning:?}… ({} bytes)", text.len())
}
