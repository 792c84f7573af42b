//! The signed statement of what `swaparoo check` found.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Envelope, PrivateKey, PublicKey, SignatureError};
use crate::engine::Digest;
use crate::record::PolicyName;

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
/// The resource that names the program, with the annotation of this name.
const CHECK: &str = "swaparoo check";
const FAULTS: &str = "faults";

/// An [in-toto statement](https://in-toto.io/Statement/v1) about a component, with in-toto's predicate for results of tests. It
/// must not be trusted unless it comes from [`CheckStatement::verified`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckStatement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Resource>,
    predicate_type: String,
    predicate: TestResult,
}

/// in-toto's `ResourceDescriptor`, as far as it is used here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Resource {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    uri: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    digest: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TestResult {
    result: CheckResult,
    /// The program with its version and the number of faults, and the sources of the component.
    configuration: Vec<Resource>,
    #[serde(flatten)]
    scenes: CheckedScenes,
}

/// What was found in a scene, or in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CheckResult {
    /// Nothing.
    Passed,
    /// Only counterexamples that are known of `standard`.
    Warned,
    /// Another counterexample, or the search reached its bound.
    Failed,
}

/// The names of the scenes with each result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CheckedScenes {
    passed_tests: Vec<String>,
    warned_tests: Vec<String>,
    failed_tests: Vec<String>,
}

impl CheckedScenes {
    /// The scenes with this result.
    pub fn of(&mut self, result: CheckResult) -> &mut Vec<String> {
        match result {
            CheckResult::Passed => &mut self.passed_tests,
            CheckResult::Warned => &mut self.warned_tests,
            CheckResult::Failed => &mut self.failed_tests,
        }
    }

    fn are_some(&self) -> bool {
        !self.passed_tests.is_empty() || !self.warned_tests.is_empty()
    }

    fn result(&self) -> CheckResult {
        match (self.failed_tests.is_empty(), self.warned_tests.is_empty()) {
            (false, _) => CheckResult::Failed,
            (true, false) => CheckResult::Warned,
            (true, true) => CheckResult::Passed,
        }
    }
}

impl CheckStatement {
    /// The statement about a search of these scenes with up to this many faults. `sources` are URIs of what the component was built
    /// from.
    #[must_use]
    pub fn of(policy: &PolicyName, faults: u32, scenes: CheckedScenes, sources: &[String]) -> Self {
        let digest = BTreeMap::from([("sha256".to_owned(), policy.digest.clone())]);
        let name = format!("{} {}", policy.name, policy.version);
        let annotations = BTreeMap::from([
            (FAULTS.to_owned(), faults.into()),
            ("version".to_owned(), env!("CARGO_PKG_VERSION").into()),
        ]);
        let program = Resource { name: CHECK.to_owned(), annotations, ..Resource::default() };
        let sources = sources.iter().map(|uri| Resource { uri: uri.clone(), ..Resource::default() });
        let configuration = std::iter::once(program).chain(sources).collect();
        Self {
            kind: STATEMENT.to_owned(),
            subject: vec![Resource { name, digest, ..Resource::default() }],
            predicate_type: TEST_RESULT.to_owned(),
            predicate: TestResult { result: scenes.result(), configuration, scenes },
        }
    }

    /// The path of the statement about a component file: `mine.wasm.check` for `mine.wasm`.
    #[must_use]
    pub fn beside(component: &Path) -> PathBuf {
        let mut file = component.as_os_str().to_owned();
        file.push(".check");
        file.into()
    }

    /// Signs the statement.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn sign(&self, key: &PrivateKey) -> Result<Envelope, SignatureError> {
        let payload = serde_json::to_vec(self).map_err(|error| no(error.to_string()))?;
        Envelope::sign(PAYLOAD_TYPE, &payload, key)
    }

    /// The statement in the envelope, if a trusted key has signed it and it is about the component with this digest.
    ///
    /// # Errors
    /// No trusted key has signed it, or it is about something else.
    pub fn verified(envelope: &Envelope, trusted: &[PublicKey], digest: Digest) -> Result<Self, SignatureError> {
        let (_, verified) = envelope.verified(trusted)?;
        if verified.payload_type != PAYLOAD_TYPE {
            return Err(no(format!("its payload type is {:?}, not {PAYLOAD_TYPE:?}", verified.payload_type)));
        }
        let stated: Self = serde_json::from_slice(&verified.payload).map_err(|error| no(error.to_string()))?;
        if stated.kind != STATEMENT || stated.predicate_type != TEST_RESULT {
            return Err(no(format!("it is a {:?} with the predicate {:?}", stated.kind, stated.predicate_type)));
        }
        let is_subject = |of: &Resource| of.digest.get("sha256") == Some(&digest.to_string());
        if stated.subject.iter().any(is_subject) {
            return Ok(stated);
        }
        Err(SignatureError::OtherComponent { stated: stated.to_string(), digest })
    }

    /// Whether it says that a search with at least this many faults found nothing that is not known of `standard`. A search of no
    /// scene says nothing.
    #[must_use]
    pub fn has_passed(&self, faults: u32) -> bool {
        self.predicate.result != CheckResult::Failed
            && self.predicate.scenes.are_some()
            && self.faults().is_some_and(|searched| searched >= u64::from(faults))
    }

    fn faults(&self) -> Option<u64> {
        let program = self.predicate.configuration.iter().find(|resource| resource.name == CHECK)?;
        program.annotations.get(FAULTS)?.as_u64()
    }
}

