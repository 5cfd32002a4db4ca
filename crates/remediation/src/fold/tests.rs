//! Waves from issue to closure, refusals, replay.
use super::*;
use crate::clock::tests::any_facts;
use crate::decision::tests::{at, facts, listed};
use crate::facts::{Impact, Kev};
use crate::index::{Component, Index};
use crate::notice::{Counts, NotClosed, closure};
use crate::shared::table;
use domain::{Digest, Statement};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use std::collections::BTreeSet;

fn remediation() -> Remediation {
    let party = |id: &str, role| {
        let id: PartyId = id.parse().unwrap();
        let name = "A party".parse().unwrap();
        (id.clone(), Party { id, name, roles: vec![role] })
    };
    let parties = [
        party("clearinghouse", Role::Clearinghouse),
        party("rival", Role::Clearinghouse),
        party("maintainer", Role::Maintainer),
        party("hospital", Role::Operator),
        party("bank", Role::Operator),
    ];
    Remediation::new(table(), parties.into())
}

fn id(text: &str) -> PartyId {
    text.parse().unwrap()
}

fn key(ring: u8) -> HourKey {
    HourKey::new([ring; 32])
}

fn rings() -> Vec<Ring> {
    let ring = |number: u8, name: &str, audience: &[&str], opens_at: &str| Ring {
        name: name.parse().unwrap(),
        audience: audience.iter().map(|p| id(p)).collect(),
        opens_at: at(opens_at),
        ciphertext: Digest::of(&[number]),
        key: key(number).digest(),
    };
    vec![
        ring(0, "maintainers", &["maintainer"], "2026-12-01T09:00:00Z"),
        ring(1, "operators", &["bank", "hospital"], "2026-12-03T18:00:00Z"),
    ]
}

fn wave() -> NoticeId {
    "wave-7".parse().unwrap()
}

fn issued() -> Event {
    let act_by = Some(at("2026-12-06T18:00:00Z"));
    Event::NoticeIssued { notice: wave(), issuer: id("clearinghouse"), rings: rings(), act_by }
}

fn opened(ring: u8) -> Event {
    Event::NoticeOpened { notice: wave(), issuer: id("clearinghouse"), ring, key: key(ring) }
}

fn attest(event: Event, now: &str) -> Attested<Event> {
    let issuer = event.by().clone();
    Attested { signers: event.signers(), issuer, event, claimed_at: at(now), index: 0 }
}

#[track_caller]
fn refuses(state: &Remediation, event: Event, now: &str, code: &str) {
    let mut after = state.clone();
    assert_eq!(after.apply(&attest(event, now)).unwrap_err().code(), code);
    assert_eq!(after, *state, "a refused statement changed something");
}

