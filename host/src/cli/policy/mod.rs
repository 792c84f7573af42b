//! `swaparoo policy`.

mod accepted;
mod bench;
mod compose;
mod coverage;
mod inspect;
mod limits_table;
mod new;
mod new_file;
mod one_run;
mod own_scenarios;
mod registry;
mod service;
mod sign;
mod test;
mod test_report;
mod watch;
mod wit;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{ArgGroup, Subcommand};

use super::policy_limits::PolicyLimitsArgs;
use super::{Exit, task};

/// Help for keys in other systems, such as an HSM, that this program cannot read.
const ELSEWHERE: &str = "To sign with a key that is kept elsewhere, for example with openssl:
  swaparoo policy statement FILE.wasm > statement
  openssl pkeyutl -sign -rawin -inkey KEY.pem -in statement -out signed
  swaparoo policy sign FILE.wasm --signed signed";

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Check that a component is a policy of this contract, and show its description
    Inspect {
        /// A component file, or standard, seed, nova-34
        #[arg(value_name = "NAME|FILE.wasm")]
        file: String,
        #[command(flatten)]
        limits: PolicyLimitsArgs,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Make a folder with a policy of moves that builds and passes its tests, to start from
    New(new::New),
    /// Make one policy of an overlay and the policy whose rules it imports
    Compose(compose::Compose),
    /// Measure what a policy uses of each limit, and the time of its decisions
    Bench(bench::Bench),
    /// Write the contract's WIT package, with its documentation, into a folder
    Wit {
        /// The folder; it is created if it does not exist
        folder: PathBuf,
    },
    /// Play the built-in scenarios under a policy, decide recorded tasks again, and report whether it may become active
    Test(test::Test),
    /// Create a key to sign policies with, and print its public half for the configuration
    Keygen {
        /// The new file for the private key (PKCS#8 PEM, readable by its owner only)
        #[arg(long, value_name = "KEY.pem")]
        out: PathBuf,
    },
    /// Sign a component: its digest, and the name and version in its description
    #[command(group = ArgGroup::new("by").required(true), after_help = ELSEWHERE)]
    Sign {
        /// The component file; it is loaded and asked for its description
        file: PathBuf,
        #[command(flatten)]
        limits: PolicyLimitsArgs,
        /// The private key, readable by its owner only
        #[arg(long, value_name = "KEY.pem", group = "by")]
        key: Option<PathBuf>,
        /// A signature made elsewhere over the bytes that `policy statement` prints: 64 bytes
        #[arg(long, value_name = "FILE", group = "by")]
        signed: Option<PathBuf>,
        /// Where to write the signature; default is next to the component
        #[arg(long, value_name = "FILE.sig")]
        out: Option<PathBuf>,
    },
    /// Print the bytes to sign for a component, for a key that is kept elsewhere
    Statement {
        /// The component file; it is loaded and asked for its description
        file: PathBuf,
        #[command(flatten)]
        limits: PolicyLimitsArgs,
    },
    /// Check a component file's signature, and print what it states; the component is not run
    Verify {
        /// The component file
        file: PathBuf,
        /// The public key: its base64, or a file with the base64 or a PEM public key; repeat for several keys
        #[arg(long, value_name = "PUBLIC|FILE", required = true)]
        key: Vec<String>,
        /// Where the signature is; default is next to the component
        #[arg(long, value_name = "FILE.sig")]
        signature: Option<PathBuf>,
    },
    /// Read a policy from an OCI registry into a file
    Pull(registry::Pull),
    #[command(flatten)]
    Service(service::ServiceCommand),
}

pub async fn run(command: &PolicyCommand) -> anyhow::Result<Exit> {
    match command {
        PolicyCommand::Inspect { file, limits, json } => inspect::run(file, limits, *json).await,
        PolicyCommand::New(options) => new::run(options),
        PolicyCommand::Compose(options) => compose::run(options).await,
        PolicyCommand::Bench(options) => bench::run(options).await,
        PolicyCommand::Wit { folder } => wit::run(folder),
        PolicyCommand::Test(options) => test::run(options).await,
        PolicyCommand::Keygen { out } => sign::keygen(out),
        PolicyCommand::Sign { file, limits, key: Some(key), out, .. } => {
            sign::sign(file, limits, key, out.as_deref()).await
        }
        PolicyCommand::Sign { file, limits, signed, out, .. } => {
            sign::signed_elsewhere(file, limits, signed.as_deref(), out.as_deref()).await
        }
        PolicyCommand::Statement { file, limits } => sign::statement(file, limits).await,
        PolicyCommand::Verify { file, key, signature } => sign::verify(file, key, signature.as_deref()),
        PolicyCommand::Pull(options) => registry::pull(options).await,
        PolicyCommand::Service(command) => service::run(command).await,
    }
}

/// The files *.json of a folder, sorted by name.
fn json_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

/// Reads a component file without checking it.
fn component(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read the component {}", file.display()))
}
