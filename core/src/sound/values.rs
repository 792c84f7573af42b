//! Placement's values.

use std::collections::HashSet;

use super::{Unsound, unsound};
use crate::contract::{Allocation, ResourceAmount};

/// The most characters of a project id, a user id and a resource class (Placement, schemas/allocation.py and
/// schemas/resource_class.py).
pub const MOST_CHARACTERS: usize = 255;
/// Placement's generations are signed 32-bit columns.
pub const HIGHEST_GENERATION: u32 = i32::MAX.unsigned_abs();

/// Placement compares UUIDs as the strings they are, so only one spelling will do.
pub fn uuid(field: &str, given: &str) -> Result<(), Unsound> {
    let canonical = given.len() == 36
        && given.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    if canonical {
        Ok(())
    } else {
        Err(unsound(field, format!("{} is no UUID in lower case with dashes", shown(given))))
    }
}

/// A consumer's id, in one sentence: what a policy asks for has no fields that its author would know by a path.
pub fn consumer(of: &str, given: &str) -> Result<(), String> {
    uuid(of, given).map_err(|_| format!("{of} {}: that is no UUID in lower case with dashes", shown(given)))
}

/// Keystone's ids.
pub fn owner(project: &str, user: &str) -> Result<(), Unsound> {
    for (what, id) in [("project", project), ("user", user)] {
        if id.is_empty() || id.chars().count() > MOST_CHARACTERS || id.chars().any(char::is_control) {
            return Err(unsound(what, format!("{} is no {what} id", shown(id))));
        }
    }
    Ok(())
}

/// A consumer generation.
pub fn generation(generation: u32) -> Result<(), Unsound> {
    if generation <= HIGHEST_GENERATION {
        return Ok(());
    }
    Err(unsound("generation", format!("{generation} is no generation: the highest is {HIGHEST_GENERATION}")))
}

/// What somebody holds, or is to hold.
pub fn allocations(allocations: &[Allocation]) -> Result<(), Unsound> {
    let mut providers = HashSet::new();
    for (at, Allocation { provider, resources: held }) in allocations.iter().enumerate() {
        let field = format!("allocations[{at}]");
        uuid(&format!("{field}.provider"), provider)?;
        if !providers.insert(provider) {
            return Err(unsound(&field, format!("provider {} is there twice", shown(provider))));
        }
        if held.is_empty() {
            return Err(unsound(&field, format!("an allocation of provider {provider} has no resources")));
        }
        resources(&field, held)?;
    }
    Ok(())
}

/// Amounts of resource classes.
pub fn resources(field: &str, resources: &[ResourceAmount]) -> Result<(), Unsound> {
    let mut classes = HashSet::new();
    for (at, ResourceAmount { class, amount }) in resources.iter().enumerate() {
        let field = format!("{field}.resources[{at}]");
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if class.is_empty() || class.len() > MOST_CHARACTERS || !class.chars().all(allowed) {
            return Err(unsound(&field, format!("{} is no resource class", shown(class))));
        }
        if !classes.insert(class) {
            return Err(unsound(&field, format!("class {} is there twice", shown(class))));
        }
        if *amount == 0 {
            return Err(unsound(&field, format!("it has 0 of {class}")));
        }
    }
    Ok(())
}

/// Visible ASCII without spaces: what can stand in a line without changing it.
pub fn plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_graphic())
}

/// A stranger's string in an error line: quoted, escaped, and cut when it is long.
pub fn shown(text: &str) -> String {
    const MOST: usize = 48;
    if text.len() <= MOST {
        return format!("{text:?}");
    }
    let beginning: String = text.chars().take(MOST).collect();
    format!("{beginning:?}… ({} bytes)", text.len())
}
