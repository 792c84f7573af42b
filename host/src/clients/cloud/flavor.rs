//! The flavor in nova's form of a server (compute API 2.47 or later).

use serde::Deserialize;
use serde_json::Value;

use crate::facts::KnownFlavor;

/// The flavor; `None` if nova does not show it, or in an older form.
pub(super) fn of(server: &Value) -> Option<KnownFlavor> {
    server.get("flavor").and_then(|flavor| KnownFlavor::deserialize(flavor).ok())
}

/// Whether the root disk is a volume: nova shows no image of such a server. `None` if nova does not say it.
pub(super) fn boots_from_volume(server: &Value) -> Option<bool> {
    server.get("image").map(|image| !image.is_object())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_old_form_of_a_flavor_says_nothing() {
        assert_eq!(of(&json!({ "flavor": { "id": "1", "links": [] } })), None);
        assert_eq!(of(&json!({})), None);
    }

    #[test]
    fn a_server_without_an_image_boots_from_a_volume() {
        assert_eq!(boots_from_volume(&json!({ "image": "" })), Some(true));
        assert_eq!(boots_from_volume(&json!({ "image": { "id": "i" } })), Some(false));
        assert_eq!(boots_from_volume(&json!({})), None);
    }
}
