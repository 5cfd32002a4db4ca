//! OSV's evaluation rules, one by one, and against their literal transcription.
use super::*;
use proptest::prelude::*;

fn set(events: &[Event<'_>]) -> VersionSet {
    let mut set = VersionSet::new(Ecosystem::CratesIo);
    set.add(events.iter().copied());
    set
}

fn check(events: &[Event<'_>], affected: &[&str], spared: &[&str]) {
    let set = set(events);
    for version in affected {
        assert_eq!(set.contains(version), Containment::Affected, "{version} in {events:?}");
    }
    for version in spared {
        assert_eq!(set.contains(version), Containment::NotAffected, "{version} in {events:?}");
    }
}

#[test]
fn osv_events() {
    use Event::{Fixed, Introduced, LastAffected, Limit};
    check(&[Introduced("0"), Fixed("1.2.3")], &["0.0.0-0", "1.2.2", "1.2.3-rc.1"], &["1.2.3"]);
    check(&[Introduced("1.0.0")], &["1.0.0", "99.0.0"], &["1.0.0-rc.1", "0.9.0"]);
    check(&[Introduced("0"), LastAffected("1.2.3")], &["1.2.3", "1.2.3+build"], &["1.2.4-0"]);
    check(
        &[Fixed("2.1.0"), Introduced("2.0.0"), Fixed("1.1.0"), Introduced("1.0.0")],
        &["1.0.5", "2.0.5"],
        &["0.9.0", "1.1.0", "1.9.0", "2.1.0"],
    );
    check(&[Introduced("0"), Limit("2.0.0")], &["1.9.9"], &["2.0.0", "3.0.0"]);
    check(&[Introduced("0"), Limit("2.0.0"), Limit("3.0.0")], &["2.5.0"], &["3.0.0"]);
    check(&[Introduced("0"), Limit("2.0.0"), Limit("*")], &["9.0.0"], &[]);
    check(&[Introduced("0"), Fixed("1.0.0"), Introduced("1.0.0")], &["1.0.0"], &[]);
    // an empty range, as RustSec's export writes it
    let empty = [Introduced("0.9.0"), Fixed("0.9.2"), Introduced("1.0.0"), Fixed("1.0.0")];
    check(&empty, &["0.9.1"], &["0.9.2", "1.0.0", "2.0.0"]);
    check(&[Introduced("1.0.0"), Introduced("1.0.0"), Fixed("1.0.0")], &[], &["1.0.0"]);
}

#[test]
fn a_list_or_a_range() {
    let mut set = set(&[Event::Introduced("1.0.0"), Event::Fixed("1.1.0")]);
    set.list(["0.5.0", "not-a-version", "also-none", "0.5.0"]);
    for affected in ["0.5.0", "0.5.0+meta", "1.0.1", "not-a-version"] {
        assert_eq!(set.contains(affected), Containment::Affected, "{affected}");
    }
    assert_eq!(set.contains("0.6.0"), Containment::NotAffected);
}

#[test]
fn unknown_is_never_safe() {
    let doubt = |set: &VersionSet, version: &str| match set.contains(version) {
        Containment::Unknown(doubt) => doubt,
        Containment::Affected | Containment::NotAffected => panic!("{version} is no doubt"),
    };
    let good = [Event::Introduced("1.0.0"), Event::Fixed("1.1.0")];
    assert!(matches!(doubt(&set(&good), "latest"), Doubt::Version(_)));

    let mut half = set(&good);
    half.add([Event::Introduced("two")]);
    assert_eq!(half.contains("1.0.0"), Containment::Affected);
    assert!(matches!(doubt(&half, "1.1.0"), Doubt::Range(RangeError::Event { .. })));

    let endless = set(&[Event::Fixed("1.0.0")]);
    assert_eq!(doubt(&endless, "1.0.0"), Doubt::Range(RangeError::NeverIntroduced));

    let mut commits = VersionSet::new(Ecosystem::CratesIo);
    assert_eq!(doubt(&commits, "1.0.0"), Doubt::NothingStated);
    commits.add_commits();
    assert_eq!(doubt(&commits, "1.0.0"), Doubt::OnlyCommits);
    commits.list(["1.0.0"]);
    assert_eq!(commits.contains("2.0.0"), Containment::NotAffected);
}

/// `(kind, major)`; the literal algorithm of the OSV schema, "Evaluation".
fn literal(events: &[(u8, u8)], version: u8) -> bool {
    let count = |kind, at| usize::from(events.contains(&(kind, at)));
    let mut vulnerable = false;
    for at in 0..=version {
        // at one version all starts and ends together, then the check for a last affected version
        vulnerable = usize::from(vulnerable) + count(0, at) > count(1, at);
        if version > at && count(2, at) > 0 {
            vulnerable = false;
        }
    }
    let mut limits = events.iter().filter(|(kind, _)| *kind == 3).peekable();
    let below = limits.peek().is_none() || limits.any(|(_, at)| version < *at);
    vulnerable && below
}

proptest! {
    #[test]
    fn intervals_say_what_the_schema_says(
        events in proptest::collection::vec((0u8..4, 0u8..8), 0..8), version in 0u8..9
    ) {
        prop_assume!(events.iter().any(|(kind, _)| *kind == 0));
        let texts: Vec<_> = events.iter().map(|(kind, at)| (*kind, format!("{at}.0.0"))).collect();
        let range = Range::compile(Ecosystem::CratesIo, texts.iter().map(|(kind, text)| match kind {
            0 => Event::Introduced(text),
            1 => Event::Fixed(text),
            2 => Event::LastAffected(text),
            _ => Event::Limit(text),
        })).unwrap();
        let key = VersionKey::parse(Ecosystem::CratesIo, &format!("{version}.0.0")).unwrap();
        prop_assert_eq!(range.contains(&key), literal(&events, version));
        prop_assert_eq!(range.contains(&key), range.intervals().iter().any(|i| i.contains(&key)));
        for pair in range.intervals().windows(2) {
            prop_assert!(pair[0].until.as_ref().is_some_and(|until| *until <= pair[1].from));
        }
    }
}
