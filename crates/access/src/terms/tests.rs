//! The matrix of safeguards.

use super::{Binding, Content, Endpoint, Head, Limits, Publication, Recording, Terms};
use crate::walk::world::{terms, text};
use domain::{ModelId, PartyId, Text, wire};
use expect_test::expect;
use std::collections::BTreeSet;

/// One cell of the matrix.
fn cell(terms: &mut Terms, head: usize, part: usize) -> &mut Text {
    let s = &mut terms.safeguards;
    let heads = [
        &mut s.confidentiality,
        &mut s.cybersecurity,
        &mut s.insider_risk,
        &mut s.intellectual_property,
    ];
    let Head { protection, usage, nondisclosure } =
        heads.into_iter().nth(head).expect("four heads");
    [protection, usage, nondisclosure].into_iter().nth(part).expect("three parts")
}

#[test]
fn all_twelve_cells_need_words() {
    assert_eq!(terms("t").check(), Ok(()));
    for head in 0..4 {
        for part in 0..3 {
            let mut gap = terms("t");
            *cell(&mut gap, head, part) = text(" \n ");
            let refusal = gap.check().expect_err("a gap");
            assert_eq!(refusal.code(), "safeguard-missing", "{head} {part}");
            assert_ne!(gap.digest(), terms("t").digest());
        }
    }
}

#[test]
fn lists_and_limits_need_entries_within_bounds() {
    let check = |change: fn(&mut Terms), code: &str| {
        let mut changed = terms("t");
        change(&mut changed);
        assert_eq!(changed.check().map_err(|refusal| refusal.code()), Err(code));
    };
    check(|t| t.models.clear(), "nothing-named");
    check(|t| t.evaluators.clear(), "nothing-named");
    check(|t| t.limits.endpoints.clear(), "nothing-named");
    check(|t| t.limits.tokens_per_grant = 0, "nothing-named");
    check(|t| t.limits.tokens_per_day = Some(0), "nothing-named");
    check(|t| t.limits.tokens_per_person = Some(0), "nothing-named");
    check(|t| t.limits.tokens_per_person_per_day = Some(0), "nothing-named");
    check(|t| t.limits.networks = Some(BTreeSet::new()), "nothing-named");
    check(|t| t.limits.credentials = Some(BTreeSet::new()), "nothing-named");
    check(|t| t.limits.content = Some(Content::Visible { retention_days: 0 }), "nothing-named");
    check(|t| t.limits.content = Some(Content::Sealed { retention_days: 397 }), "too-many");
    check(|t| t.limits.partners = Some(parties()), "too-many");
    check(|t| t.limits.recipients = Some(parties()), "too-many");
    check(
        |t| {
            let model = |n| format!("m{n}").parse::<ModelId>().expect("well formed");
            t.models = (0..65).map(model).collect::<BTreeSet<_>>();
        },
        "too-many",
    );
}

/// One party more than a list may have.
fn parties() -> BTreeSet<PartyId> {
    (0..65).map(|n| format!("p{n}").parse().expect("well formed")).collect()
}

/// The bytes were signed: they are never edited. Limits without the later clauses keep their first bytes, which
/// the golden bytes of the events hold.
#[test]
fn every_clause_has_its_bytes() {
    let networks = ["192.0.2.0/24", "2001:db8::/32"].map(|n| n.parse().expect("a network"));
    let limits = Limits {
        endpoints: BTreeSet::from([Endpoint::Messages]),
        tokens_per_grant: 1_000,
        tokens_per_day: Some(100),
        networks: Some(networks.into()),
        recording: Some(Recording::Relaxed),
        partners: Some(BTreeSet::new()),
        recipients: Some(BTreeSet::from(["p1".parse().expect("an id")])),
        ..Limits::new(BTreeSet::new(), 0)
    };
    let bytes = wire::encode(&limits);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    expect!["8781041903e81864826c3139322e302e322e302f32346d323030313a6462383a3a2f3332018081627031"]
        .assert_eq(&hex);
    assert_eq!(wire::decode::<Limits>(&bytes), Ok(limits));
    let later = Limits {
        content: Some(Content::Sealed { retention_days: 90 }),
        credentials: Some(BTreeSet::from([Binding::Certificate, Binding::Proof])),
        ..Limits::new(BTreeSet::from([Endpoint::Messages]), 1_000)
    };
    let bytes = wire::encode(&later);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    expect!["8981041903e8f6f6f6f6f6820281185a820102"].assert_eq(&hex);
    assert_eq!(wire::decode::<Limits>(&bytes), Ok(later));
    let latest = Limits {
        tokens_per_person: Some(2_000),
        tokens_per_person_per_day: Some(200),
        ..Limits::new(BTreeSet::from([Endpoint::Messages]), 1_000)
    };
    let bytes = wire::encode(&latest);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    expect!["8b81041903e8f6f6f6f6f6f6f61907d018c8"].assert_eq(&hex);
    assert_eq!(wire::decode::<Limits>(&bytes), Ok(latest));
    let published = Limits {
        publication: Some(Publication::AfterPartnerRelease),
        ..Limits::new(BTreeSet::from([Endpoint::Messages]), 1_000)
    };
    let bytes = wire::encode(&published);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    expect!["8c81041903e8f6f6f6f6f6f6f6f6f602"].assert_eq(&hex);
    assert_eq!(wire::decode::<Limits>(&bytes), Ok(published));
}

#[test]
fn content_is_read_with_its_days() {
    for (name, days) in [("hashed", None), ("visible", Some(30)), ("sealed", Some(90))] {
        let read = Content::read(name, days).expect("well formed");
        assert_eq!((read.name(), read.retention_days()), (name, days));
    }
    for (name, days) in [("hashed", Some(1)), ("visible", None), ("sealed", None), ("seen", None)] {
        assert!(Content::read(name, days).is_err(), "{name}");
    }
}
