//! Policies: what they refuse, how they fail, and what can't stand together.

use super::answers::{Answers, Seen};
use super::literals::{self, plain};
use super::{Facts, Policies, PolicyError, PolicyRefusal, cedar_time, hour, weekday};
use proptest::prelude::*;
use std::sync::LazyLock;

/// What a lab might write.
const LAB: &str = r#"
@id("agreed-use")
permit (principal, action, resource);

@id("no-weekends")
forbid (principal, action, resource) when { context.weekday > 5 };

@id("large-requests-by-day")
forbid (principal, action, resource)
when { context.tokens > 50000 }
unless { context.hour >= 8 && context.hour < 18 };

@id("defenders-from-home")
forbid (principal, action, resource)
when { context.basis == "defender" }
unless { context has source && context.source.isInRange(ip("192.0.2.0/24")) };
"#;

fn facts(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = plain();
    change(&mut facts);
    facts
}

fn read(text: &str) -> Policies {
    Policies::read(text).unwrap_or_else(|error| std::panic::panic_any(error.to_string()))
}

fn refused(text: &str) -> String {
    Policies::read(text).expect_err("it is not taken").to_string()
}

#[test]
fn a_policy_refuses_by_name_and_nothing_else_does() {
    let lab = read(LAB);
    assert!(lab.analysis().exhaustive, "{:?}", lab.analysis());
    assert_eq!(lab.analysis().notes, Vec::<String>::new());
    let forbidden = |name: &str| Err(PolicyRefusal::Forbidden(format!("`{name}`")));
    let cases: [(Facts, Result<(), PolicyRefusal>); 9] = [
        (facts(|_| {}), Ok(())),
        (facts(|f| f.weekday = 5), Ok(())),
        (facts(|f| f.weekday = 6), forbidden("no-weekends")),
        (facts(|f| f.tokens = 50_000), Ok(())),
        (facts(|f| f.tokens = u64::MAX), forbidden("large-requests-by-day")),
        (facts(|f| (f.tokens, f.hour) = (50_001, 8)), Ok(())),
        (facts(|f| (f.tokens, f.hour) = (50_001, 18)), forbidden("large-requests-by-day")),
        (facts(|f| f.basis = "defender"), forbidden("defenders-from-home")),
        (facts(|f| (f.basis, f.source) = ("defender", "192.0.2.7".parse().ok())), Ok(())),
    ];
    for (facts, expected) in cases {
        assert_eq!(lab.judge(&facts), expected, "{facts:?}");
    }
}

#[test]
fn without_a_permit_that_applies_it_is_refused() {
    let one = read(
        r#"permit (principal == Person::"institute/analyst-1", action == Action::"embeddings", resource);"#,
    );
    let asks = |person: &str, endpoint| {
        one.judge(&facts(|f| (f.person, f.endpoint) = (person.to_owned(), endpoint)))
    };
    assert_eq!(asks("institute/analyst-1", "embeddings"), Ok(()));
    assert_eq!(asks("institute/analyst-2", "embeddings"), Err(PolicyRefusal::NotPermitted));
    assert_eq!(asks("institute/analyst-1", "messages"), Err(PolicyRefusal::NotPermitted));
}

#[test]
fn a_policy_that_cannot_be_evaluated_refuses_where_cedar_would_pass_over_it() {
    let broken = read(
        r#"permit (principal, action, resource);
        @id("sum") forbid (principal, action, resource) when { context.tokens + 9223372036854775807 < 0 };"#,
    );
    assert!(!broken.analysis().exhaustive);
    let failed = Err(PolicyRefusal::Failed("`sum`".to_owned()));
    assert_eq!(broken.judge(&facts(|f| f.tokens = 1)), failed);
    assert_eq!(broken.judge(&facts(|f| f.tokens = 0)), Ok(()));
}