#[test]
fn a_wave_opens_by_the_hour_and_closes_by_inventory() {
    let mut state = remediation();
    state.apply(&attest(issued(), "2026-11-30")).unwrap();
    let notice = |s: &Remediation| s.notice(&wave()).unwrap().clone();
    let (hospital, maintainer) = (id("hospital"), id("maintainer"));

    refuses(&state, opened(0), "2026-12-01T08:59:59Z", "not-open");
    assert_eq!(state.due(at("2026-11-30")), Some(at("2026-12-01T09:00:00Z")));
    let hour = at("2026-12-01T09:00:00Z");
    assert_eq!(state.tick(hour), [Prompt::Open { notice: wave(), ring: 0 }]);
    state.apply(&attest(opened(0), "2026-12-01T09:00:00Z")).unwrap();
    assert!(notice(&state).may_read(&maintainer, hour).is_ok());
    // not before the hour even with a clock that went back, and not for another ring
    assert!(notice(&state).may_read(&maintainer, at("2026-12-01T08:00:00Z")).is_err());
    let early = notice(&state).may_read(&hospital, at("2026-12-03T17:59:59Z")).unwrap_err();
    assert_eq!(early, Refusal::NotOpen { opens_at: at("2026-12-03T18:00:00Z") });
    let stranger = notice(&state).may_read(&id("rival"), at("2027-01-01")).unwrap_err();
    assert_eq!(stranger.code(), "not-in-audience");

    let acknowledged = Event::NoticeAcknowledged { notice: wave(), operator: hospital.clone() };
    refuses(&state, acknowledged.clone(), "2026-12-03T18:30:00Z", "not-open");
    state.apply(&attest(opened(1), "2026-12-03T18:00:00Z")).unwrap();
    let (ring, told) = notice(&state)
        .may_read(&hospital, at("2026-12-03T18:00:00Z"))
        .map(|(r, k)| (r.name.to_string(), k.clone()))
        .unwrap();
    assert_eq!((ring.as_str(), told), ("operators", key(1)));
    state.apply(&attest(acknowledged.clone(), "2026-12-03T18:30:00Z")).unwrap();
    refuses(&state, acknowledged, "2026-12-03T18:31:00Z", "already-acknowledged");

    // half of the time to act is over: the bank is asked through another channel
    let silent_at = |now| notice(&state).silent(at(now)).into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(silent_at("2026-12-03T19:00:00Z"), []);
    assert_eq!(silent_at("2026-12-04T12:00:00Z"), std::slice::from_ref(&maintainer));
    let half = at("2026-12-05T06:00:00Z");
    let silent = Prompt::Silent { notice: wave(), operators: vec![id("bank"), maintainer] };
    assert_eq!(state.tick(half), [silent]);

    let closed = |after_at: &str, after: &[u8]| Event::NoticeClosed {
        notice: wave(),
        operator: id("hospital"),
        before: Digest::of(b"before"),
        before_at: at("2026-12-03"),
        after: Digest::of(after),
        after_at: at(after_at),
    };
    let now = "2026-12-05";
    refuses(&state, closed("2026-12-03", b"after"), now, "inventory-order");
    refuses(&state, closed("2026-12-06", b"after"), now, "inventory-order");
    refuses(&state, closed("2026-12-04", b"before"), now, "inventory-order");
    state.apply(&attest(closed("2026-12-04", b"after"), now)).unwrap();
    refuses(&state, closed("2026-12-04", b"after"), now, "already-closed");
    let counts = notice(&state).counts();
    let Counts { told, opened, acknowledged, closed } = counts;
    assert_eq!((told, opened, acknowledged, closed), (3, 3, 1, 1));
}
#[test]
fn refusals() {
    let mut state = remediation();
    let now = "2026-12-04";
    let edited = |edit: &dyn Fn(&mut Vec<Ring>)| {
        let mut all = rings();
        edit(&mut all);
        Event::NoticeIssued {
            notice: wave(),
            issuer: id("clearinghouse"),
            rings: all,
            act_by: None,
        }
    };
    refuses(&state, edited(&|r| r.clear()), now, "rings");
    refuses(&state, edited(&|r| r[0].audience.clear()), now, "audience");
    refuses(&state, edited(&|r| r[1].audience.reverse()), now, "audience");
    refuses(&state, edited(&|r| r[1].audience.push(id("hospital"))), now, "audience");
    refuses(&state, edited(&|r| r[0].opens_at = at("2026-12-01T09:30:00Z")), now, "not-an-hour");
    refuses(&state, edited(&|r| r.reverse()), now, "ring-order");
    let by = |who: &str| Event::NoticeIssued {
        notice: wave(),
        issuer: id(who),
        rings: rings(),
        act_by: None,
    };
    refuses(&state, by("hospital"), now, "wrong-role");
    refuses(&state, by("nobody"), now, "unknown-party");
    refuses(&state, opened(0), now, "unknown-notice");
    state.apply(&attest(issued(), "2026-11-30")).unwrap();
    refuses(&state, issued(), now, "notice-taken");
    refuses(&state, opened(2), now, "unknown-ring");
    let open = |who: &str, with: u8| Event::NoticeOpened {
        notice: wave(),
        issuer: id(who),
        ring: 0,
        key: key(with),
    };
    refuses(&state, open("rival", 0), now, "not-the-issuer");
    refuses(&state, open("clearinghouse", 1), now, "wrong-key");
    state.apply(&attest(opened(0), now)).unwrap();
    refuses(&state, opened(0), now, "already-open");
    let mut future = facts(Kev::NotListed, true, true, Impact::Total);
    future.detected.as_mut().unwrap().value = at("2026-12-05");
    let record = |who: &str, facts| Event::FactsRecorded {
        operator: id(who),
        asset: "mail".parse().unwrap(),
        advisory: "CVE-2026-1".parse().unwrap(),
        facts,
    };
    refuses(&state, record("hospital", future.clone()), now, "in-future");
    refuses(&state, record("maintainer", future), now, "wrong-role");
    let mut unsigned = attest(issued(), now);
    unsigned.signers.clear();
    assert_eq!(state.apply(&unsigned).unwrap_err().code(), "not-signed");
}

