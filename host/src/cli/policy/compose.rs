//! `swaparoo policy compose`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;
use swaparoo::engine::{Digest, NamedComponent, compose};

use super::{Exit, component};
use crate::cli::policy_limits::PolicyLimitsArgs;
use crate::cli::stdout::say;

#[derive(Debug, Args)]
pub struct Compose {
    /// The overlay: a component that imports the rules of another policy, and exports its own
    #[arg(value_name = "OVERLAY.wasm")]
    overlay: PathBuf,
    /// The policy whose rules it imports: a component file, or standard, seed, nova-34
    #[arg(long, value_name = "NAME|FILE.wasm")]
    over: String,
    /// The file to write
    #[arg(long, value_name = "FILE.wasm")]
    out: PathBuf,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
}

/// Writes the policy of both.
pub async fn run(Compose { overlay, over, out, limits }: &Compose) -> anyhow::Result<Exit> {
    let is_read = [overlay.as_path(), Path::new(over)].into_iter().any(|file| is_same(file, out));
    ensure!(!is_read, "{} is one of the components to compose: give another file to write", out.display());
    let loader = limits.loader()?;
    let (upper, lower) = (component(overlay)?, loader.component(over)?);
    let named = overlay.display().to_string();
    let (upper, lower) = (NamedComponent { name: &named, bytes: &upper }, NamedComponent { name: over, bytes: &lower });
    let composed = compose(&loader, upper, lower).await?;
    std::fs::write(out, &composed).with_context(|| format!("cannot write {}", out.display()))?;
    say!("{}  {named} over {over}", Digest::of(&composed));
    Ok(Exit::Finished)
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |file: &Path| std::fs::canonicalize(file).ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}
