//! The search of the scenes of `swaparoo check` in the promotion check.

use super::*;

/// What a search finds with so many faults: the scenes with their violations.
fn wrong_scenes(policy: &Policy, faults: u32) -> Vec<(String, u32, Option<String>)> {
    let report = search(policy, SearchLimits { faults, time: Duration::from_secs(120) });
    report.failed.into_iter().map(|failed| (failed.name, failed.faults, failed.violation)).collect()
}

#[test]
fn standard_has_only_the_known_counterexamples() {
    let report = search(&policy("standard"), SearchLimits { faults: 1, time: Duration::from_secs(120) });
    let searched = scenes().unwrap().len() - OLD_SERVICES.len();
    assert_eq!((report.passed.len(), report.failed.as_slice()), (searched, [].as_slice()));
    // It has rules for two kinds of task, and one scene has these alone.
    let moves = search(&moves_only(), SearchLimits { faults: 0, time: Duration::from_secs(120) });
    assert_eq!(
        (moves.passed.as_slice(), moves.failed.len()),
        (["move-to-itself".to_owned()].as_slice(), 0),
        "{moves:?}"
    );
}

#[test]
fn nova_34_has_other_counterexamples_than_standard() {
    let found = wrong_scenes(&policy("nova-34"), 0);
    let leak = ("give-back".to_owned(), 0, Some(Violation::DeletedHolds.name().to_owned()));
    assert!(found.contains(&leak), "{found:?}");
    assert!(!found.iter().any(|(name, ..)| name == "swap"), "{found:?}");
}

#[test]
fn a_counterexample_is_accepted_by_its_scene() {
    let failed = |name: &str, faults, violation: Option<&str>, found: &str| {
        let (name, violation, found) = (name.to_owned(), violation.map(str::to_owned), found.to_owned());
        FailedScene { name, violation, faults, found }
    };
    let found = [
        failed("swap", 1, Some("a deleted server holds something"), "with 1 fault, a deleted server holds something"),
        failed("abort", 0, None, "not searched to the end: it has more than 3 states"),
    ];
    let judged = |accepted: &[&str]| {
        let accept_counterexamples = accepted.iter().map(|&name| name.to_owned()).collect();
        let searching = Searching::Known(SearchReport { failed: found.to_vec(), ..SearchReport::default() });
        judge(&policy("standard"), &[], searching, &Consent { accept_counterexamples, ..Consent::default() })
    };
    let report = judged(&[]);
    assert_eq!((report.promoted, report.refused_because.len()), (false, 2));
    for word in
        ["the scene `swap`, with 1 fault, a deleted", "`swaparoo check FILE.wasm --scenes swap --faults 1` shows it"]
    {
        assert!(report.refused_because[0].contains(word), "{:?}", report.refused_because);
    }
    assert!(report.refused_because[1].contains("more than 3 states"), "{:?}", report.refused_because);
    assert!(judged(&["swap", "abort"]).promoted);
    assert_eq!(judged(&["swap"]).refused_because.len(), 1);
    assert!(judged(&["swap", "abort", "swop"]).refused_because[0].contains("`swop`"));
}

#[test]
fn a_search_is_bounded_in_time_and_failures() {
    let none = search(&policy("standard"), SearchLimits { faults: 1, time: Duration::ZERO });
    assert!(none.passed.is_empty() && none.failed.iter().all(|failed| failed.violation.is_none()), "{none:?}");
    assert!(none.failed[0].found.contains("policies.worker_time") && !none.is_conclusive(), "{none:?}");
    for (name, broken) in [("panics", 3), ("loops", 3)] {
        let found = search(&policy(name), SearchLimits { faults: 1, time: Duration::from_secs(120) });
        let of_a_call = found.failed.iter().filter(|failed| failed.violation.is_some()).count();
        assert_eq!((found.passed.len(), of_a_call), (0, broken), "{name}: {found:?}");
        assert!(found.failed[broken].found.contains("not called any more"), "{name}: {found:?}");
    }
}
