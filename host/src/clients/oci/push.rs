//! Sends policies to a registry.

use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, ImageIndexEntry, OCI_IMAGE_INDEX_MEDIA_TYPE, OCI_IMAGE_MEDIA_TYPE, OciImageIndex,
};
use oci_client::{Reference, RegistryOperation};

use super::media::{Artifact, SIGNATURE, descriptor};
use super::{Location, OciError, Registries, in_time};

impl Registries {
    /// Sends a component, and then its signature, if it has one. Returns the place of the component with the digest of its
    /// manifest. If it fails, what the tag names is the old or the new component, the latter perhaps without its signature.
    ///
    /// # Errors
    /// The registry does not answer in time, or refuses something.
    pub async fn push(
        &self,
        to: &Location,
        component: Vec<u8>,
        signature: Option<Vec<u8>>,
    ) -> Result<Location, OciError> {
        in_time(async {
            let Location(place) = to;
            let of = |error| OciError::of(to, error);
            self.client.auth(place, &self.auth, RegistryOperation::Push).await.map_err(of)?;
            let artifact = Artifact::of_component(component);
            let manifest = serde_json::to_vec(&artifact.manifest).map_err(|error| of(error.into()))?;
            let subject = descriptor(&manifest);
            let at = to.at(&subject.digest);
            self.blobs(to, &artifact).await?;
            if let Some(envelope) = signature {
                // Before the tag, so that a client that follows the tag finds it.
                self.manifest(to, &at.0, manifest.clone()).await?;
                self.sign(to, &at, Artifact::of_signature(envelope, subject)).await?;
            }
            self.manifest(to, place, manifest).await?;
            Ok(at)
        })
        .await
    }

    async fn sign(&self, to: &Location, at: &Location, artifact: Artifact) -> Result<(), OciError> {
        let of = |error| OciError::of(to, error);
        self.blobs(to, &artifact).await?;
        let manifest = serde_json::to_vec(&artifact.manifest).map_err(|error| of(error.into()))?;
        let signature = descriptor(&manifest);
        self.manifest(to, &at.at(&signature.digest).0, manifest).await?;
        let mut index = self.client.pull_referrers(&at.0, Some(SIGNATURE)).await.map_err(of)?;
        if index.manifests.iter().any(|known| known.digest == signature.digest) {
            return Ok(());
        }
        // The registry does not list referrers itself, so they are listed under a tag.
        let entry = serde_json::json!({
            "mediaType": OCI_IMAGE_MEDIA_TYPE, "digest": signature.digest, "size": signature.size,
            "artifactType": SIGNATURE,
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
