//! Encodes one component with an overlay and its base inside. Both were checked before.
//!
//! Besides the rules, each imports instances that contain only types. The outer component imports those of the base: its first
//! sections are copied, which define these types.

use std::ops::Range;

use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    ComponentSectionId, RawSection,
};
use wasmparser::{ComponentAlias, ComponentExternalKind, ComponentTypeRef, Parser, Payload};

use super::check_world::version_of;

const INSTANCE: ComponentExportKind = ComponentExportKind::Instance;
/// The indexes of the two components inside.
const BASE: u32 = 0;
const OVERLAY: u32 = 1;

/// The parts of a component that the outer one needs.
pub struct Outline<'a> {
    bytes: &'a [u8],
    /// The sections before the first one with code or an instance: types, imports, and aliases of their types.
    first: Vec<RawSection<'a>>,
    /// The number of instances that these sections define.
    instances: u32,
    /// The instances that it imports, with their indexes in these sections.
    imports: Vec<(&'a str, u32)>,
    exports: Vec<&'a str>,
}

impl<'a> Outline<'a> {
    /// Reads a component.
    pub fn of(bytes: &'a [u8]) -> wasmparser::Result<Self> {
        let mut outline = Self { bytes, first: Vec::new(), instances: 0, imports: Vec::new(), exports: Vec::new() };
        let (mut depth, mut is_first) = (0, true);
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            match &payload {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                _ if depth == 1 => outline.add(&payload, &mut is_first)?,
                _ => {}
            }
        }
        Ok(outline)
    }

    fn add(&mut self, payload: &Payload<'a>, is_first: &mut bool) -> wasmparser::Result<()> {
        match payload {
            Payload::ComponentTypeSection(_) => {}
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    let import = import?;
                    if let ComponentTypeRef::Instance(_) = import.ty {
                        self.imports.push((import.name.name, self.instances));
                        self.instances += 1;
                    }
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases.clone() {
                    let kind = ComponentExternalKind::Instance;
                    let is_instance =
                        matches!(alias?, ComponentAlias::InstanceExport { kind: found, .. } if found == kind);
                    self.instances += u32::from(*is_first && is_instance);
                }
            }
            Payload::ComponentExportSection(exports) => {
                *is_first = false;
                for export in exports.clone() {
                    self.exports.push(export?.name.name);
                }
            }
            Payload::CustomSection(_) => return Ok(()),
            _ => *is_first = false,
        }
        if let Some((id, range)) = payload.as_section().filter(|_| *is_first) {
            self.first.extend(section(self.bytes, range).map(|data| RawSection { id, data }));
        }
        Ok(())
    }

    /// Its export of this interface, in any version.
    pub fn export(&self, interface: &str) -> Option<&'a str> {
        self.exports.iter().copied().find(|name| version_of(name, interface).is_some())
    }
}

fn section(bytes: &[u8], range: Range<usize>) -> Option<&[u8]> {
    bytes.get(range)
}

/// The component that gives the base's rules, an interface of this name, to the overlay and exports those of the overlay. None
/// if the base or the overlay does not export them.
pub fn join(overlay: &Outline<'_>, base: &Outline<'_>, rules: &str) -> Option<Vec<u8>> {
    let (exported, given) = (overlay.export(rules)?, base.export(rules)?);
    let mut outer = Component::new();
    for section in &base.first {
        outer.section(section);
    }
    for part in [base, overlay] {
        outer.section(&RawSection { id: ComponentSectionId::Component.into(), data: part.bytes });
    }
    // The instances that follow, after those of the first sections: the base, its rules, the overlay, and its rules.
    let [of_base, rules_of_base, of_overlay, rules_of_overlay] = [0, 1, 2, 3].map(|more| base.instances + more);
    let types = base.imports.iter().map(|(name, index)| (*name, INSTANCE, *index));
    instantiate(&mut outer, BASE, types.collect());
    alias(&mut outer, of_base, given);
    let imported = overlay.imports.iter().filter_map(|(name, _)| {
        let index = if version_of(name, rules).is_some() { rules_of_base } else { base.same_types(name)? };
        Some((*name, INSTANCE, index))
    });
    instantiate(&mut outer, OVERLAY, imported.collect());
    alias(&mut outer, of_overlay, exported);
    let mut exports = ComponentExportSection::new();
    exports.export(exported, INSTANCE, rules_of_overlay, None);
    outer.section(&exports);
    Some(outer.finish())
}

impl Outline<'_> {
    /// The import with the same interface of the contract, in any version.
    fn same_types(&self, name: &str) -> Option<u32> {
        let (interface, _) = name.split_once('@')?;
        self.imports.iter().find(|(own, _)| version_of(own, interface).is_some()).map(|(_, index)| *index)
    }
}

fn instantiate(outer: &mut Component, component: u32, imports: Vec<(&str, ComponentExportKind, u32)>) {
    let mut instances = ComponentInstanceSection::new();
    instances.instantiate(component, imports);
    outer.section(&instances);
}

fn alias(outer: &mut Component, instance: u32, name: &str) {
    let mut aliases = ComponentAliasSection::new();
    aliases.alias(Alias::InstanceExport { instance, kind: INSTANCE, name });
    outer.section(&aliases);
}
