//! Media types and small documents of the artifacts.

use std::collections::BTreeMap;

use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::{OCI_IMAGE_MEDIA_TYPE, OciDescriptor, OciImageManifest};
use serde_json::json;

use super::interface_names::InterfaceNames;

/// The layer of a component.
pub const COMPONENT: &str = "application/wasm";
/// What the artifact of a component is.
pub const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The artifact with the statement of what was checked.
pub const CHECK: &str = "application/vnd.in-toto+json";
/// The artifact with the signature of a policy.
pub const SIGNATURE: &str = "application/vnd.swaparoo.policy.signature.v1+json";
/// Its layer, a DSSE envelope.
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The annotation with the time of creation. It is always the same, so that the same policy has the same digest.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// An artifact before it is sent.
pub struct Artifact {
    pub layer: ImageLayer,
    pub config: Config,
    pub manifest: OciImageManifest,
}

impl Artifact {
    /// The artifact of a component.
    pub fn of_component(component: Vec<u8>) -> Result<Self, String> {
        let names = InterfaceNames::of(&component)?;
        let layer = ImageLayer::new(component, COMPONENT.into(), None);
        let config = json!({
            "created": CREATED, "architecture": "wasm", "os": "wasip2", "layerDigests": [layer.sha256_digest()],
            "component": { "exports": names.exports, "imports": names.imports, "target": null },
        });
        Ok(Self::new(layer, Config::new(config.to_string(), WASM_CONFIG.into(), None), None))
    }

    /// The artifact of this type with an envelope, which refers to the component's.
    pub fn of_envelope(kind: &str, envelope: Vec<u8>, subject: OciDescriptor) -> Self {
        let layer = ImageLayer::new(envelope, ENVELOPE.into(), None);
        Self::new(layer, Config::new("{}", EMPTY.into(), None), Some((kind, subject)))
    }

    fn new(layer: ImageLayer, config: Config, refers: Option<(&str, OciDescriptor)>) -> Self {
        let mut manifest = OciImageManifest::build(std::slice::from_ref(&layer), &config, Some(BTreeMap::new()));
        manifest.media_type = Some(OCI_IMAGE_MEDIA_TYPE.into());
        manifest.annotations = None;
        if let Some((kind, subject)) = refers {
            (manifest.artifact_type, manifest.subject) = (Some(kind.into()), Some(subject));
        }
        Self { layer, config, manifest }
    }
}

/// What refers to a manifest of these bytes.
pub fn descriptor(manifest: &[u8]) -> OciDescriptor {
    OciDescriptor {
        media_type: OCI_IMAGE_MEDIA_TYPE.into(),
        digest: Config::new(manifest.to_vec(), OCI_IMAGE_MEDIA_TYPE.into(), None).sha256_digest(),
        size: i64::try_from(manifest.len()).unwrap_or(i64::MAX),
        ..OciDescriptor::default()
    }
}