#[test]
fn what_is_not_policies_for_a_gateway_is_told() {
    for (text, told) in [
        ("permit (principal, action", "not Cedar"),
        (r#"permit (principal, action == Action::"delete", resource);"#, "`policy0` does not fit"),
        ("permit (principal, action, resource) when { context.colour == \"red\" };", "colour"),
        ("permit (principal, action, resource) when { context.tokens == \"many\" };", "`policy0`"),
        ("permit (principal, action, resource) when { context.source.isLoopback() };", "source"),
        ("permit (principal == ?principal, action, resource);", "templates"),
        (r#"@id("p") permit (principal is Model, action, resource);"#, "`p`"),
        (r#"permit (principal, action, resource) when { "admin" == "аdmin" };"#, "`policy0`"),
    ] {
        let said = refused(text);
        assert!(said.contains(told), "{text}: {said}");
    }
    assert!(matches!(Policies::read(&" ".repeat(2 << 20)), Err(PolicyError::TooLong(_))));
    let many = "permit (principal, action, resource);".repeat(201);
    assert!(matches!(Policies::read(&many), Err(PolicyError::TooMany(201))));
}

#[test]
fn contradictions_are_found_when_policies_are_read() {
    let all = "permit (principal, action, resource)";
    for (text, told) in [
        (String::new(), "no policy permits anything"),
        ("forbid (principal, action, resource) when { context.stream };".to_owned(), "no policy permits anything"),
        (format!("@id(\"p\") {all} when {{ context.hour > 23 }};"), "`p` can never apply"),
        (
            format!("{all}; @id(\"f\") forbid (principal, action, resource) when {{ context.hour < 8 && context.hour > 17 }};"),
            "`f` can never apply",
        ),
        (
            format!("@id(\"p\") {all} when {{ context.tokens > 100 }}; @id(\"f\") forbid (principal, action, resource) when {{ context.tokens >= 100 }};"),
            "`p` permits only what `f` forbids",
        ),
        (
            format!("@id(\"p\") {all} when {{ context.organisation == \"a\" && context.organisation == \"b\" }};"),
            "`p` can never apply",
        ),
        (
            format!("@id(\"p\") {all} when {{ context has source && context.source.isInRange(ip(\"10.1.0.0/16\")) }}; @id(\"f\") forbid (principal, action, resource) when {{ context has source && context.source.isInRange(ip(\"10.0.0.0/8\")) }};"),
            "`p` permits only what `f` forbids",
        ),
        (
            format!("@id(\"p\") {all} when {{ context.now < datetime(\"2026-11-01\") && context.now > datetime(\"2026-12-01\") }};"),
            "`p` can never apply",
        ),
        (
            "@id(\"p\") permit (principal, action == Action::\"messages\", resource); @id(\"f\") forbid (principal, action in [Action::\"messages\", Action::\"count-tokens\"], resource);".to_owned(),
            "`p` permits only what `f` forbids",
        ),
    ] {
        let said = refused(&text);
        assert!(said.contains(told), "{text}: {said}");
    }
}

#[test]
fn what_only_looks_like_a_contradiction_is_taken() {
    for text in [
        "permit (principal, action, resource) when { context.hour > 22 };",
        "permit (principal, action, resource); forbid (principal, action, resource) when { context.tokens > 9223372036854775806 };",
        "permit (principal, action, resource) when { context.tokens > 100 }; forbid (principal, action, resource) when { context.tokens > 100 && context.stream };",
        "permit (principal, action, resource) when { context has source && context.source.isInRange(ip(\"10.0.0.0/8\")) }; forbid (principal, action, resource) when { context has source && context.source.isInRange(ip(\"10.1.0.0/16\")) };",
        "permit (principal, action, resource) when { context.grant like \"red-*\" };",
        "permit (principal, action, resource) when { [\"a\", \"b\"].contains(context.organisation) };",
        // more than a comparison: nothing is concluded
        "permit (principal, action, resource) when { context.weekday + context.hour == 30 };",
    ] {
        read(text);
    }
    let idle = read(
        "permit (principal, action, resource) when { context.stream }; @id(\"f\") forbid (principal, action, resource) when { context.stream == false };",
    );
    assert_eq!(idle.analysis().notes, ["policy `f` forbids only what nothing permits"]);
}

#[test]
fn a_day_and_an_hour_are_told_as_calendars_do() {
    for (instant, day, at) in [
        ("2026-11-29T23:59:59.999999Z", 7, 23),
        ("2026-11-30T00:00:00Z", 1, 0),
        ("1970-01-01T08:00:00Z", 4, 8),
        ("2024-02-29T12:30:00Z", 4, 12),
    ] {
        let instant = instant.parse().expect("an instant");
        assert_eq!((weekday(instant), hour(instant)), (day, at), "{instant}");
    }
    let text = cedar_time("2026-11-29T10:20:30.123456Z".parse().expect("an instant"));
    assert_eq!(text, "2026-11-29T10:20:30.123Z");
}

/// Facts in which everything may differ, near where the policies of the test below turn.
fn varied() -> impl Strategy<Value = Facts> {
    let names = (0usize..2, 0usize..2, 0usize..3);
    let source = prop_oneof![Just(None), Just(Some("192.0.2.7")), Just(Some("198.51.100.1"))];
    let tokens = prop_oneof![0u64..40, 49_998u64..50_003, Just(u64::MAX)];
    let at = prop_oneof![1_793_577_600i64 - 2..1_793_577_600 + 2, 0i64..2_000_000_000];
    (names, source, tokens, any::<bool>(), at).prop_map(|(names, source, tokens, stream, at)| {
        let now = domain::Timestamp::from_micros(at * 1_000_000).expect("in range");
        facts(|f| {
            f.organisation = ["a", "b"][names.0].to_owned();
            f.person = format!("{}/p", f.organisation);
            f.grant = ["g", "h"][names.1].to_owned();
            f.basis = ["window", "partner", "defender"][names.2];
            f.source = source.map(|text: &str| text.parse().expect("an address"));
            (f.tokens, f.stream) = (tokens, stream);
            (f.now, f.hour, f.weekday) = (now, hour(now), weekday(now));
        })
    })
}

fn seen(facts: &Facts) -> Seen<'_> {
    Seen {
        organisation: &facts.organisation,
        person: &facts.person,
        model: &facts.model,
        endpoint: facts.endpoint,
        grant: &facts.grant,
        basis: facts.basis,
        tokens: facts.tokens,
        stream: facts.stream,
        source: facts.source,
        now: facts.now,
    }
}

/// Policies that look at different things, read once.
static SEVERAL: LazyLock<Vec<Policies>> = LazyLock::new(|| {
    let texts = [
        LAB,
        r#"permit (principal == Person::"a/p", action, resource) when { context.now < datetime("2026-11-02") };
           permit (principal, action, resource) when { context.grant == "g" && context.tokens >= 7 };"#,
        "permit (principal, action, resource) when { context.tokens + context.hour < 30 };",
    ];
    texts.into_iter().map(read).collect()
});

proptest! {
    /// The analysis against plain search: a permit for one range of hours and a forbid for another.
    #[test]
    fn the_analysis_agrees_with_trying_every_hour(a in 0i64..26, b in 0i64..26, c in 0i64..26, d in 0i64..26) {
        let text = format!(
            "permit (principal, action, resource) when {{ context.hour >= {a} && context.hour < {b} }};\
             forbid (principal, action, resource) when {{ context.hour >= {c} && context.hour < {d} }};"
        );
        let permits = |h: &i64| (a..b).contains(h);
        let forbids = |h: &i64| (c..d).contains(h);
        let sound = (0..24).any(|h| permits(&h) && !forbids(&h)) && (0..24).any(|h| forbids(&h));
        let taken = Policies::read(&text);
        prop_assert_eq!(taken.is_ok(), sound, "{:?}", taken.err());
        if let Ok(policies) = taken {
            for hour in 0..24 {
                let allowed = policies.judge(&facts(|f| f.hour = hour)).is_ok();
                prop_assert_eq!(allowed, permits(&hour) && !forbids(&hour));
            }
        }
    }

    /// Requests that are held to be alike are judged alike, whatever else is different.
    #[test]
    fn what_policies_cannot_tell_apart_is_answered_alike(one in varied(), other in varied(), which in 0usize..3) {
        let policies = &SEVERAL[which];
        let answers = Answers::new(&literals::of(&policies.0.set));
        let (left, right) = (answers.key(&seen(&one)), answers.key(&seen(&other)));
        if left.is_some() && left == right {
            prop_assert_eq!(policies.judge(&one), policies.judge(&other));
        }
        for facts in [&one, &other, &one] {
            let answer = policies.0.answers.answer(&seen(facts), || policies.judge(facts));
            prop_assert_eq!(answer, policies.judge(facts));
        }
    }

    /// No text is more than refused.
    #[test]
    fn any_text_is_read_or_refused(text in "[ -~\n]{0,200}") {
        drop(Policies::read(&text));
    }
}
