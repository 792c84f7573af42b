//! Tests of keys and signatures, including those of openssl.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use serde_json::Value;

use super::*;
use crate::contract::{CONTRACT, Description, TaskKind};
use crate::engine::Digest;

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0 and so on";

fn described(name: &str, version: &str) -> Description {
    let (name, version, contract) = (name.into(), version.into(), CONTRACT.into());
    Description {
        name,
        version,
        contract,
        tasks: vec![TaskKind::Move],
        settings_schema: None,
        ended_statuses: Vec::new(),
    }
}

fn statement() -> Statement {
    Statement::of(Digest::of(COMPONENT), &described("mine", "1.2.0")).unwrap()
}

#[test]
fn a_statement_is_verified_by_its_signers_key_alone() {
    let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
    let envelope = statement().sign(&ours).unwrap();
    let trusted = [theirs.public(), ours.public()];
    assert_eq!(envelope.verify(&trusted).unwrap(), (&ours.public(), statement()));
    for trusted in [&trusted[..1], &[]] {
        let error = envelope.verify(trusted).unwrap_err();
        let SignatureError::Untrusted { trusted: listed } = &error else { panic!("{error:?}") };
        assert_eq!(listed, trusted);
        assert!(trusted.iter().all(|key| error.to_string().contains(&key.to_string())), "{error}");
    }
}