/// Text for people, such as `mine 1.2.0: PASSED with up to 1 fault`.
impl fmt::Display for CheckStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.subject.iter().map(|of| of.name.as_str()).collect();
        let result = serde_json::to_value(self.predicate.result).unwrap_or_default();
        write!(f, "{}: {}", names.join(", "), result.as_str().unwrap_or_default())?;
        match self.faults() {
            Some(1) => f.write_str(" with up to 1 fault"),
            Some(faults) => write!(f, " with up to {faults} faults"),
            None => f.write_str(" with an unknown number of faults"),
        }
    }
}

fn no(why: String) -> SignatureError {
    SignatureError::CheckStatement { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENT: &[u8] = b"component";

    fn policy() -> PolicyName {
        PolicyName { name: "mine".into(), version: "1.2.0".into(), digest: Digest::of(COMPONENT).to_string() }
    }

    fn statement(faults: u32, result: CheckResult) -> CheckStatement {
        let mut scenes = CheckedScenes::default();
        scenes.of(CheckResult::Passed).push("swap".into());
        scenes.of(result).push("revert".into());
        CheckStatement::of(&policy(), faults, scenes, &["git+https://example.org/mine@5be8".into()])
    }

    #[test]
    fn a_search_has_passed_with_as_many_faults_as_it_had() {
        let stated = statement(1, CheckResult::Passed);
        assert_eq!([0, 1, 2].map(|faults| stated.has_passed(faults)), [true, true, false]);
        assert_eq!(stated.to_string(), "mine 1.2.0: PASSED with up to 1 fault");
        let warned = statement(0, CheckResult::Warned);
        assert!(warned.has_passed(0), "{warned}");
        assert_eq!(warned.to_string(), "mine 1.2.0: WARNED with up to 0 faults");
        let nothing = CheckStatement::of(&policy(), 1, CheckedScenes::default(), &[]);
        assert!(!nothing.has_passed(0), "{nothing}");
        let failed = statement(2, CheckResult::Failed);
        assert!(!failed.has_passed(0), "{failed}");
        assert_eq!(failed.to_string(), "mine 1.2.0: FAILED with up to 2 faults");
    }

    #[test]
    fn it_is_an_in_toto_statement() {
        let written = serde_json::to_value(statement(1, CheckResult::Failed)).unwrap();
        let expected = serde_json::json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "mine 1.2.0", "digest": { "sha256": Digest::of(COMPONENT).to_string() } }],
            "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
            "predicate": {
                "result": "FAILED",
                "configuration": [
                    { "name": "swaparoo check", "annotations": { "faults": 1, "version": env!("CARGO_PKG_VERSION") } },
                    { "uri": "git+https://example.org/mine@5be8" },
                ],
                "passedTests": ["swap"],
                "warnedTests": [],
                "failedTests": ["revert"],
            },
        });
        assert_eq!(written, expected);
    }

    #[test]
    fn only_a_trusted_statement_about_the_component_counts() {
        let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
        let (stated, trusted) = (statement(1, CheckResult::Passed), [ours.public()]);
        let of = |key: &PrivateKey, component: &[u8]| {
            let verified = CheckStatement::verified(&stated.sign(key).unwrap(), &trusted, Digest::of(component));
            verified.map_err(|error| error.to_string())
        };
        assert_eq!(of(&ours, COMPONENT), Ok(stated.clone()));
        assert!(of(&theirs, COMPONENT).unwrap_err().contains("no trusted key"));
        assert!(of(&ours, b"other").unwrap_err().contains("has signed mine 1.2.0: PASSED"));
        let other = Envelope::sign("text/plain", b"{}", &ours).unwrap();
        let error = CheckStatement::verified(&other, &trusted, Digest::of(COMPONENT)).unwrap_err().to_string();
        assert!(error.contains("its payload type is \"text/plain\""), "{error}");
    }
}
