//! Makes one policy of an overlay and another policy, its base, whose rules the overlay imports.

use super::check_world::WORLDS;
use super::contract_version::is_supported;
use super::join::{Outline, join};
use super::worker::QueueWait;
use super::{LoadError, Loader};
use crate::contract::CONTRACT;

/// A component, with the name that errors call it by.
#[derive(Debug, Clone, Copy)]
pub struct NamedComponent<'a> {
    /// The name of a policy, or the path of a file.
    pub name: &'a str,
    /// The bytes of the component.
    pub bytes: &'a [u8],
}

/// Two components cannot be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// One of the components, or the composed one, is not a policy that can run here.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The overlay does not import the rules of another policy.
    #[error(
        "{name} imports no rules, so it is no overlay: build an overlay for the world \
         `swaparoo:policy/migration-overlay` or `swaparoo:policy/move-overlay`"
    )]
    NoOverlay {
        /// The overlay's name, as it was given.
        name: String,
    },
    /// The overlay imports the rules of another version of the contract.
    #[error(
        "{name} imports the rules of the contract {found}, but this program has {CONTRACT}: build it for {CONTRACT}, or use a \
         program with {found}"
    )]
    OtherContract {
        /// The overlay's name, as it was given.
        name: String,
        /// The version in the name of its import.
        found: String,
    },
    /// The base does not export what the overlay imports.
    #[error(
        "{overlay} imports `{import}`, which {base} does not export: build the overlay for a base of the world `{world}`"
    )]
    OtherWorld {
        /// The overlay's name, as it was given.
        overlay: String,
        /// The base's name, as it was given.
        base: String,
        /// The rules that the overlay imports.
        import: String,
        /// The world of the base.
        world: &'static str,
    },
}

/// The component of both, which imports no function. All three are checked as every policy is, so each can be any bytes.
///
/// # Errors
/// A component is not a policy, or the overlay does not import what the base exports.
pub async fn compose(
    loader: &Loader,
    overlay: NamedComponent<'_>,
    base: NamedComponent<'_>,
) -> Result<Vec<u8>, ComposeError> {
    let world = loader.load(base.name, base.bytes, QueueWait::Patiently).await?.world().name();
    let (interface, import) = imported_rules(loader, overlay).await?;
    let unread = |name: &str| {
        let name = name.to_owned();
        move |why: wasmparser::BinaryReaderError| LoadError::Invalid { name, why: why.to_string() }
    };
    let upper = Outline::of(overlay.bytes).map_err(unread(overlay.name))?;
    let lower = Outline::of(base.bytes).map_err(unread(base.name))?;
    let Some(composed) = join(&upper, &lower, interface) else {
        let (overlay, base) = (overlay.name.to_owned(), base.name.to_owned());
        return Err(ComposeError::OtherWorld { overlay, base, import, world });
    };
    loader.load(&format!("{} over {}", overlay.name, base.name), &composed, QueueWait::Patiently).await?;
    Ok(composed)
}

/// The interface of rules that the overlay imports, without and with its version. The host refuses to load an overlay alone,
/// because it imports functions: this refusal names the first one, after all that comes before it was checked.
async fn imported_rules(
    loader: &Loader,
    NamedComponent { name, bytes }: NamedComponent<'_>,
) -> Result<(&'static str, String), ComposeError> {
    let import = match loader.load(name, bytes, QueueWait::Patiently).await {
        Ok(_) => return Err(ComposeError::NoOverlay { name: name.into() }),
        Err(LoadError::Imports { import, .. }) => import,
        Err(error) => return Err(error.into()),
    };
    let instance = import.split('#').next().unwrap_or_default();
    let (interface, version) = instance.split_once('@').unwrap_or((instance, ""));
    match WORLDS.into_iter().find(|(_, rules)| *rules == interface) {
        Some((_, rules)) if is_supported(version) => Ok((rules, instance.to_owned())),
        Some(_) => Err(ComposeError::OtherContract { name: name.into(), found: version.into() }),
        None => Err(LoadError::Imports { name: name.into(), import }.into()),
    }
}
