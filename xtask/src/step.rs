//! Prints progress with times, and runs programs. Progress goes to standard error, since standard output belongs to the
//! program that is run.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs one named step, and prints when it begins and how long it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(name);
    let began = Instant::now();
    let result = work().with_context(|| format!("could not {name}"))?;
    say(&format!("{name}: done in {:.1} s", began.elapsed().as_secs_f64()));
    Ok(result)
}

/// One line of progress.
pub fn say(line: &str) {
    eprintln!("== {line}");
}

/// Runs a program to its end; the error of a failure contains the command line.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot run `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// The same for a program that runs in parallel: its output goes to a file, and is shown at its end.
pub fn run_aside(command: &mut Command, log: &Path) -> Result<()> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let result = run(command.stdout(file.try_clone()?).stderr(file));
    let shown = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    std::io::stderr().write_all(&shown)?;
    result
}

/// The same program at the lowest priority.
pub fn at_lowest_priority(command: &Command) -> Command {
    let mut nice = Command::new("nice");
    nice.args(["-n", "19"]).arg(command.get_program()).args(command.get_args());
    nice.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => nice.env(name, value),
            None => nice.env_remove(name),
        };
    }
    nice
}

/// The output of a program, trimmed.
pub fn text(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{}`", line(command)))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", line(command), output.status, error.trim());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// The command line for display.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
