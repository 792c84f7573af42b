//! Whose signatures count.

use serde::Serialize;
use utoipa::ToSchema;

use crate::policy::{BUILT_IN, Digest};
use crate::signature::{KeyError, PublicKey, Signature, SignatureError};

/// The keys that may vouch for a policy. Without any, a policy needs no signature.
#[derive(Debug, Clone, Default)]
pub struct Trust(Vec<PublicKey>);

/// Nobody who counts vouches for a policy.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// It has no signature, and needs one.
    #[error("it has no signature")]
    Unsigned,
    /// It is no signature, or nobody's whose counts.
    #[error(transparent)]
    Wrong(#[from] SignatureError),
}

/// Who vouches for a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signed {
    /// Nobody.
    No,
    /// It came with a signature that is none of a trusted key's; without trusted keys, every signature is so.
    Unverified,
    /// A trusted key.
    Verified,
}

impl Trust {
    /// The keys as the configuration has them.
    ///
    /// # Errors
    /// One of them is no public key.
    pub fn given(keys: &[String]) -> Result<Self, KeyError> {
        keys.iter().map(|key| PublicKey::given(key)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a policy needs a signature.
    #[must_use]
    pub fn asks(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether a component may come in. What is no signature is none anywhere; the program's own policies are as
    /// trusted as the program.
    ///
    /// # Errors
    /// It may not.
    pub fn check(&self, component: &[u8], signature: Option<&str>) -> Result<(), Distrust> {
        let signature: Option<Signature> = signature.map(str::parse).transpose()?;
        if !self.asks() || BUILT_IN.iter().any(|own| Digest::of(own.component) == Digest::of(component)) {
            return Ok(());
        }
        signature.ok_or(Distrust::Unsigned)?.verify(component, &self.0)?;
        Ok(())
    }

    /// Who vouches for a component that came with this signature.
    #[must_use]
    pub fn signed(&self, component: &[u8], signature: &str) -> Signed {
        let verified = signature.parse().is_ok_and(|given: Signature| given.verify(component, &self.0).is_ok());
        if verified { Signed::Verified } else { Signed::Unverified }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::PrivateKey;

    fn check(trust: &Trust, signature: Option<&str>, refused: Option<&str>) {
        let error = trust.check(b"component", signature).err().map(|error| error.to_string());
        let fits = |error: &str| refused.is_some_and(|says| error.contains(says));
        assert!(error.as_deref().map_or(refused.is_none(), fits), "{signature:?} where {trust:?} counts: {error:?}");
    }

    #[test]
    fn signatures_count_where_keys_are_named_and_are_signatures_everywhere() {
        let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
        let [signed, foreign] = [&ours, &theirs].map(|key| key.sign(b"component").to_string());
        let trust = Trust(vec![ours.public()]);
        check(&trust, Some(&signed), None);
        check(&trust, Some(&foreign), Some("no trusted key has signed this component"));
        check(&trust, None, Some("it has no signature"));
        check(&Trust::default(), Some(&foreign), None);
        check(&Trust::default(), None, None);
        for trust in [&trust, &Trust::default()] {
            check(trust, Some("signed, sealed"), Some("is no signature"));
            assert!(trust.check(BUILT_IN[0].component, None).is_ok(), "the program's own policies need none");
        }
    }

    #[test]
    fn a_signature_is_called_verified_only_where_its_key_is_trusted() {
        let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
        let [signed, foreign] = [&ours, &theirs].map(|key| key.sign(b"component").to_string());
        let trust = Trust(vec![ours.public()]);
        assert_eq!(trust.signed(b"component", &signed), Signed::Verified);
        assert_eq!(trust.signed(b"other", &signed), Signed::Unverified);
        assert_eq!(trust.signed(b"component", &foreign), Signed::Unverified);
        assert_eq!(Trust::default().signed(b"component", &signed), Signed::Unverified);
    }
}
