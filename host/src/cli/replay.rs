//! `swaparoo replay`.

use std::path::PathBuf;

use clap::Args;
use swaparoo::engine::{BUILT_IN, Policy};
use swaparoo::record::{self, End, PolicyName, Record};
use swaparoo::replay::{Recorded, Replay as Shown, Would, replay};
use swaparoo::{describe, printable};

use super::policy_limits::PolicyLimitsArgs;
use super::stdout::say;
use super::{Exit, render_run, task};

/// Shown as the policy of a record that names no component.
const OF_THE_PAGE: &str = "rules of the debugger's page";

/// Decide a recorded task again, under the same policy or another
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A file made by `--record`
    record: PathBuf,
    /// The policy; default is the built-in policy that the record names
    #[arg(long, value_name = "NAME|FILE.wasm")]
    policy: Option<String>,
    #[command(flatten)]
    limits: PolicyLimitsArgs,
    /// Also show the steps
    #[arg(long)]
    steps: bool,
}

/// Replays the record and prints where it differs.
pub async fn run(options: &ReplayArgs) -> anyhow::Result<Exit> {
    let record = record::read(&options.record)?;
    let policy = configured(policy(options, &record).await?, &record)?;
    let shown = replay(&record, &policy)?;
    let (Shown::Same { steps } | Shown::Parts { steps, .. }) = &shown;
    if options.steps {
        say!("{}", render_run::steps(steps, &record.history));
    }
    let (was, is) = (named(&record.policy), named(&PolicyName::from(&policy)));
    match shown {
        Shown::Same { steps } => {
            say!(
                "same: {is} takes the {} that {was} took; {}",
                describe::count(steps.len(), "step"),
                of_end(&record.end)
            );
            Ok(Exit::Finished)
        }
        Shown::Parts { steps, index, recorded, would, reasons } => {
            say!("differs at step {}, index {index} of the history", steps.len());
            say!("  recorded, {was}\n      {}", of_record(&recorded));
            say!("  now, {is}\n      {}", of_policy(&would));
            for reason in &reasons {
                say!("      because: {}", describe::reason(reason));
            }
            Ok(Exit::Failed)
        }
    }
}

async fn policy(options: &ReplayArgs, Record { policy: named, .. }: &Record) -> anyhow::Result<Policy> {
    if let Some(policy) = &options.policy {
        return task::policy(policy, &options.limits).await;
    }
    anyhow::ensure!(
        BUILT_IN.iter().any(|built_in| built_in.name == named.name),
        "{} is a record of the policy {} {} ({}), which is not built in: name its file by --policy",
        options.record.display(),
        named.name,
        named.version,
        if named.digest.is_empty() { OF_THE_PAGE.to_owned() } else { format!("sha256 {}", named.digest) }
    );
    task::policy(&named.name, &options.limits).await
}

/// The policy with the record's settings, if it is the one that decided the record.
fn configured(policy: Policy, record: &Record) -> anyhow::Result<Policy> {
    let decided = record.policy.digest == policy.digest().to_string();
    let Some(settings) = record.settings.clone().filter(|_| decided) else { return Ok(policy) };
    Ok(policy.with_settings(Some(settings.try_into()?))?)
}

/// A policy's name with the beginning of its digest.
fn named(policy: &PolicyName) -> String {
    let digest = policy.digest.get(..12).unwrap_or(OF_THE_PAGE);
    printable::line(&format!("{} ({digest})", policy.name)).into_owned()
}

fn of_record(recorded: &Recorded) -> String {
    match recorded {
        Recorded::Exchange(exchange) => {
            format!("{}\n        -> {}", describe::effect(&exchange.effect), describe::reply(&exchange.reply))
        }
        Recorded::End(end) => of_end(end),
    }
}

fn of_policy(would: &Would) -> String {
    match would {
        Would::Perform(effects) => effects.iter().map(describe::effect).collect::<Vec<_>>().join("\n      "),
        Would::End(end) => of_end(end),
    }
}

fn of_end(end: &End) -> String {
    let (state, value, name) = match end {
        End::Finished(value) => ("finished", value, "kind"),
        End::Failed(value) => ("failed", value, "code"),
    };
    let name = value.get(name).and_then(|name| name.as_str()).unwrap_or("?");
    format!("{state}: {}", printable::line(name))
}
