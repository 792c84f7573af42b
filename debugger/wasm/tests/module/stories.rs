//! The built-in stories, played by each policy.

use swaparoo_debugger::opening::{Opening, Source};
use swaparoo_debugger::story;

use super::{POLICIES, play, story, told};

/// By story: how it ends under each policy, and what is wrong then.
const ENDS: [(&str, [&str; 3]); 7] = [
    ("bug-1848343", ["no-valid-host", "no-valid-host", "no-valid-host leak"]),
    ("live-server", ["no-valid-host", "no-valid-host loss", "no-valid-host"]),
    ("lost-answer", ["no-valid-host", "no-valid-host loss leak", "no-valid-host loss leak"]),
    ("double-move", ["already-moved", "source-deleted loss", "allocation-move-failed"]),
    ("conductor-killed", ["abandoned", "abandoned loss leak", "abandoned loss leak"]),
    ("placement-away", ["no-valid-host", "no-valid-host loss leak", "no-valid-host loss leak"]),
    ("resize", ["started", "started", "started"]),
];

#[test]
fn each_ends_as_it_is_told() {
    let ends = story::ALL.map(|one| (one.id, POLICIES.map(|policy| told(&play(&story(one.id), policy, &[])))));
    let ends = ends.each_ref().map(|(id, ends)| (*id, ends.each_ref().map(String::as_str)));
    assert_eq!(ends, ENDS);
}

#[test]
fn each_is_worth_seeing_under_its_policy() {
    for one in story::ALL {
        let course = play(&story(one.id), one.policy, &[]);
        // In two stories nothing goes wrong, or the policy handles the fault.
        let right = ["resize", "double-move"].contains(&one.id);
        assert_eq!(course.verdict.wrongs.is_empty(), right, "{}", one.id);
        assert_eq!(play(&story(one.id), "standard", &[]).verdict.kind, "right", "{} under standard", one.id);
    }
}

#[test]
fn a_course_is_whole() {
    for (id, policy) in story::ALL.iter().flat_map(|one| POLICIES.map(|policy| (one.id, policy))) {
        let course = play(&story(id), policy, &[]);
        assert_eq!(course.moments.len(), course.exchanges.len() + 1, "{id} under {policy}");
        assert_eq!((course.leaves_record_at, course.unused.len()), (None, 0), "{id} under {policy}");
        let counted: usize = course.steps.iter().map(|step| step.count).sum();
        assert_eq!(counted, course.exchanges.len(), "{id} under {policy}");
        for wrong in &course.verdict.wrongs {
            assert!(wrong.since.is_none_or(|since| since < course.exchanges.len()), "{id} under {policy}: {wrong:?}");
            assert!(course.providers.iter().any(|provider| provider.id == wrong.provider), "{id} under {policy}");
        }
    }
}

#[test]
fn bug_1848343_goes_wrong_at_the_write_that_gives_the_deleted_server_its_allocations() {
    let course = play(&story("bug-1848343"), "nova-34", &[]);
    let since = course.verdict.wrongs[0].since.unwrap();
    assert_eq!((course.verdict.wrongs[0].kind, course.exchanges[since].kind), ("leak", "post-allocations"));
    assert_eq!(course.exchanges[since].nth, 2);
}

#[test]
fn an_unknown_story_is_named() {
    let error = Opening::of(Source::Story { id: "no-such".into() }).unwrap_err();
    assert_eq!(error, r#"no story is named "no-such""#);
}
