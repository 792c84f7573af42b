//! Identifiers: the strings that Placement accepts as a uuid, and uuids derived from a seed instead of random numbers.

/// True if `text` is a uuid: 32 hexadecimal digits without prefixes, braces and dashes (oslo_utils
/// uuidutils.is_uuid_like).
pub(crate) fn is_uuid(text: &str) -> bool {
    digits(text).is_some()
}

/// The canonical form: lower case with dashes.
pub(crate) fn canonical(text: &str) -> Option<String> {
    digits(text).map(|digits| dashed(&digits))
}

fn digits(text: &str) -> Option<String> {
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "").to_ascii_lowercase();
    let fits = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then_some(digits)
}

fn dashed(digits: &str) -> String {
    let ends = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    let parts = ends.iter().filter_map(|(from, to)| digits.get(*from..*to));
    parts.collect::<Vec<_>>().join("-")
}

/// The same uuid for the same seed, on every machine.
pub(crate) fn derived(seed: &str) -> String {
    dashed(&format!("{:032x}", fnv1a(seed.as_bytes())))
}

/// FNV-1a with 128 bits: short code and good distribution; it needs no resistance to attacks.
fn fnv1a(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_read_as_openstack_reads_them() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(canonical(text).as_deref(), expected, "{text}");
        let plain = "c0ffee00-0000-4000-8000-00000000abcd";
        check(plain, Some(plain));
        check("C0FFEE00-0000-4000-8000-00000000ABCD", Some(plain));
        check("c0ffee000000400080000000", None);
        check("c0ffee0000004000800000000000abcd", Some(plain));
        check("{c0ffee00-0000-4000-8000-00000000abcd}", Some(plain));
        check("g0ffee00-0000-4000-8000-00000000abcd", None);
    }

    #[test]
    fn derived_ids_are_uuids_and_differ() {
        assert!(is_uuid(&derived("a")));
        assert_ne!(derived("a"), derived("b"));
    }
}
