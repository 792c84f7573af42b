//! Sends policies to a registry.

use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageIndex,
};
use oci_client::{Reference, RegistryOperation};

use super::media::{Artifact, CHECK, SIGNATURE, descriptor};
use super::{Location, OciError, Registries, in_time};

/// What is sent beside a component: DSSE envelopes in JSON.
#[derive(Debug, Clone, Default)]
pub struct Envelopes {
    /// Its signature.
    pub signature: Option<Vec<u8>>,
    /// The statement of what was checked.
    pub check: Option<Vec<u8>>,
}

impl Registries {
    /// Sends a component with its envelopes. Returns the place of the component with the digest of its manifest. If it fails,
    /// the tag names what it named before.
    ///
    /// # Errors
    /// The registry does not answer in time, or refuses something.
    pub async fn push(&self, to: &Location, component: Vec<u8>, envelopes: Envelopes) -> Result<Location, OciError> {
        in_time(async {
            let Location(place) = to;
            let of = |error| OciError::of(to, error);
            self.client.auth(place, &self.auth, RegistryOperation::Push).await.map_err(of)?;
            let no_component = |why| OciError::NoComponent { why };
            let artifact = Artifact::of_component(component).map_err(no_component)?;
            let manifest = serde_json::to_vec(&artifact.manifest).map_err(|error| of(error.into()))?;
            let subject = descriptor(&manifest);
            let at = to.at(&subject.digest);
            self.blobs(to, &artifact).await?;
            self.manifest(to, &at.0, manifest.clone()).await?;
            // Before the tag, so that a client that follows the tag finds them.
            for (kind, envelope) in [(SIGNATURE, envelopes.signature), (CHECK, envelopes.check)] {
                let Some(envelope) = envelope else { continue };
                self.refer(to, &at, kind, Artifact::of_envelope(kind, envelope, subject.clone())).await?;
            }
            self.manifest(to, place, manifest).await?;
            Ok(at)
        })
        .await
    }

    async fn refer(&self, to: &Location, at: &Location, kind: &str, artifact: Artifact) -> Result<(), OciError> {
        let of = |error| OciError::of(to, error);
        self.blobs(to, &artifact).await?;
        let manifest = serde_json::to_vec(&artifact.manifest).map_err(|error| of(error.into()))?;
        let referrer = descriptor(&manifest);
        self.manifest(to, &at.at(&referrer.digest).0, manifest).await?;
        // Of all types, since all are in one list.
        let mut index = self.client.pull_referrers(&at.0, None).await.map_err(of)?;
        if index.manifests.iter().any(|known| known.digest == referrer.digest) {
            return Ok(());
        }
        // The registry does not list referrers itself, so they are listed under a tag.
        let entry = serde_json::json!({
            "mediaType": OCI_IMAGE_MEDIA_TYPE, "digest": referrer.digest, "size": referrer.size,
            "artifactType": kind,
        });
        index.manifests.push(serde_json::from_value::<ImageIndexEntry>(entry).map_err(|error| of(error.into()))?);
        self.index(to, at, index).await
    }

    async fn blobs(&self, to: &Location, artifact: &Artifact) -> Result<(), OciError> {
        let digests = [&artifact.manifest.config.digest, &artifact.layer.sha256_digest()].map(Clone::clone);
        let [config, layer] = digests;
        let both = [(artifact.config.data.clone(), config), (artifact.layer.data.clone(), layer)];
        for (data, digest) in both {
            self.client.push_blob(&to.0, data, &digest).await.map_err(|error| OciError::of(to, error))?;
        }
        Ok(())
    }

    async fn manifest(&self, to: &Location, place: &Reference, manifest: Vec<u8>) -> Result<(), OciError> {
        let kind = http::HeaderValue::from_static(OCI_IMAGE_MEDIA_TYPE);
        self.client.push_manifest_raw(place, manifest, kind).await.map(drop).map_err(|error| OciError::of(to, error))
    }

    async fn index(&self, to: &Location, at: &Location, mut index: OciImageIndex) -> Result<(), OciError> {
        if index.media_type.as_deref().is_none_or(|kind| kind == IMAGE_MANIFEST_LIST_MEDIA_TYPE) {
            index.media_type = Some(OCI_IMAGE_INDEX_MEDIA_TYPE.into());
        }
        let tag = at.0.digest().unwrap_or_default().replace(':', "-");
        let pushed = self.client.push_manifest(&to.tagged(&tag), &index.into()).await;
        pushed.map(drop).map_err(|error| OciError::of(to, error))
    }
}
