//! The names of what a component exports and imports.

use wasmparser::{BinaryReaderError, Parser, Payload};

/// The names of a component's own exports and imports, not of the components and modules in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct InterfaceNames {
    pub exports: Vec<String>,
    pub imports: Vec<String>,
}

impl InterfaceNames {
    /// Reads the names.
    ///
    /// # Errors
    /// The bytes are not a component: where they are wrong.
    pub fn of(component: &[u8]) -> Result<Self, String> {
        if Parser::is_core_wasm(component) {
            return Err("it is a core module".to_owned());
        }
        if !Parser::is_component(component) {
            return Err("it does not begin as one".to_owned());
        }
        Self::read(component).map_err(|error| error.to_string())
    }

    fn read(component: &[u8]) -> Result<Self, BinaryReaderError> {
        let (mut names, mut depth) = (Self::default(), 0_usize);
        for payload in Parser::new(0).parse_all(component) {
            match payload? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        names.exports.push(export?.name.name.to_owned());
                    }
                }
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        names.imports.push(import?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::BUILT_IN;

    #[test]
    fn a_policy_exports_its_rules() {
        let names = InterfaceNames::of(BUILT_IN[0].component).unwrap();
        assert!(names.exports.contains(&"swaparoo:policy/rules@1.0.0".to_owned()), "{names:?}");
        assert!(names.imports.iter().all(|name| name.starts_with("swaparoo:policy/")), "{names:?}");
        assert_eq!(InterfaceNames::of(b"text"), Err("it does not begin as one".to_owned()));
        assert_eq!(InterfaceNames::of(b"\0asm\x01\0\0\0"), Err("it is a core module".to_owned()));
    }
}
