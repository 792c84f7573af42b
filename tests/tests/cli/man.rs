//! `swaparoo man`: a page for each command that `--help` names, without empty sections.

use super::program::{Program, SERVER};

#[test]
fn each_command_has_a_page() {
    let program = Program::holding(SERVER);
    let written = program.run("man pages");
    assert_eq!((written.code, written.err.as_str()), (0, ""), "{}", written.out);
    let mut commands = Vec::new();
    commands_of(&program, "", &mut commands);
    for expected in ["serve", "policy push", "policy new", "db sync", "tasks list", "man"] {
        assert!(commands.iter().any(|(command, _)| command == expected), "{commands:?}");
    }
    for (command, about) in &commands {
        let name = format!("swaparoo-{}", command.replace(' ', "-"));
        let page = page(&program, &name);
        let title = format!("{} \\- {}", name.replace('-', "\\-"), about.replace('-', "\\-").replace('\'', "\\*(Aq"));
        assert!(unwrapped(&page).contains(&unwrapped(&title)), "{title:?} is not in the page:\n{page}");
    }
    assert_eq!(written.out, format!("{} man pages in pages\n", commands.len() + 1));
    assert!(page(&program, "swaparoo").contains("Exit codes"), "the program's own page has what --help ends with");
}

#[test]
fn a_folder_that_cannot_be_made_is_one_error() {
    let program = Program::holding(SERVER);
    program.write("file", "");
    let ran = program.run("man file/pages");
    assert_eq!((ran.code, ran.error()), (2, "error: cannot create file/pages: Not a directory (os error 20)"));
}

/// Every command with its description, as `--help` lists them.
fn commands_of(program: &Program, above: &str, found: &mut Vec<(String, String)>) {
    let help = program.run_with(format!("{above} --help").trim(), &[("COLUMNS", "110")]).out;
    let listed = help.split("\n\n").find_map(|part| part.strip_prefix("Commands:\n"));
    let mut last = None;
    for line in listed.unwrap_or_default().lines() {
        let Some((name, about)) = line.trim().split_once("  ") else {
            // A long description goes on in the next line.
            if let Some((_, about)) = last.and_then(|at| found.get_mut::<usize>(at)) {
                about.push(' ');
                about.push_str(line.trim());
            }
            continue;
        };
        if name == "help" {
            break;
        }
        found.push((format!("{above} {name}").trim().to_owned(), about.trim().to_owned()));
        last = Some(found.len() - 1);
    }
    let here = |command: &str| command.split(' ').count() == above.split_whitespace().count() + 1;
    let below: Vec<_> = found.iter().map(|(command, _)| command.clone()).filter(|one| one.starts_with(above)).collect();
    for command in below.into_iter().filter(|command| here(command)) {
        commands_of(program, &command, found);
    }
}

/// A page. Checks that each of its sections has text.
fn page(program: &Program, name: &str) -> String {
    let page = std::fs::read_to_string(program.path(&format!("pages/{name}.1"))).unwrap();
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"] {
        assert!(page.contains(&format!("\n.SH {section}\n")), "no {section} in {name}:\n{page}");
    }
    for section in page.split("\n.SH ").skip(1) {
        let text = section.split_once('\n').map(|(_, text)| text.trim()).unwrap_or_default();
        assert!(!text.is_empty(), "an empty section in {name}: {section:?}");
    }
    page
}

fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
