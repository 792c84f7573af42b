//! Keys and signatures, here and by openssl.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::*;

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0 and so on";

#[test]
fn a_signature_is_verified_by_its_signers_key_alone() {
    let [ours, theirs] = [(); 2].map(|()| PrivateKey::generate().unwrap());
    let signature = ours.sign(COMPONENT);
    let trusted = [theirs.public(), ours.public()];
    assert_eq!(signature.verify(COMPONENT, &trusted).unwrap(), &ours.public());
    for (component, trusted) in [(COMPONENT, &trusted[..1]), (COMPONENT, &[][..]), (&COMPONENT[1..], &trusted[..])] {
        let error = signature.verify(component, trusted).unwrap_err();
        let SignatureError::Untrusted { trusted: listed } = &error else { panic!("{error:?}") };
        assert_eq!(listed, trusted);
        assert!(trusted.iter().all(|key| error.to_string().contains(&key.to_string())), "{error}");
    }
}

#[test]
fn every_byte_of_a_signature_counts() {
    let ours = PrivateKey::generate().unwrap();
    let (signature, trusted) = (ours.sign(COMPONENT).0.to_bytes(), [ours.public()]);
    for at in 0..signature.len() {
        let mut bytes = signature;
        bytes[at] ^= 1 << (at % 8);
        let forged: Signature = BASE64.encode(bytes).parse().unwrap();
        assert!(forged.verify(COMPONENT, &trusted).is_err(), "byte {at}");
    }
}

#[test]
fn a_private_key_is_its_owners_and_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key.pem");
    let key = PrivateKey::generate().unwrap();
    key.write(&file).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(PrivateKey::read(&file).unwrap().public(), key.public());
    assert!(!format!("{key:?}").contains(&BASE64.encode(key.0.to_bytes())));

    let error = PrivateKey::generate().unwrap().write(&file).unwrap_err();
    assert!(matches!(&error, KeyError::Exists { .. }), "{error:?}");
    assert_eq!(PrivateKey::read(&file).unwrap().public(), key.public());
}

#[test]
fn what_is_no_key_is_named() {
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
        ("", "no ed25519 public key (it has not 32 bytes)"),
        ("nonsense!", "\"nonsense!\" is no ed25519 public key (it is no base64)"),
        ("AAAA", "it has not 32 bytes"),
        // Encodes a number that no point has as its y; then the point of order 1.
        ("AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "it is no point of the curve"),
        ("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "it is weak"),
        ("no/such/key.pem", "cannot read the key no/such/key.pem"),
        (&file("rsa.pem", rsa), "it is another kind of PEM"),
        (&private, "private.pem is no ed25519 public key (it is a private key)"),
    ] {
        let error = PublicKey::given(given).unwrap_err().to_string();
        assert!(error.contains(says), "{given:?}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let error = PrivateKey::read(Path::new(&file("text.pem", "no key"))).unwrap_err().to_string();
    assert!(error.contains("text.pem is no ed25519 private key") && error.contains("keygen"), "{error}");
    let error = "AAAA".parse::<Signature>().unwrap_err().to_string();
    assert!(error.contains("\"AAAA\" is no signature"), "{error}");
}

#[test]
fn a_public_key_is_a_string_in_a_config() {
    let key = PrivateKey::generate().unwrap().public();
    let text = serde_json::to_string(&key).unwrap();
    assert_eq!(text, format!("\"{key}\""));
    assert_eq!(serde_json::from_str::<PublicKey>(&text).unwrap(), key);
    assert!(serde_json::from_str::<PublicKey>("\"AAAA\"").unwrap_err().to_string().contains("AAAA"));
}

/// openssl reads our key and says the same public key; each verifies what the other signed.
#[test]
fn openssl_agrees() {
    if let Err(error) = Command::new("openssl").arg("version").output() {
        println!("not tried: openssl does not run here: {error}");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = PrivateKey::generate().unwrap();
    key.write(&folder.path().join("key.pem")).unwrap();
    std::fs::write(folder.path().join("component.wasm"), COMPONENT).unwrap();

    openssl(folder.path(), "pkey -in key.pem -pubout -out public.pem");
    assert_eq!(PublicKey::read(&folder.path().join("public.pem")).unwrap(), key.public());

    std::fs::write(folder.path().join("ours.sig"), key.sign(COMPONENT).0.to_bytes()).unwrap();
    openssl(folder.path(), "pkeyutl -verify -pubin -inkey public.pem -rawin -in component.wasm -sigfile ours.sig");

    openssl(folder.path(), "genpkey -algorithm ed25519 -out theirs.pem");
    openssl(folder.path(), "pkeyutl -sign -inkey theirs.pem -rawin -in component.wasm -out theirs.sig");
    let theirs = PrivateKey::read(&folder.path().join("theirs.pem")).unwrap();
    let signature = std::fs::read(folder.path().join("theirs.sig")).unwrap();
    let signature: Signature = BASE64.encode(signature).parse().unwrap();
    assert_eq!(signature.verify(COMPONENT, &[theirs.public()]).unwrap(), &theirs.public());
}

fn openssl(folder: &Path, words: &str) {
    let ran = Command::new("openssl").args(words.split(' ')).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&ran.stderr));
}