#[test]
fn facts_move_clocks_and_remember_the_first_detection() {
    let mut state = remediation();
    let (operator, asset): (PartyId, AssetId) = (id("hospital"), "mail".parse().unwrap());
    let advisory: AdvisoryId = "CVE-2026-1".parse().unwrap();
    let first = facts(Kev::NotListed, true, true, Impact::Partial);
    let mut second = facts(listed("2026-12-06"), true, true, Impact::Partial);
    second.detected.as_mut().unwrap().value = at("2026-12-07");
    for (facts, now) in [(first, "2026-12-04"), (second, "2026-12-07")] {
        let now = at(now);
        let event = state
            .record_facts(operator.clone(), asset.clone(), advisory.clone(), facts, now)
            .unwrap();
        state.apply(&attest(event, &now.to_string())).unwrap();
    }
    let clock = state.clock(&operator, &asset, &advisory).unwrap();
    assert_eq!(clock.history().len(), 2);
    assert_eq!(clock.decision().plan_by().unwrap().date(), "2026-12-06");
    let expected = {
        let mut detections = Detections::new();
        detections.insert(asset, advisory, at("2026-12-03T15:00:00Z"));
        detections
    };
    assert_eq!(state.detections(&operator), expected);
}

#[test]
fn only_a_newer_inventory_without_the_match_closes() {
    let record = advisory::osv::read(
        br#"{"id":"RUSTSEC-2026-0001","modified":"2026-12-01T00:00:00Z","aliases":["CVE-2026-1"],
            "affected":[{"package":{"ecosystem":"crates.io","name":"mail"},
            "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.0"}]}]}]}"#,
    )
    .unwrap();
    let index = Index::build([&record]);
    let advisories = BTreeSet::from(["CVE-2026-1".parse().unwrap()]);
    let has = |version: &str| {
        vec![Component {
            namespace: Some(versions::Namespace::whole(versions::Ecosystem::CratesIo)),
            name: "mail".into(),
            version: Some(version.into()),
        }]
    };
    let check = |before: (&str, &str), after: (&str, &str)| {
        let (old, new) = (has(before.0), has(after.0));
        let digest = |v: (&str, &str)| Digest::of(format!("{v:?}").as_bytes());
        closure(
            &index,
            &advisories,
            (digest(before), at(before.1), &old),
            (digest(after), at(after.1), &new),
        )
    };
    assert!(check(("1.1.0", "2026-12-01"), ("1.2.0", "2026-12-02")).is_ok());
    let still = check(("1.1.0", "2026-12-01"), ("1.1.9", "2026-12-02")).unwrap_err();
    assert!(matches!(still, NotClosed::StillMatches { .. }), "{still}");
    let unknown = check(("1.1.0", "2026-12-01"), ("soon", "2026-12-02")).unwrap_err();
    assert!(matches!(unknown, NotClosed::Unknown { .. }), "{unknown}");
    let older = check(("1.1.0", "2026-12-02"), ("1.2.0", "2026-12-02")).unwrap_err();
    assert!(matches!(older, NotClosed::NotNewer { .. }));
    let never = check(("1.2.0", "2026-12-01"), ("1.3.0", "2026-12-02")).unwrap_err();
    assert_eq!(never, NotClosed::NeverMatched);
}

