//! Makes one policy of an overlay and another policy, its base, whose rules the overlay imports.

use super::check_world::{WORLDS, version_of};
use super::join::{Outline, join};
use super::worker::QueueWait;
use super::{LoadError, Loader};
use crate::contract::Version;

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
    /// The overlay imports the rules of another version of the contract than the base exports, so their types differ.
    #[error(
        "{overlay} imports the rules of the contract {found}, but {base} exports those of {wanted}: build both for the same \
         minor version"
    )]
    OtherContract {
        /// The overlay's name, as it was given.
        overlay: String,
        /// The base's name, as it was given.
        base: String,
        /// The version in the name of the overlay's import.
        found: String,
        /// The version in the name of the base's export.
        wanted: Version,
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
    same_types((overlay.name, &import), (base.name, lower.export(interface)), interface)?;
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
    let interface = instance.split('@').next().unwrap_or_default();
    match WORLDS.into_iter().find(|(_, rules)| *rules == interface) {
        Some((_, rules)) => Ok((rules, instance.to_owned())),
        None => Err(LoadError::Imports { name: name.into(), import }.into()),
    }
}

/// Checks that the overlay imports a version with the types of the base. A base that exports no such rules has another world.
fn same_types(overlay: (&str, &str), base: (&str, Option<&str>), interface: &str) -> Result<(), ComposeError> {
    let ((overlay, import), (base, export)) = (overlay, base);
    match export.and_then(|export| version_of(export, interface)) {
        Some(wanted) if !version_of(import, interface).is_some_and(|found| found.has_types_of(wanted)) => {
            let found = import.split_once('@').map_or("without a version", |(_, version)| version).to_owned();
            Err(ComposeError::OtherContract { overlay: overlay.into(), base: base.into(), found, wanted })
        }
        _ => Ok(()),
    }
}
