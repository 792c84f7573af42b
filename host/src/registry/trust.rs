//! Which components may be loaded, and which policies may decide.

use std::sync::LazyLock;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Distrust, TrustError};
use crate::engine::{BUILT_IN, Digest};
use crate::registry::signature::{Envelope, PublicKey, Statement};

/// The trusted keys, and the built-in policies that may decide without a signature. Without any key, policies need no
/// signature.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    keys: Vec<PublicKey>,
    built_in: Vec<&'static str>,
}

/// A component that may be loaded: a trusted key has signed it, it is built in, or no key is configured. Only
/// [`Trust::check`] creates one, and the registry loads nothing else.
pub struct Vouched {
    digest: Digest,
    component: Vec<u8>,
    signature: Option<Envelope>,
    /// The statement that a trusted key has signed about it.
    statement: Option<Statement>,
}

/// Whether a policy is signed, and by a trusted key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Signed {
    /// The policy has no signature.
    No,
    /// It has a signature, but not by a trusted key; without trusted keys, this is so for every signature.
    Unverified,
    /// A trusted key has signed it.
    Verified,
}

impl Trust {
    /// From the keys and names in the configuration.
    ///
    /// # Errors
    /// [`TrustError::Key`] if a key is not a public key, [`TrustError::NotBuiltIn`] if a name is not a built-in policy.
    pub fn given(keys: &[String], built_in: &[String]) -> Result<Self, TrustError> {
        let keys = keys.iter().map(|key| PublicKey::given(key)).collect::<Result<_, _>>()?;
        let own = |name: &String| {
            let own = BUILT_IN.iter().find(|own| own.name == name);
            own.map(|own| own.name).ok_or_else(|| TrustError::NotBuiltIn(name.clone()))
        };
        Ok(Self { keys, built_in: built_in.iter().map(own).collect::<Result<_, _>>()? })
    }

    /// Whether policies need a signature.
    #[must_use]
    pub fn asks(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Checks whether a component may be loaded, before any of it is parsed, compiled or run. When it is loaded, its
    /// name and version are compared with the signed statement.
    pub fn check(&self, component: Vec<u8>, signature: Option<Envelope>) -> Result<Vouched, Distrust> {
        let digest = Digest::of(&component);
        let statement = match self.statement(digest, signature.as_ref()) {
            Ok(statement) => Some(statement),
            Err(_) if !self.asks() || built_in(digest).is_some() => None,
            Err(why) => return Err(why),
        };
        Ok(Vouched { digest, component, signature, statement })
    }

    /// The same for a component that is pushed: a signature that comes with it must be by a trusted key, also where the
    /// component is built in. It would replace a stored one, without which the policy might not decide any more.
    pub fn check_pushed(&self, component: Vec<u8>, signature: Option<Envelope>) -> Result<Vouched, Distrust> {
        match &signature {
            Some(wrong) if self.asks() => _ = self.statement(Digest::of(&component), Some(wrong))?,
            _ => {}
        }
        self.check(component, signature)
    }

    /// Checks whether a policy that may be loaded may also decide.
    ///
    /// # Errors
    /// [`Distrust::BuiltIn`] for a built-in policy that neither the configuration nor a trusted key's signature allows.
    pub fn check_deciding(&self, vouched: Vouched) -> Result<Vouched, Distrust> {
        match self.withheld(vouched.digest) {
            Some(name) if vouched.statement.is_none() => Err(Distrust::BuiltIn(name)),
            _ => Ok(vouched),
        }
    }

    /// The name of the built-in policy with this digest, if it may decide only with a signature.
    #[must_use]
    pub fn withheld(&self, digest: Digest) -> Option<&'static str> {
        built_in(digest).filter(|name| self.asks() && !self.built_in.contains(name))
    }

    /// Whether this signature of the component with this digest is by a trusted key.
    #[must_use]
    pub fn signed(&self, digest: Digest, signature: &str) -> Signed {
        let statement = signature.parse::<Envelope>().map_err(Distrust::from);
        let statement = statement.and_then(|signature| self.statement(digest, Some(&signature)));
        if statement.is_ok() { Signed::Verified } else { Signed::Unverified }
    }

    /// The statement that a trusted key has signed about this component.
    fn statement(&self, digest: Digest, signature: Option<&Envelope>) -> Result<Statement, Distrust> {
        let (_, statement) = signature.ok_or(Distrust::Unsigned)?.verify(&self.keys)?;
        statement.check_digest(digest)?;
        Ok(statement)
    }
}

impl Vouched {
    /// The component, its signature (trusted or not), and the statement that a trusted key has signed.
    pub(super) fn into_parts(self) -> (Vec<u8>, Option<Envelope>, Option<Statement>) {
        (self.component, self.signature, self.statement)
    }
}

