//! `swaparoo demo migrate`: its exact output, also in docs/migrations.md.

use super::program::Program;

const TOLD: &str = include_str!("demo_migrate.txt");
const PAGE: &str = include_str!("../../../docs/migrations.md");

#[test]
fn five_resizes_are_told_under_both_policies() {
    let ran = Program::migrating().run("demo migrate");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(ran.out, TOLD);
}

#[test]
fn it_fits_a_terminal() {
    let wide: Vec<&str> = TOLD.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn the_docs_show_what_it_prints() {
    let shown: Vec<&str> = PAGE.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let told: Vec<&str> = TOLD.lines().collect();
    assert!(
        shown.windows(told.len()).any(|there| there == told),
        "docs/migrations.md shows another output than:\n{TOLD}"
    );
}

#[test]
fn it_plays_on_no_placement_of_somebodys() {
    let ran = Program::migrating().run("demo --token t migrate");
    assert_eq!(ran.code, 2);
    assert!(ran.error().contains("cannot be used with '--token <TOKEN>'"), "{}", ran.err);
}
