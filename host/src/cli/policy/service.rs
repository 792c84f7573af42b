//! `swaparoo policy push|list|remove|promote|shadow|diff|rollback`: the policies of a running service. A policy may come from an
//! OCI registry, and `push --to` sends one there.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{ArgGroup, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use swaparoo::clients::oci::Location;
use swaparoo::printable;
use swaparoo::registry::Kinds;
use swaparoo::registry::promotion::{Consent, PromotionReport};
use swaparoo::registry::signature::Envelope;

use super::Exit;
use super::accepted::Accepted;
use super::registry::{PulledPolicy, RegistryArgs};
use crate::cli::progress_line;
use crate::cli::remote::{Remote, text};
use crate::cli::stdout::say;

#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Add a component to a running service, without a role yet; or, with --to, to an OCI registry
    Push {
        /// The component file, or a policy in a registry
        #[arg(value_name = "FILE.wasm|oci://HOST/REPOSITORY:TAG")]
        file: String,
        /// Send the file to this registry, and not to a service
        #[arg(long, value_name = "oci://HOST/REPOSITORY:TAG")]
        to: Option<Location>,
        /// Its signature; default is the file next to it, if there is one
        #[arg(long, value_name = "FILE.sig")]
        signature: Option<PathBuf>,
        #[command(flatten)]
        remote: Remote,
        #[command(flatten)]
        registry: Box<RegistryArgs>,
    },
    /// List the policies of a running service, with their roles
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Remove a policy that has no role and that no open task began under
    Remove {
        /// The SHA-256 of its component, or the beginning of it
        #[arg(value_name = "SHA256", value_parser = beginning)]
        policy: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Make a policy the active one, of all kinds of task or of some, if it passes the gate
    Promote {
        /// The SHA-256 of its component, or the beginning of it; or a policy in a registry, which is pushed first
        #[arg(value_name = "SHA256|oci://HOST/REPOSITORY@sha256:DIGEST", value_parser = beginning)]
        policy: String,
        /// Only for these kinds of task, such as move,replace,revert, which it must have rules for; other kinds stay with the
        /// policy that they have
        #[arg(long = "for", value_name = "KIND,...")]
        kinds: Option<Kinds>,
        /// Accept that this number of recorded tasks have a different result; review each of them first (see `policy
        /// diff`)
        #[arg(long, value_name = "N")]
        accept_differences: Option<u64>,
        /// Accept the findings that this file names, each with its reason: the policy.toml of the policy's author
        #[arg(long, value_name = "FILE.toml")]
        accept_file: Option<PathBuf>,
        /// Accept that this scenario fails, or that this kind of task has no rules
        #[arg(long, value_name = "NAME")]
        accept_failed: Vec<String>,
        /// Accept that this scene of `swaparoo check` has a counterexample, or was not searched to the end
        #[arg(long, value_name = "SCENE")]
        accept_counterexamples: Vec<String>,
        /// Allow a policy that is older than the newest version of it that was active
        #[arg(long)]
        allow_older: bool,
        #[command(flatten)]
        remote: Remote,
        #[command(flatten)]
        registry: Box<RegistryArgs>,
    },
    /// Run a policy in shadow: it is asked for the same steps of live tasks, and its answers are only compared
    #[command(group = ArgGroup::new("which").required(true).args(["policy", "clear"]))]
    Shadow {
        /// The SHA-256 of its component, or the beginning of it
        #[arg(value_name = "SHA256", value_parser = beginning)]
        policy: Option<String>,
        /// Stop running a policy in shadow
        #[arg(long)]
        clear: bool,
        /// Only for these kinds of task; other kinds keep their shadow
        #[arg(long = "for", value_name = "KIND,...")]
        kinds: Option<Kinds>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show what the gate finds: scenarios, scenes of `swaparoo check`, and which recorded tasks the policy would have decided differently
    Diff {
        /// The SHA-256 of its component, or the beginning of it
        #[arg(value_name = "SHA256", value_parser = beginning)]
        policy: String,
        /// Only tasks of these kinds, as for a promotion for them
        #[arg(long = "for", value_name = "KIND,...")]
        kinds: Option<Kinds>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Make the policy before the active one active again, for the kinds of task that the last promotion has changed
    Rollback {
        /// For these kinds of task instead
        #[arg(long = "for", value_name = "KIND,...")]
        kinds: Option<Kinds>,
        #[command(flatten)]
        remote: Remote,
    },
}

pub async fn run(command: &ServiceCommand) -> anyhow::Result<Exit> {
    match command {
        ServiceCommand::Push { file, to, signature, remote, registry } => {
            push(remote, registry, file, to.as_ref(), signature.as_ref()).await
        }
        ServiceCommand::List { remote } => list(&remote.json(Method::GET, "/v1/policies", None).await?),
        ServiceCommand::Remove { policy, remote } => {
            let policy = full_digest(remote, policy).await?;
            remote.json(Method::DELETE, &format!("/v1/policies/{policy}"), None).await?;
            say!("{policy} is removed");
            Ok(Exit::Finished)
        }
        ServiceCommand::Promote {
            policy,
            kinds,
            accept_differences,
            accept_file,
            accept_failed,
            accept_counterexamples,
            allow_older,
            remote,
            registry,
        } => {
            let (accept_differences, accept_failed) = (*accept_differences, accept_failed.clone());
            let accept_counterexamples = accept_counterexamples.clone();
            let mut consent = Consent { accept_differences, accept_failed, accept_counterexamples };
            if let Some(file) = accept_file {
                Accepted::read(file)?.add_to(&mut consent);
            }
            let policy = match Location::is_meant(policy) {
                true => from_registry(remote, registry, policy).await?,
                false => full_digest(remote, policy).await?,
            };
            let Consent { accept_failed, accept_counterexamples, .. } = consent;
            let mut body = json!({
                "policy": policy, "accept_differences": accept_differences, "accept_failed": accept_failed,
                "accept_counterexamples": accept_counterexamples, "allow_older": allow_older,
            });
            only_for(&mut body, kinds.as_ref());
            while_checked(remote.json(Method::PUT, "/v1/policies/active", Some(&body))).await?;
            say!("{policy} is active{}", kinds.as_ref().map_or_else(String::new, Kinds::for_some));
            Ok(Exit::Finished)
        }
        ServiceCommand::Shadow { policy: Some(policy), kinds, remote, .. } => {
            let mut body = json!({ "policy": full_digest(remote, policy).await? });
            only_for(&mut body, kinds.as_ref());
            list(&remote.json(Method::PUT, "/v1/policies/shadow", Some(&body)).await?)
        }
        ServiceCommand::Shadow { policy: None, kinds, remote, .. } => {
            list(&remote.json(Method::DELETE, &path("/v1/policies/shadow", kinds.as_ref()), None).await?)
        }
        ServiceCommand::Diff { policy, kinds, json, remote } => diff(remote, policy, kinds.as_ref(), *json).await,
        ServiceCommand::Rollback { kinds, remote } => {
            list(&remote.json(Method::POST, &path("/v1/policies/rollback", kinds.as_ref()), None).await?)
        }
    }
}

/// Names the kinds of task in a request. A request without them is one that every version of the service knows.
fn only_for(body: &mut Value, kinds: Option<&Kinds>) {
    if let (Value::Object(body), Some(kinds)) = (body, kinds) {
        body.insert("for".to_owned(), json!(kinds));
    }
}

/// The same in a query.
fn path(route: &str, kinds: Option<&Kinds>) -> String {
    kinds.map_or_else(|| route.to_owned(), |kinds| format!("{route}?for={}", kinds.as_option()))
}

async fn push(
    remote: &Remote,
    registry: &RegistryArgs,
    from: &str,
    to: Option<&Location>,
    signature: Option<&PathBuf>,
) -> anyhow::Result<Exit> {
    let pushed = match (Location::is_meant(from), to) {
        (true, Some(_)) => bail!("{from} is in a registry already: `swaparoo policy pull` reads it into a file"),
        (true, None) => push_pulled(remote, registry.pull(&from.parse()?).await?).await?,
        (false, to) => {
            let file = Path::new(from);
            let signature = signature_of(file, signature)?;
            if let Some(to) = to {
                return registry.publish(file, signature.as_ref(), to).await;
            }
            let signature = signature.map(|signature| signature.to_header());
            remote.component("/v1/policies", super::component(file)?, signature.as_deref()).await?
        }
    };
    say!("{}  {} {}", text(&pushed, "/digest"), text(&pushed, "/name"), text(&pushed, "/version"));
    Ok(Exit::Finished)
}

/// The signature in this file; by default in the one beside the component, if there is one.
fn signature_of(component: &Path, named: Option<&PathBuf>) -> anyhow::Result<Option<Envelope>> {
    let beside = Envelope::beside(component);
    let file = named.or(Some(&beside).filter(|beside| beside.exists()));
    Ok(file.map(|file| Envelope::read(file)).transpose()?)
}

/// Pushes a policy in a registry, which must be named by its digest, and returns its SHA-256.
async fn from_registry(remote: &Remote, registry: &RegistryArgs, place: &str) -> anyhow::Result<String> {
    let place: Location = place.parse()?;
    if !place.is_fixed() {
        bail!("a tag may name another policy tomorrow: write {place}@sha256:..., which `swaparoo policy pull` prints");
    }
    let pushed = push_pulled(remote, registry.pull(&place).await?).await?;
    Ok(text(&pushed, "/digest").into_owned())
}

async fn push_pulled(remote: &Remote, pulled: PulledPolicy) -> anyhow::Result<Value> {
    let signature = pulled.signature.map(|signature| signature.to_header());
    let pushed = remote.component("/v1/policies", pulled.component, signature.as_deref()).await;
    pushed.with_context(|| format!("the service does not take {}", pulled.at))
}

fn list(response: &Value) -> anyhow::Result<Exit> {
    let policies: Vec<&Value> = response.pointer("/policies").and_then(Value::as_array).into_iter().flatten().collect();
    let widest = policies.iter().map(|policy| text(policy, "/name").chars().count()).max().unwrap_or_default().max(12);
    say!("{:<64}  {:<widest$} {:<8} {:<10} roles", "sha256", "name", "version", "signed");
    for policy in policies {
        let roles = policy.pointer("/roles").and_then(Value::as_array).into_iter().flatten();
        let roles: Vec<String> = roles.filter_map(Value::as_str).map(|role| with_kinds(policy, role)).collect();
        let [digest, name, version, signed] =
            ["/digest", "/name", "/version", "/signed"].map(|field| text(policy, field));
        let roles = roles.join(", ");
        say!("{digest}  {name:<widest$} {version:<8} {signed:<10} {}", printable::line(&roles));
    }
    Ok(Exit::Finished)
}

/// A role, with its kinds of task if it is not for all.
fn with_kinds(policy: &Value, role: &str) -> String {
    match policy.pointer(&format!("/kinds/{role}")).and_then(Value::as_array) {
        Some(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            format!("{role} for {}", kinds.join(" "))
        }
        None => role.to_owned(),
    }
}

async fn diff(remote: &Remote, policy: &str, kinds: Option<&Kinds>, json: bool) -> anyhow::Result<Exit> {
    let policy = full_digest(remote, policy).await?;
    let path = path(&format!("/v1/policies/{policy}/replays"), kinds);
    let response = while_checked(remote.json(Method::POST, &path, None)).await?;
    let report: PromotionReport = serde_json::from_value(response).context("the service's report is not understood")?;
    super::test::print(&report, json)
}

/// Shows what the service does until it answers: it may take some seconds, and longer on a busy machine.
async fn while_checked<T>(answer: impl Future<Output = T>) -> T {
    let what = "the service checks the policy: scenarios, a search of scenes, recorded tasks";
    progress_line::during(|seconds| format!("{what}; {seconds} s so far"), answer).await
}

/// Rejects an empty prefix, because every digest starts with it.
fn beginning(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("write the SHA-256 of a component, or the beginning of it".to_owned());
    }
    Ok(text.to_owned())
}

/// The full digest of the only policy of the service whose digest starts like this.
async fn full_digest(remote: &Remote, beginning: &str) -> anyhow::Result<String> {
    let response = remote.json(Method::GET, "/v1/policies", None).await?;
    let policies = response.pointer("/policies").and_then(Value::as_array).cloned().unwrap_or_default();
    let digests = policies.iter().map(|policy| text(policy, "/digest"));
    let found: Vec<Cow<'_, str>> = digests.filter(|digest| digest.starts_with(beginning)).collect();
    match found.as_slice() {
        [one] => Ok(one.clone().into_owned()),
        [] => bail!("the service has no policy {beginning}; `swaparoo policy list` lists its policies"),
        several => bail!("{} policies start with {beginning}: give more characters", several.len()),
    }
}
