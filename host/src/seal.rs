//! Bytes that this program has sealed, and only it: machine code is run only after its seal was checked.
//!
//! A seal is an HMAC-SHA256 under a key that nobody else has: the code cache's, which is in a file for this user alone,
//! or that of one worker process, which is made for it and given to it.

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRngCore as _;
use sha2::Sha256;

/// A seal's length in bytes, and a key's.
pub const SEAL: usize = 32;
/// Of SHA-256.
const BLOCK: usize = 64;

/// What a seal is made and checked with.
#[derive(Clone)]
pub struct Key([u8; SEAL]);

/// Bytes whose seal was checked; there is no other way to have them.
#[derive(Debug)]
pub struct Checked(Vec<u8>);

/// Bytes that were not sealed with this key under this name, or have changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not even a seal.
    #[error("it has {0} bytes, fewer than its seal")]
    TooShort(usize),
    /// Another seal.
    #[error("its content is not what was written")]
    Wrong,
}

impl Key {
    /// A new key, out of the system's random numbers.
    ///
    /// # Errors
    /// The system gives none.
    pub fn random() -> std::io::Result<Self> {
        let mut key = [0; SEAL];
        rand::rngs::OsRng.try_fill_bytes(&mut key).map_err(std::io::Error::other)?;
        Ok(Self(key))
    }

    /// The key of these bytes.
    #[must_use]
    pub fn of(bytes: [u8; SEAL]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for who is to make or check seals, too.
    #[must_use]
    pub fn bytes(&self) -> &[u8; SEAL] {
        &self.0
    }

    /// The seal of these bytes under this name.
    #[must_use]
    pub fn seal(&self, name: &str, body: &[u8]) -> [u8; SEAL] {
        self.mac(name, body).finalize().into_bytes().into()
    }

    /// Takes the seal off.
    ///
    /// # Errors
    /// It is not this key's, of these bytes under this name.
    pub fn open(&self, name: &str, mut sealed: Vec<u8>) -> Result<Checked, SealError> {
        let too_short = SealError::TooShort(sealed.len());
        let (seal, body) = sealed.split_first_chunk::<SEAL>().ok_or(too_short)?;
        // It takes as long for every wrong seal.
        self.mac(name, body).verify_slice(seal).map_err(|_| SealError::Wrong)?;
        sealed.drain(..SEAL);
        Ok(Checked(sealed))
    }

    /// The name's length comes first, so that no name and body are another name and body.
    fn mac(&self, name: &str, body: &[u8]) -> Hmac<Sha256> {
        let length = u64::try_from(name.len()).unwrap_or(u64::MAX);
        // As HMAC has it: a key that is shorter than the hash's block is filled with zeros.
        let mut block = [0; BLOCK];
        block.iter_mut().zip(self.0).for_each(|(filled, byte)| *filled = byte);
        <Hmac<Sha256> as KeyInit>::new(&block.into())
            .chain_update(length.to_le_bytes())
            .chain_update(name)
            .chain_update(body)
    }
}

impl Checked {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first byte, and the others.
    #[must_use]
    pub fn split_first(mut self) -> Option<(u8, Self)> {
        (!self.0.is_empty()).then(|| (self.0.remove(0), self))
    }
}

impl std::fmt::Debug for Key {
    /// Not the key.
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
    fn what_was_sealed_is_had_again_by_the_same_key_and_name_only() {
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
    fn a_hash_that_anybody_can_make_is_no_seal() {
        use sha2::Digest as _;
        let hash = Sha256::new().chain_update("name").chain_update(b"body").finalize();
        let forged = [hash.as_slice(), b"body"].concat();
        assert_eq!(Key::random().unwrap().open("name", forged).unwrap_err(), SealError::Wrong);
    }
}
