//! The kind of a file, by its first bytes.

use super::LoadError;

/// The first bytes of every WebAssembly file. The next four bytes distinguish a component from a core module (component
/// model, design/mvp/Binary.md, "Component Definitions").
const MAGIC: &[u8] = b"\0asm";
const COMPONENT: &[u8] = &[0x0d, 0x00, 0x01, 0x00];
const CORE_MODULE: &[u8] = &[0x01, 0x00, 0x00, 0x00];

/// Checks that the first bytes are those of a component.
pub fn check(name: &str, bytes: &[u8]) -> Result<(), LoadError> {
    let name = || name.to_owned();
    match bytes.split_at_checked(MAGIC.len()) {
        Some((MAGIC, rest)) if rest.starts_with(COMPONENT) => Ok(()),
        Some((MAGIC, rest)) if rest.starts_with(CORE_MODULE) => Err(LoadError::CoreModule { name: name() }),
        Some((MAGIC, rest)) if rest.len() < COMPONENT.len() => {
            Err(LoadError::Invalid { name: name(), why: "it ends within its first 8 bytes".into() })
        }
        _ => Err(LoadError::NotWasm { name: name() }),
    }
}
