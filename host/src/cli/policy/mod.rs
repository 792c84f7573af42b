//! `swaparoo policy`.

mod inspect;
mod service;
mod sign;
mod test;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;

use super::{Exit, task};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that a component is a policy of this contract, and say which
    Inspect {
        /// A component's file, or standard, seed, nova-34
        #[arg(value_name = "NAME|FILE.wasm")]
        file: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Play the built-in scenarios under a policy, decide recorded tasks again, and say whether it may become active
    Test(test::Test),
    /// Make a key to sign policies with, and print its public half for the config
    Keygen {
        /// The new file for the private key (PKCS#8 PEM, readable by its owner only)
        #[arg(long, value_name = "KEY.pem")]
        out: PathBuf,
    },
    /// Sign a component file
    Sign {
        /// What is signed: its bytes as they are
        file: PathBuf,
        /// The private key
        #[arg(long, value_name = "KEY.pem")]
        key: PathBuf,
        /// Where the signature goes; without, beside the component
        #[arg(long, value_name = "FILE.sig")]
        out: Option<PathBuf>,
    },
    /// Check a component file's signature
    Verify {
        /// The component file
        file: PathBuf,
        /// The public key: its base64, or a file with that or with a PEM public key in it; several times for several
        #[arg(long, value_name = "PUBLIC|FILE", required = true)]
        key: Vec<String>,
        /// Where the signature is; without, beside the component
        #[arg(long, value_name = "FILE.sig")]
        signature: Option<PathBuf>,
    },
    #[command(flatten)]
    Service(service::Command),
}

/// Runs it.
pub async fn run(command: &Command) -> anyhow::Result<Exit> {
    match command {
        Command::Inspect { file, json } => inspect::run(file, *json).await,
        Command::Test(options) => test::run(options).await,
        Command::Keygen { out } => sign::keygen(out),
        Command::Sign { file, key, out } => sign::sign(file, key, out.as_deref()),
        Command::Verify { file, key, signature } => sign::verify(file, key, signature.as_deref()),
        Command::Service(command) => service::run(command).await,
    }
}

/// A component file's bytes, whatever is in them.
fn component(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read the component {}", file.display()))
}
