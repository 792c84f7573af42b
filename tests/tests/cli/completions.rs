//! `swaparoo completions`: the script completes commands and options in a real bash; the others name them.

use std::process::Command;

use super::program::{Program, SERVER};

#[test]
fn bash_completes_commands_and_options() {
    let program = Program::holding(SERVER);
    let script = program.run("completions bash");
    assert_eq!((script.code, script.err.as_str()), (0, ""));
    program.write("swaparoo.bash", &script.out);
    let completed = |line: &str| {
        let ask = "source swaparoo.bash; COMP_WORDS=($0); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); \
            _swaparoo swaparoo \"${COMP_WORDS[-1]}\" \"${COMP_WORDS[-2]}\"; echo \"${COMPREPLY[@]}\"";
        let ran = Command::new("bash").args(["-c", ask, line]).current_dir(program.path("")).output().unwrap();
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("swaparoo dem"), "demo");
    assert_eq!(completed("swaparoo policy pro"), "promote");
    assert_eq!(completed("swaparoo db sync --conf"), "--config");
}

#[test]
fn other_shells_have_a_script() {
    let program = Program::holding(SERVER);
    for (shell, begins) in [("zsh", "#compdef swaparoo"), ("fish", "# Print an optspec"), ("elvish", "")] {
        let script = program.run(&format!("completions {shell}"));
        assert_eq!((script.code, script.err.as_str()), (0, ""), "{shell}");
        assert!(script.out.starts_with(begins) && script.out.contains("promote"), "{shell}: {}", script.out);
    }
    let unknown = program.run("completions tcsh");
    assert_eq!(unknown.code, 2);
    assert!(unknown.error().contains("possible values: bash, elvish, fish, powershell, zsh"), "{}", unknown.err);
}