/// Compares with the specification: the envelope in
/// https://github.com/secure-systems-lab/dsse/blob/master/envelope.md, the signed bytes in protocol.md.
#[test]
fn an_envelope_has_the_form_of_dsse() {
    let ours = PrivateKey::generate().unwrap();
    let envelope: Value = serde_json::from_str(&statement().sign(&ours).unwrap().to_string()).unwrap();
    let digest = Digest::of(COMPONENT);
    let payload =
        format!(r#"{{"digest":"sha256:{digest}","name":"mine","version":"1.2.0","purpose":"swaparoo policy"}}"#);
    assert_eq!(envelope["payloadType"], "application/vnd.swaparoo.policy+json");
    assert_eq!(envelope["payload"], BASE64.encode(&payload));
    assert_eq!(envelope["signatures"][0]["keyid"], ours.public().to_string());
    let pae = format!("DSSEv1 36 application/vnd.swaparoo.policy+json {} {payload}", payload.len());
    assert_eq!(statement().to_be_signed().unwrap(), pae.as_bytes());
    let signature = BASE64.decode(envelope["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    assert!(dsse::Verifier::verify(&ours.public(), pae.as_bytes(), &signature));
}

#[test]
fn every_part_of_an_envelope_counts() {
    let ours = PrivateKey::generate().unwrap();
    let trusted = [ours.public()];
    let envelope: Value = serde_json::from_str(&statement().sign(&ours).unwrap().to_string()).unwrap();
    for field in ["/payload", "/signatures/0/sig"] {
        let whole = BASE64.decode(envelope.pointer(field).unwrap().as_str().unwrap()).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            let mut forged = envelope.clone();
            *forged.pointer_mut(field).unwrap() = BASE64.encode(bytes).into();
            let forged: Envelope = forged.to_string().parse().unwrap();
            let error = forged.verify(&trusted).unwrap_err();
            assert!(matches!(error, SignatureError::Untrusted { .. }), "{field}, byte {at}: {error}");
        }
    }
    let mut forged = envelope.clone();
    forged["payloadType"] = "application/vnd.in-toto+json".into();
    let error = forged.to_string().parse::<Envelope>().unwrap().verify(&trusted).unwrap_err();
    assert!(matches!(error, SignatureError::Untrusted { .. }), "{error}");
}

/// A trusted key may have signed other things than policies.
#[test]
fn a_signature_for_another_purpose_does_not_cover_a_policy() {
    let ours = PrivateKey::generate().unwrap();
    let trusted = [ours.public()];
    let signs = |kind: &str, payload: &str| {
        let envelope = dsse::sign(kind, payload.as_bytes(), &ours).unwrap().to_json().unwrap();
        let envelope: Envelope = String::from_utf8(envelope).unwrap().parse().unwrap();
        let error = envelope.verify(&trusted).unwrap_err();
        assert!(matches!(error, SignatureError::Statement { .. }), "{error}");
        error.to_string()
    };
    let kind = "application/vnd.swaparoo.policy+json";
    let stated = serde_json::to_string(&statement()).unwrap();
    for (kind, payload, says) in [
        ("application/vnd.in-toto+json", stated.clone(), "its payload type is \"application/vnd.in-toto+json\""),
        (kind, stated.replace("swaparoo policy", "swaparoo debugger"), "unknown variant `swaparoo debugger`"),
        (kind, stated.replace("sha256:", "sha512:"), "its digest is not a sha256:"),
        (kind, stated.replace("\"1.2.0\"", "\"1.2\""), "unexpected end of input"),
        (kind, stated.replace("\"name\"", "\"expires\":\"2026-12-01\",\"name\""), "unknown field `expires`"),
        (kind, stated.replace("\"purpose\":\"swaparoo policy\"", "\"name\":\"b\""), "duplicate field `name`"),
    ] {
        let error = signs(kind, &payload);
        assert!(error.contains(says) && error.contains("swaparoo policy sign"), "{says:?} is missing in {error}");
    }
}

#[test]
fn the_statement_is_compared_with_the_component() {
    let stated = statement();
    assert!(stated.check_digest(Digest::of(COMPONENT)).is_ok());
    let error = stated.check_digest(Digest::of(b"another")).unwrap_err().to_string();
    let says = format!("a trusted key has signed mine 1.2.0 (sha256 {}), not this component", Digest::of(COMPONENT));
    assert!(error.contains(&says), "{error}");
    assert!(stated.check_description(&described("mine", "1.2.0")).is_ok());
    for (name, version) in [("mine", "1.2.1"), ("mine", "1.2.0+other"), ("yours", "1.2.0")] {
        let error = stated.check_description(&described(name, version)).unwrap_err().to_string();
        assert!(error.contains(&format!("the component describes itself as {name} {version}")), "{error}");
    }
    let error = Statement::of(Digest::of(COMPONENT), &described("mine", "1")).unwrap_err().to_string();
    assert!(error.contains("mine cannot be signed: its version \"1\" is not a semantic version"), "{error}");
}

#[test]
fn a_header_is_read_as_it_is_made() {
    let envelope = statement().sign(&PrivateKey::generate().unwrap()).unwrap();
    assert_eq!(Envelope::from_header(&envelope.to_header()).unwrap(), envelope);
    assert!(envelope.to_header().len() < 1024, "it is a header");
    let bare = BASE64.encode([7; 64]);
    for (header, says) in [
        ("signed, sealed", "\"signed, sealed\" is not a signature (it is not base64)"),
        ("AAAA", "is not a signature (envelope is not a well-formed DSSE JSON envelope"),
        ("", "\"\" is not a signature"),
        (&bare, "a bare ed25519 signature is not enough for a policy"),
    ] {
        let error = Envelope::from_header(header).unwrap_err().to_string();
        assert!(error.contains(says) && error.contains("swaparoo policy sign"), "{says:?} is missing in {error}");
    }
    let error = bare.parse::<Envelope>().unwrap_err().to_string();
    assert!(error.contains("it names neither version nor purpose; sign the component again"), "{error}");
}

#[test]
fn a_private_key_is_private_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let key = PrivateKey::generate().unwrap();
    key.write(&file).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(PrivateKey::read(&file).unwrap().public(), key.public());
    assert!(!format!("{key:?}").contains(&BASE64.encode(key.0.to_bytes())));

    let error = PrivateKey::generate().unwrap().write(&file).unwrap_err();
    assert!(matches!(&error, SigningKeyError::Exists { .. }), "{error:?}");
    assert_eq!(PrivateKey::read(&file).unwrap().public(), key.public());

    std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    let error = PrivateKey::read(&file).unwrap_err().to_string();
    let shown = file.display();
    assert_eq!(
        error,
        format!("the permissions of the private key {shown} are open to others (mode 640): chmod 600 {shown}")
    );
}

#[test]
fn files_that_are_not_keys_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    PrivateKey::generate().unwrap().write(&folder.path().join("private.pem")).unwrap();
    let private = folder.path().join("private.pem").display().to_string();
    let rsa =
        "-----BEGIN PUBLIC KEY-----\nMCAwDQYJKoZIhvcNAQEBBQADDwAwDAIFAJx5BpsCAwEAAQ==\n-----END PUBLIC KEY-----\n";
    for (given, says) in [
        ("", "not an ed25519 public key (it does not have 32 bytes)"),
        ("nonsense!", "\"nonsense!\" is not an ed25519 public key (it is not base64)"),
        ("AAAA", "it does not have 32 bytes"),
        // The first encodes a y coordinate that no point has; the second is the point of order 1.
        ("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "it is not a point on the curve"),
        ("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "it is weak"),
        ("no/such/key.pem", "cannot read the key no/such/key.pem"),
        (&file("rsa.pem", rsa), "it is another kind of PEM"),
        (&private, "private.pem is not an ed25519 public key (it is a private key)"),
    ] {
        let error = PublicKey::given(given).unwrap_err().to_string();
        assert!(error.contains(says), "{given:?}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let text = file("text.pem", "no key");
    std::fs::set_permissions(&text, Permissions::from_mode(0o600)).unwrap();
    let error = PrivateKey::read(Path::new(&text)).unwrap_err().to_string();
    assert!(error.contains("text.pem is not an ed25519 private key") && error.contains("keygen"), "{error}");
    let error = "AAAA".parse::<Envelope>().unwrap_err().to_string();
    assert!(error.contains("\"AAAA\" is not a signature"), "{error}");
}

#[test]
fn a_public_key_is_a_string_in_a_config() {
    let key = PrivateKey::generate().unwrap().public();
    let text = serde_json::to_string(&key).unwrap();
    assert_eq!(text, format!("\"{key}\""));
    assert_eq!(serde_json::from_str::<PublicKey>(&text).unwrap(), key);
    assert!(serde_json::from_str::<PublicKey>("\"AAAA\"").unwrap_err().to_string().contains("AAAA"));
}

/// openssl reads our key and prints the same public key; each program verifies the other's signature.
#[test]
fn openssl_agrees() {
    if let Err(error) = Command::new("openssl").arg("version").output() {
        println!("not tried: openssl does not run here: {error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = PrivateKey::generate().unwrap();
    key.write(&folder.path().join("key.pem")).unwrap();
    std::fs::write(folder.path().join("statement"), statement().to_be_signed().unwrap()).unwrap();

    openssl(folder.path(), "pkey -in key.pem -pubout -out public.pem");
    assert_eq!(PublicKey::read(&folder.path().join("public.pem")).unwrap(), key.public());

    let ours: Value = serde_json::from_str(&statement().sign(&key).unwrap().to_string()).unwrap();
    let ours = BASE64.decode(ours["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    std::fs::write(folder.path().join("ours.sig"), ours).unwrap();
    openssl(folder.path(), "pkeyutl -verify -pubin -inkey public.pem -rawin -in statement -sigfile ours.sig");

    openssl(folder.path(), "genpkey -algorithm ed25519 -out theirs.pem");
    openssl(folder.path(), "pkeyutl -sign -inkey theirs.pem -rawin -in statement -out theirs.sig");
    let theirs = PrivateKey::read(&folder.path().join("theirs.pem")).unwrap();
    let signature = std::fs::read(folder.path().join("theirs.sig")).unwrap();
    let envelope = statement().signed_elsewhere(signature.try_into().unwrap()).unwrap();
    assert_eq!(envelope.verify(&[theirs.public()]).unwrap(), (&theirs.public(), statement()));
}

fn openssl(folder: &Path, words: &str) {
    let ran = Command::new("openssl").args(words.split(' ')).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&ran.stderr));
}
