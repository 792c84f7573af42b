//! The regular expressions of Placement's schemas, as functions (placement schemas/common.py).

/// A pattern for a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// 36 hexadecimal digits and dashes in any order.
    Uuid36,
    /// A resource class or a consumer type: capital letters, digits, underscores.
    Class,
    /// A class that begins with `CUSTOM_`.
    CustomClass,
    /// A consumer type in a query, including `all` and `unknown`.
    ConsumerTypeOrAll,
    /// The suffix of a request group. The pattern is not anchored, so one matching character is enough.
    GroupSuffix,
}

impl Pattern {
    pub(crate) fn fits(self, text: &str) -> bool {
        let all = |text: &str, fits: fn(u8) -> bool| !text.is_empty() && text.bytes().all(fits);
        match self {
            Self::Uuid36 => text.len() == 36 && all(text, |byte| byte.is_ascii_hexdigit() || byte == b'-'),
            Self::Class => all(text, is_class_byte),
            Self::CustomClass => text.strip_prefix("CUSTOM_").is_some_and(|rest| all(rest, is_class_byte)),
            Self::ConsumerTypeOrAll => all(text, is_class_byte) || text.starts_with("all") || text == "unknown",
            Self::GroupSuffix => text.bytes().any(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'),
        }
    }

    pub(crate) fn regex(self) -> &'static str {
        match self {
            Self::Uuid36 => "^[0-9a-fA-F-]{36}$",
            Self::Class => "^[A-Z0-9_]+$",
            Self::CustomClass => "^CUSTOM_[A-Z0-9_]+$",
            Self::ConsumerTypeOrAll => "^[A-Z0-9_]+$|^all|^unknown$",
            Self::GroupSuffix => "[a-zA-Z0-9_-]{1,64}",
        }
    }
}

fn is_class_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}
