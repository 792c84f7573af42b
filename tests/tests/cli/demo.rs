//! `swaparoo demo migrate`: its exact output, also in docs/migrations.md.

use super::program::Program;

const OUTPUT: &str = include_str!("demo_migrate.txt");
const PAGE: &str = include_str!("../../../docs/migrations.md");

#[test]
fn it_prints_five_resizes_under_both_policies() {
    let ran = Program::migrating().run("demo migrate");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, OUTPUT);
}

#[test]
fn it_fits_a_terminal() {
    let wide: Vec<&str> = OUTPUT.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn the_docs_show_what_it_prints() {
    let shown: Vec<&str> = PAGE.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let printed: Vec<&str> = OUTPUT.lines().collect();
    assert!(
        shown.windows(printed.len()).any(|there| there == printed),
        "docs/migrations.md shows another output than:\n{OUTPUT}"
    );
}

#[test]
fn it_accepts_no_option_for_a_placement() {
    let ran = Program::migrating().run("demo --token t migrate");
    assert_eq!(ran.code, 2);
    assert!(ran.error().contains("cannot be used with '--token <TOKEN>'"), "{}", ran.err);
}
