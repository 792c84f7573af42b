//! Reports bad usage in one line, like every other error; clap itself prints several lines.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::{Error, ErrorKind};

use super::{Cli, stdout};

/// Prints help and version as clap does, and anything else in one line, with exit code 2.
pub fn end(error: &Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        error.exit();
    }
    stdout::complain(line(error, &command(std::env::args_os().skip(1))));
    ExitCode::from(2)
}

/// clap's paragraphs without the usage, which `--help` shows in full.
fn line(error: &Error, command: &str) -> String {
    let said = error.to_string();
    let paragraphs = said.split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let left_out = |text: &str| text.is_empty() || text.starts_with("Usage:") || text.starts_with("For more ");
    let rest: Vec<String> = paragraphs.filter(|text| !left_out(text)).collect();
    format!("{}; see {command} --help", rest.join("; "))
}

/// The (sub)command that the arguments name, as far as they match one.
fn command(words: impl Iterator<Item = OsString>) -> String {
    let mut command = Cli::command();
    let mut path = vec![command.get_name().to_owned()];
    for word in words {
        let Some(next) = word.to_str().and_then(|word| command.find_subcommand(word)).cloned() else { continue };
        path.push(next.get_name().to_owned());
        command = next;
    }
    path.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn check(words: &str, expected: &str) {
        let words = || words.split(' ').map(OsString::from);
        let error = Cli::try_parse_from(std::iter::once("swaparoo".into()).chain(words())).unwrap_err();
        assert_eq!(line(&error, &command(words())), expected);
    }

    #[test]
    fn one_line_names_the_value_and_the_help() {
        check(
            "policy inspect",
            "error: the following required arguments were not provided: <NAME|FILE.wasm>; see swaparoo policy inspect --help",
        );
        check(
            "mvoe",
            "error: unrecognized subcommand 'mvoe'; tip: a similar subcommand exists: 'move'; see swaparoo --help",
        );
        check(
            "revert --server maybe",
            "error: invalid value 'maybe' for '--server <SERVER>' [possible values: present, gone, unknown, deleting]; see swaparoo revert --help",
        );
        let write = "write the SHA-256 of a component, or the beginning of it; see swaparoo policy promote --help";
        check(
            "policy promote ",
            &format!("error: invalid value '' for '<SHA256|oci://HOST/REPOSITORY@sha256:DIGEST>': {write}"),
        );
    }

    #[test]
    fn what_is_no_kind_of_task_is_named_with_the_kinds() {
        let all = "move, replace, revert, migrate, live-migrate, confirm, revert-resize, abort, release";
        let unknown = format!(
            "invalid value 'move,mvoe' for '--for <KIND,...>': \"mvoe\" is not a kind of task; the kinds are {all}"
        );
        for command in ["policy promote cf92de27", "policy shadow --clear", "policy rollback"] {
            let named = command.split(' ').take(2).collect::<Vec<_>>().join(" ");
            check(&format!("{command} --for move,mvoe"), &format!("error: {unknown}; see swaparoo {named} --help"));
            assert!(Cli::try_parse_from(format!("swaparoo {command} --for move,revert").split(' ')).is_ok());
        }
    }

    #[test]
    fn a_shadow_needs_a_digest_or_the_option_clear() {
        let missing = "the following required arguments were not provided: <SHA256|--clear>";
        check("policy shadow", &format!("error: {missing}; see swaparoo policy shadow --help"));
        check(
            "policy shadow --clear cf92de27",
            "error: the argument '--clear' cannot be used with '[SHA256]'; see swaparoo policy shadow --help",
        );
        assert!(Cli::try_parse_from(["swaparoo", "policy", "shadow", "--clear"]).is_ok());
    }
}