/// The name of the built-in policy with this digest.
pub(super) fn built_in(digest: Digest) -> Option<&'static str> {
    static DIGESTS: LazyLock<[(Digest, &str); BUILT_IN.len()]> =
        LazyLock::new(|| BUILT_IN.map(|own| (Digest::of(own.component), own.name)));
    DIGESTS.iter().find(|(own, _)| *own == digest).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{CONTRACT, Description, TaskKind};
    use crate::registry::signature::PrivateKey;

    const COMPONENT: &[u8] = b"component";

    fn signed(key: &PrivateKey, component: &[u8]) -> Envelope {
        let tasks = vec![TaskKind::Move];
        let (name, version, contract) = ("mine".into(), "1.0.0".into(), CONTRACT.into());
        let described =
            Description { name, version, contract, tasks, settings_schema: None, ended_statuses: Vec::new() };
        let statement = Statement::of(Digest::of(component), &described);
        statement.unwrap().sign(key).unwrap()
    }

    fn of(keys: &[&PrivateKey], built_in: &[&str]) -> Trust {
        let keys: Vec<String> = keys.iter().map(|key| key.public().to_string()).collect();
        let built_in: Vec<String> = built_in.iter().map(ToString::to_string).collect();
        Trust::given(&keys, &built_in).unwrap()
    }

    fn check(trust: &Trust, signature: Option<&Envelope>, refused: Option<&str>) {
        let error = trust.check(COMPONENT.to_vec(), signature.cloned()).err().map(|error| error.to_string());
        let fits = |error: &str| refused.is_some_and(|says| error.contains(says));
        assert!(error.as_deref().map_or(refused.is_none(), fits), "{signature:?} where {trust:?} counts: {error:?}");
    }

    #[test]
    fn signatures_are_required_if_keys_are_configured() {
        let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
        let trust = of(&[&ours], &[]);
        check(&trust, Some(&signed(&ours, COMPONENT)), None);
        check(&trust, Some(&signed(&theirs, COMPONENT)), Some("no trusted key has signed this component"));
        check(&trust, Some(&signed(&ours, b"another")), Some("a trusted key has signed mine 1.0.0 (sha256 "));
        check(&trust, None, Some("it has no signature"));
        check(&Trust::default(), Some(&signed(&theirs, COMPONENT)), None);
        check(&Trust::default(), None, None);
    }

    #[test]
    fn built_in_policies_are_loaded_and_decide_if_configured() {
        let ours = PrivateKey::generate().unwrap();
        let decides = |trust: &Trust, own: crate::engine::BuiltIn, signature| {
            let vouched = trust.check(own.component.to_vec(), signature).unwrap();
            trust.check_deciding(vouched).map(drop)
        };
        for own in BUILT_IN {
            let error = decides(&of(&[&ours], &[]), own, None).unwrap_err().to_string();
            let says = format!("`{}` comes with the program, and policies.trust_built_in does not name it", own.name);
            assert!(error.contains(&says), "{error}");
            decides(&of(&[&ours], &[own.name]), own, None).unwrap();
            decides(&of(&[&ours], &[]), own, Some(signed(&ours, own.component))).unwrap();
            decides(&Trust::default(), own, None).unwrap();
        }
        let own = BUILT_IN[0].component.to_vec();
        let theirs = PrivateKey::generate().unwrap();
        let wrong = Some(signed(&theirs, &own));
        let pushed = of(&[&ours], &[]).check_pushed(own.clone(), wrong.clone()).map(drop).unwrap_err().to_string();
        assert!(pushed.contains("no trusted key has signed this component"), "{pushed}");
        Trust::default().check_pushed(own, wrong).unwrap();
        let error = Trust::given(&[], &["standrad".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("\"standrad\", which does not come with the program"), "{error}");
    }

    #[test]
    fn only_a_signature_by_a_trusted_key_is_verified() {
        let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
        let [good, foreign] = [&ours, &theirs].map(|key| signed(key, COMPONENT).to_string());
        let trust = of(&[&ours], &[]);
        let [digest, other] = [COMPONENT, b"other"].map(Digest::of);
        assert_eq!(trust.signed(digest, &good), Signed::Verified);
        assert_eq!(trust.signed(other, &good), Signed::Unverified);
        assert_eq!(trust.signed(digest, &foreign), Signed::Unverified);
        assert_eq!(trust.signed(digest, "signed, sealed"), Signed::Unverified);
        assert_eq!(Trust::default().signed(digest, &good), Signed::Unverified);
    }
}