fn any_event() -> impl Strategy<Value = Event> {
    let who =
        prop_oneof![Just("hospital"), Just("bank"), Just("maintainer"), Just("clearinghouse")];
    let asset = prop_oneof![Just("mail"), Just("web")];
    (any::<u8>(), who, asset, any_facts(), 0u8..3, 0u64..90).prop_map(
        |(kind, who, asset, facts, ring, hours)| {
            let later = |n| at("2026-12-03").after(domain::Span::hours(n));
            match kind % 6 {
                0 | 1 => Event::FactsRecorded {
                    operator: id(who),
                    asset: asset.parse().unwrap(),
                    advisory: "CVE-2026-1".parse().unwrap(),
                    facts,
                },
                2 => issued(),
                3 => opened(ring),
                4 => Event::NoticeAcknowledged { notice: wave(), operator: id(who) },
                _ => Event::NoticeClosed {
                    notice: wave(),
                    operator: id(who),
                    before: Digest::of(b"before"),
                    before_at: later(0),
                    after: Digest::of(b"after"),
                    after_at: later(hours),
                },
            }
        },
    )
}

proptest::proptest! {
    /// Folding only what counted gives the same state; counts never exceed those told.
    #[test]
    fn replay_is_live(events in proptest::collection::vec((any_event(), 0u64..240), 0..60)) {
        let mut live = remediation();
        let mut counted = Vec::new();
        for (event, hours) in events {
            let before = live.clone();
            let now = at("2026-11-30").after(domain::Span::hours(hours)).to_string();
            let attested = attest(event, &now);
            match live.apply(&attested) {
                Ok(()) => counted.push(attested),
                Err(_) => proptest::prop_assert_eq!(&live, &before),
            }
        }
        let mut replayed = remediation();
        for attested in &counted {
            let event = Event::from_bytes(&attested.event.to_bytes()).unwrap();
            let again = replayed.apply(&Attested { event, ..attested.clone() });
            proptest::prop_assert_eq!(again, Ok(()));
        }
        proptest::prop_assert_eq!(&replayed, &live);
        if let Some(notice) = live.notice(&wave()) {
            let counts = notice.counts();
            proptest::prop_assert!(counts.acknowledged <= counts.opened);
            proptest::prop_assert!(counts.closed <= counts.opened && counts.opened <= counts.told);
        }
    }
}

#[test]
fn a_snapshot_of_feeds_is_stated_once() {
    let mut state = remediation();
    let hospital = id("hospital");
    let taken = |files: &[u8], taken_at: &str| Taken {
        snapshot: Digest::of(files),
        files: 1,
        index: Digest::of(b"index"),
        taken_at: at(taken_at),
    };
    let now = at("2026-12-02");
    let first = taken(b"one", "2026-12-01");
    let event = state.take_feeds(hospital.clone(), first, now).unwrap();
    state.apply(&attest(event, "2026-12-02")).unwrap();
    assert_eq!(state.feeds(&hospital), [first]);
    let check = |taken: Taken, code: &str| {
        let refused = state.take_feeds(hospital.clone(), taken, now).unwrap_err();
        assert_eq!(refused.code(), code);
    };
    check(taken(b"one", "2026-12-02"), "same-feeds");
    check(taken(b"two", "2026-12-03"), "in-future");
    assert!(state.take_feeds(id("bank"), first, now).is_ok(), "each party states its own");
    assert!(state.take_feeds(id("nobody"), first, now).is_err());
}
