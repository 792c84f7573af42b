//! Seals that prove that this program wrote some bytes: machine code is run only after its seal was checked.
//!
//! A seal is an HMAC-SHA256 with a secret key: the key of the code cache, in a file that only this user can read, or
//! the key of one worker process, which is generated for this process and passed to it.

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRngCore as _;
use sha2::Sha256;

/// The length of a seal and of a key, in bytes.
pub const SEAL: usize = 32;
/// The block size of SHA-256, in bytes.
const BLOCK: usize = 64;

/// The key that creates and checks seals.
#[derive(Clone)]
pub struct Key([u8; SEAL]);

/// Bytes whose seal was checked. Only [`Key::open`] creates this type.
#[derive(Debug)]
pub struct Checked(Vec<u8>);

/// The bytes were not sealed with this key and name, or were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Shorter than a seal.
    #[error("it has {0} bytes, fewer than a seal")]
    TooShort(usize),
    /// The seal does not match.
    #[error("its content was changed")]
    Wrong,
}

impl Key {
    /// A new key from the system's random number generator; fails if that is not available.
    pub fn random() -> std::io::Result<Self> {
        let mut key = [0; SEAL];
        rand::rngs::OsRng.try_fill_bytes(&mut key).map_err(std::io::Error::other)?;
        Ok(Self(key))
    }

    /// The key with these bytes.
    #[must_use]
    pub fn of(bytes: [u8; SEAL]) -> Self {
        Self(bytes)
    }

    /// The bytes of the key, for another process that creates or checks seals.
    #[must_use]
    pub fn bytes(&self) -> &[u8; SEAL] {
        &self.0
    }

    /// The seal of these bytes with this name.
    #[must_use]
    pub fn seal(&self, name: &str, body: &[u8]) -> [u8; SEAL] {
        self.mac(name, body).finalize().into_bytes().into()
    }

    /// Checks the seal and removes it.
    ///
    /// # Errors
    /// [`SealError::TooShort`] or [`SealError::Wrong`]: the bytes were not sealed with this key and name, or were
    /// changed.
    pub fn open(&self, name: &str, mut sealed: Vec<u8>) -> Result<Checked, SealError> {
        let too_short = SealError::TooShort(sealed.len());
        let (seal, body) = sealed.split_first_chunk::<SEAL>().ok_or(too_short)?;
        // Constant time, so that the duration gives no hint about the right seal.
        self.mac(name, body).verify_slice(seal).map_err(|_| SealError::Wrong)?;
        sealed.drain(..SEAL);
        Ok(Checked(sealed))
    }

    /// The length of the name comes first, so that different pairs of name and body never give the same input.
    fn mac(&self, name: &str, body: &[u8]) -> Hmac<Sha256> {
        let length = u64::try_from(name.len()).unwrap_or(u64::MAX);
        // HMAC pads a key that is shorter than the hash's block with zeros.
        let mut block = [0; BLOCK];
        block.iter_mut().zip(self.0).for_each(|(filled, byte)| *filled = byte);
        <Hmac<Sha256> as KeyInit>::new(&block.into())
            .chain_update(length.to_le_bytes())
            .chain_update(name)
            .chain_update(body)
    }
}

impl Checked {
    /// The bytes without the seal.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first byte and the rest.
    #[must_use]
    pub fn split_first(mut self) -> Option<(u8, Self)> {
        (!self.0.is_empty()).then(|| (self.0.remove(0), self))
    }
}

impl std::fmt::Debug for Key {
    /// Does not print the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(key: &Key, name: &str, body: &[u8]) -> Vec<u8> {
        [key.seal(name, body).as_slice(), body].concat()
    }

    #[test]
    fn only_the_same_key_and_name_open_a_seal() {
        let [key, other] = [Key::of([1; SEAL]), Key::random().unwrap()];
        assert_eq!(key.open("name", sealed(&key, "name", b"body")).unwrap().bytes(), b"body");
        for (made_with, name, body) in [(&other, "name", b"body"), (&key, "nameb", b"body"), (&key, "nam", b"body")] {
            assert_eq!(key.open("name", sealed(made_with, name, body)).unwrap_err(), SealError::Wrong, "{name}");
        }
        let mut changed = sealed(&key, "name", b"body");
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(key.open("name", changed).unwrap_err(), SealError::Wrong);
        assert_eq!(key.open("name", vec![0; SEAL - 1]).unwrap_err(), SealError::TooShort(SEAL - 1));
    }

    #[test]
    fn a_plain_hash_is_not_a_seal() {
        use sha2::Digest as _;
        let hash = Sha256::new().chain_update("name").chain_update(b"body").finalize();
        let forged = [hash.as_slice(), b"body"].concat();
        assert_eq!(Key::random().unwrap().open("name", forged).unwrap_err(), SealError::Wrong);
    }
}
