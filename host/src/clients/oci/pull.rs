//! Reads policies from a registry. What it says is not trusted: sizes are bounded, and each blob must have its digest.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use oci_client::RegistryOperation;
use oci_client::manifest::{OciDescriptor, OciImageManifest, WASM_LAYER_MEDIA_TYPE};
use tokio::io::AsyncWrite;

use super::media::{CHECK, COMPONENT, SIGNATURE};
use super::{Location, OciError, Registries, in_time};

const LARGEST_ENVELOPE: usize = 64 << 10;
/// Envelopes of one type beside a component that are read.
const MOST_ENVELOPES: usize = 16;

/// A policy from a registry.
pub struct Pulled {
    /// The component, whose digest is that of the policy.
    pub component: Vec<u8>,
    /// Its signatures, as they are: DSSE envelopes, if the registry is right.
    pub signatures: Vec<Vec<u8>>,
    /// The statements of what was checked, in the same form.
    pub checks: Vec<Vec<u8>>,
    /// Its place with the digest of the manifest.
    pub at: Location,
}

impl Registries {
    /// Reads a policy of at most so many bytes.
    ///
    /// # Errors
    /// There is none, the registry does not answer in time or refuses, or what it says is no policy, too large, or has other
    /// digests than it says.
    pub async fn pull(&self, from: &Location, most: usize) -> Result<Pulled, OciError> {
        in_time(async {
            let of = |error| OciError::of(from, error);
            self.client.auth(&from.0, &self.auth, RegistryOperation::Pull).await.map_err(of)?;
            let (manifest, digest) = self.client.pull_image_manifest(&from.0, &self.auth).await.map_err(of)?;
            let layer = component(from, &manifest)?;
            let component = self.blob(from, layer, most).await?;
            let at = from.at(&digest);
            let signatures = self.envelopes(&at, SIGNATURE).await?;
            let checks = self.envelopes(&at, CHECK).await?;
            Ok(Pulled { component, signatures, checks, at })
        })
        .await
    }

    async fn envelopes(&self, at: &Location, kind: &str) -> Result<Vec<Vec<u8>>, OciError> {
        let of = |error| OciError::of(at, error);
        let index = self.client.pull_referrers(&at.0, Some(kind)).await.map_err(of)?;
        let mut envelopes = Vec::new();
        // A registry may ignore the filter.
        let ours = index.manifests.iter().filter(|entry| entry.artifact_type.as_deref() == Some(kind));
        for entry in ours.take(MOST_ENVELOPES) {
            let place = at.at(&entry.digest);
            let (manifest, _) = self.client.pull_image_manifest(&place.0, &self.auth).await.map_err(of)?;
            if let [layer] = manifest.layers.as_slice() {
                envelopes.push(self.blob(at, layer, LARGEST_ENVELOPE).await?);
            }
        }
        Ok(envelopes)
    }

    async fn blob(&self, from: &Location, layer: &OciDescriptor, most: usize) -> Result<Vec<u8>, OciError> {
        let stated = usize::try_from(layer.size).unwrap_or(usize::MAX);
        if stated > most {
            return Err(OciError::TooLarge { at: from.clone(), bytes: stated, most });
        }
        let mut blob = Bounded { bytes: Vec::with_capacity(stated), most: stated };
        match self.client.pull_blob(&from.0, layer, &mut blob).await {
            Ok(()) => Ok(blob.bytes),
            Err(_) if blob.bytes.len() > stated => Err(OciError::Longer { at: from.clone(), stated }),
            Err(error) => Err(OciError::of(from, error)),
        }
    }
}

/// The layer with the component.
fn component<'m>(from: &Location, manifest: &'m OciImageManifest) -> Result<&'m OciDescriptor, OciError> {
    match manifest.layers.as_slice() {
        [layer] if [COMPONENT, WASM_LAYER_MEDIA_TYPE].contains(&layer.media_type.as_str()) => Ok(layer),
        layers => {
            let found = layers.iter().map(|layer| layer.media_type.clone()).collect::<Vec<_>>().join(", ");
            Err(OciError::NoPolicy { at: from.clone(), found })
        }
    }
}

/// Bytes up to a length. After more it has one more, so that the error is known.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, more: &[u8]) -> Poll<io::Result<usize>> {
        let room = (self.most + 1).saturating_sub(self.bytes.len());
        self.bytes.extend(more.iter().take(room));
        let fits = self.bytes.len() <= self.most;
        Poll::Ready(if fits { Ok(more.len()) } else { Err(io::ErrorKind::FileTooLarge.into()) })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
