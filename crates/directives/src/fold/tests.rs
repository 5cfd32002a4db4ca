//! Clocks, standings, refusals, explanations, replay.
use super::*;
use crate::{Event, Standing};
use domain::Statement;
use std::path::Path;

fn packs() -> Vec<Pack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    ["order-14409", "forensic-triage", "eu", "circia", "bod-26-04-agency", "disclosure"]
        .iter()
        .map(|p| {
            Pack::read(&std::fs::read_to_string(folder.join(format!("{p}.toml"))).unwrap()).unwrap()
        })
        .collect()
}

fn directives() -> Directives {
    let party = |id: &str, roles: &[Role]| {
        let id: PartyId = id.parse().unwrap();
        let name = "A party".parse().unwrap();
        (id.clone(), Party { id, name, roles: roles.to_vec() })
    };
    let parties = [
        party("hospital", &[Role::Operator]),
        party("treasury", &[Role::Government, Role::Clearinghouse]),
        party("lab", &[Role::Developer]),
        party("press", &[Role::Reporter]),
    ];
    Directives::new(packs(), parties.into())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn attest(event: Event, now: &str) -> Attested<Event> {
    let signers = event.signers();
    let issuer = event.by().clone();
    Attested { event, issuer, signers, claimed_at: at(now), index: 0 }
}

fn triage(start: &str, when: &str) -> Event {
    Event::ClockStarted {
        clock: "mail".parse().unwrap(),
        pack: "forensic-triage".parse().unwrap(),
        start: start.parse().unwrap(),
        at: at(when),
        subject: "CVE-2026-1 on the mail gateway".parse().unwrap(),
        by: "hospital".parse().unwrap(),
    }
}

fn met(obligation: &str, by: &str, when: &str) -> Event {
    Event::ObligationMet {
        obligation: obligation.parse().unwrap(),
        by: by.parse().unwrap(),
        at: at(when),
        evidence: Digest::of(b"evidence"),
        note: "memo".parse().unwrap(),
    }
}

fn standing(directives: &Directives, id: &str, now: &str) -> (Standing, Option<String>) {
    let list = directives.list(None, at(now));
    let found = list.iter().find(|o| o.id.to_string() == id).unwrap();
    (found.standing, found.due.map(|d| d.to_string()))
}

#[test]
fn the_order_has_its_dates() {
    let d = directives();
    let dated: Vec<_> = ["2-a", "2-d", "2-f", "3-a", "3-b"]
        .iter()
        .map(|r| standing(&d, &format!("order-14409/{r}"), "2026-07-02T23:59:59Z"))
        .collect();
    let (second, first) = ("2026-07-02T23:59:59.999999Z", "2026-08-01T23:59:59.999999Z");
    let expected = [second, second, first, first, first];
    assert_eq!(dated, expected.map(|d| (Standing::Running, Some(d.to_owned()))).to_vec());
    assert_eq!(standing(&d, "order-14409/2-d", "2026-07-03").0, Standing::Overdue);
    assert_eq!(standing(&d, "order-14409/3-c", "2026-07-03"), (Standing::NoClock, None));
    assert_eq!(standing(&d, "order-14409/3-b-ii", "2026-07-03"), (Standing::NotStarted, None));
    assert_eq!(standing(&d, "circia/incident", "2026-07-03"), (Standing::Inactive, None));
    assert_eq!(
        standing(&d, "bod-26-04-agency/timelines", "2026-11-23").1.as_deref(),
        Some("2026-12-07T23:59:59.999999Z")
    );
}

#[test]
fn met_in_time_or_late_and_only_for_oneself() {
    let mut d = directives();
    d.apply(&attest(met("order-14409/2-d", "treasury", "2026-07-14"), "2026-07-14")).unwrap();
    assert_eq!(standing(&d, "order-14409/2-d", "2026-11-23").0, Standing::MetLate);
    let twice = d.apply(&attest(met("order-14409/2-d", "treasury", "2026-07-14"), "2026-07-15"));
    assert_eq!(twice.unwrap_err().code(), "already-met");

    let id = "bod-26-04-agency/processes";
    d.apply(&attest(met(id, "hospital", "2026-08-01"), "2026-08-01")).unwrap();
    let hospital = "hospital".parse().unwrap();
    let treasury = "treasury".parse().unwrap();
    let of = |viewer| {
        let list = d.list(Some(viewer), at("2026-11-23"));
        list.into_iter().find(|o| o.id.to_string() == id).unwrap().standing
    };
    assert_eq!((of(&hospital), of(&treasury)), (Standing::Met, Standing::Overdue));
}

#[test]
fn triage_runs_from_kev_and_evidence_comes_before_the_patch() {
    let mut d = directives();
    d.apply(&attest(triage("kev-added", "2026-12-01T09:00:00Z"), "2026-12-01T10:00:00Z")).unwrap();
    let due = |d: &Directives, rule: &str| {
        standing(d, &format!("forensic-triage/{rule}@mail"), "2026-12-01T10:00:00Z").1.unwrap()
    };
    assert_eq!(due(&d, "scope"), "2026-12-01T11:00:00Z");
    assert_eq!(due(&d, "evidence"), "2026-12-02T09:00:00Z");
    assert_eq!(due(&d, "decision"), "2026-12-04T09:00:00Z");
    assert_eq!(d.due(at("2026-12-01T10:00:00Z")), Some(at("2026-12-01T11:00:00Z")));

    // patched before evidence was taken: its time ended with the patch
    let patch = triage("patched", "2026-12-01T12:00:00Z");
    d.apply(&attest(patch, "2026-12-01T12:30:00Z")).unwrap();
    assert_eq!(due(&d, "evidence"), "2026-12-01T12:00:00Z");
    let late = met("forensic-triage/evidence@mail", "hospital", "2026-12-01T13:00:00Z");
    d.apply(&attest(late, "2026-12-01T13:00:00Z")).unwrap();
    let now = "2026-12-01T14:00:00Z";
    assert_eq!(standing(&d, "forensic-triage/evidence@mail", now).0, Standing::MetLate);
    let id = "forensic-triage/evidence@mail".parse().unwrap();
    let why = d.why(&id, None, at(now)).unwrap();
    expect_test::expect![[r#"
        forensic-triage/evidence@mail: Collect volatile evidence from them, before patching.
        asked of: the operator of the affected systems
        text: CISA BOD 26-04, forensic triage, as described at https://www.mallory.ai/blog/bod-26-04-forensic-triage, triage, evidence
        at: https://www.mallory.ai/blog/bod-26-04-forensic-triage
        source: someone who quotes the text was read, 2026-11-23; rule pack version 1.0.0
          the vulnerability was added to KEV at 2026-12-01T09:00:00Z
          24 hours later is 2026-12-02T09:00:00Z, the last instant in time
          it has to come before the affected system was patched, which was at 2026-12-01T12:00:00Z
        note: Being patched in time does not show that nobody came in before. Evidence comes before the patch.
    "#]].assert_eq(&why.to_string());
    assert!(d.tick(at(now)).iter().any(|o| o.id.to_string() == "forensic-triage/scope@mail"));
}

#[test]
fn adjustments_keep_their_source_and_their_party() {
    let mut d = directives();
    let (reason, source) = ("1 August was a Saturday", "announcement of 3 August 2026");
    let event = d
        .adjust(
            "order-14409/3-b".parse().unwrap(),
            "treasury".parse().unwrap(),
            at("2026-08-03T23:59:59Z"),
            (reason.parse().unwrap(), source.parse().unwrap()),
            at("2026-08-02"),
        )
        .unwrap();
    d.apply(&attest(event, "2026-08-02")).unwrap();
    assert_eq!(standing(&d, "order-14409/3-b", "2026-08-02").0, Standing::Overdue);
    let treasury = "treasury".parse().unwrap();
    let id = "order-14409/3-b".parse().unwrap();
    let why = d.why(&id, Some(&treasury), at("2026-08-02")).unwrap();
    assert_eq!(why.obligation.standing, Standing::Running);
    assert_eq!(why.due_by_rule.unwrap().date(), "2026-08-01");
    assert_eq!(why.obligation.due.unwrap().date(), "2026-08-03");
    expect_test::expect![[r#"
        order-14409/3-b: Have a voluntary framework by which developers work with government on covered frontier models.
        asked of: Secretary of the Treasury; Secretary of War, through the Director of NSA; Secretary of Homeland Security, through the Director of CISA
        consulting: White House Chief of Staff, through the National Cyber Director; Assistant to the President for Science and Technology; Secretary of Commerce, through NIST
        text: Executive Order 14409 of 2 June 2026, 91 FR 34565, section 3(b)
        at: https://www.whitehouse.gov/presidential-actions/2026/06/promoting-advanced-artificial-intelligence-innovation-and-security/
        source: the text was read, 2026-11-23; rule pack version 1.0.0
          the order was signed at 2026-06-02T00:00:00Z
          60 calendar days later is 2026-08-01T23:59:59.999999Z, the last instant in time
          treasury moved it to 2026-08-03T23:59:59Z because 1 August was a Saturday (announcement of 3 August 2026)
        note: 1 August 2026 was a Saturday; completion was announced on Monday 3 August (reported). The framework's text was not released.
        note: The order counts days and states no roll-over for weekends or holidays, so days are calendar days; an adjustment has to be recorded with its source. It has no definitions section.
    "#]].assert_eq(&why.to_string());
}

#[track_caller]
fn refuses(d: &Directives, event: Event, now: &str, code: &str) {
    let mut after = d.clone();
    assert_eq!(after.apply(&attest(event, now)).unwrap_err().code(), code);
    assert_eq!(after, *d, "a refused statement changed something");
}

#[test]
fn refusals() {
    let mut d = directives();
    let now = "2026-12-03";
    d.apply(&attest(triage("kev-added", "2026-12-01"), now)).unwrap();
    refuses(&d, triage("kev-added", "2026-12-01"), now, "start-recorded");
    refuses(&d, triage("patched", "2026-12-04"), now, "in-future");
    refuses(&d, triage("landed", "2026-12-01"), now, "unknown-start");
    let pack = |event: &mut Event, to: &str| {
        if let Event::ClockStarted { pack, .. } = event {
            *pack = to.parse().unwrap();
        }
    };
    let mut other = triage("aware", "2026-12-01");
    pack(&mut other, "circia");
    refuses(&d, other.clone(), now, "pack-inactive");
    pack(&mut other, "nothing");
    refuses(&d, other, now, "unknown-pack");
    let mut order = triage("signed", "2026-12-01");
    pack(&mut order, "order-14409");
    refuses(&d, order, now, "start-fixed");
    let mut disclosure = triage("reported", "2026-12-01");
    pack(&mut disclosure, "disclosure");
    refuses(&d, disclosure, now, "no-rule-for-you");
    let set_by = |e: &mut Event, to: &str| {
        if let Event::ClockStarted { by, .. } = e {
            *by = to.parse().unwrap();
        }
    };
    let mut stranger = triage("patched", "2026-12-02");
    set_by(&mut stranger, "stranger");
    refuses(&d, stranger, now, "unknown-party");
    refuses(&d, met("order-14409/9", "treasury", now), now, "unknown-obligation");
    refuses(&d, met("forensic-triage/scope", "hospital", now), now, "unknown-obligation");
    refuses(&d, met("forensic-triage/scope@web", "hospital", now), now, "unknown-obligation");
    refuses(&d, met("order-14409/2-d@mail", "treasury", now), now, "unknown-obligation");
    refuses(&d, met("order-14409/2-d", "press", now), now, "not-yours");
    refuses(&d, met("order-14409/2-d", "treasury", "2026-06-01"), now, "before-start");
    refuses(&d, met("circia/preserve", "hospital", now), now, "pack-inactive");
    let withdraw = |clock: &str| Event::ClockWithdrawn {
        clock: clock.parse().unwrap(),
        by: "hospital".parse().unwrap(),
        reason: "not ours".parse().unwrap(),
    };
    refuses(&d, withdraw("web"), now, "unknown-clock");
    d.apply(&attest(withdraw("mail"), now)).unwrap();
    refuses(&d, withdraw("mail"), now, "clock-gone");
    refuses(&d, triage("patched", "2026-12-02"), now, "clock-gone");
    refuses(&d, met("forensic-triage/scope@mail", "hospital", now), now, "clock-gone");
    assert_eq!(standing(&d, "forensic-triage/scope@mail", now).0, Standing::Withdrawn);
    let adjust = Event::DueAdjusted {
        obligation: "order-14409/3-c".parse().unwrap(),
        by: "treasury".parse().unwrap(),
        due: at(now),
        reason: "r".parse().unwrap(),
        source: "s".parse().unwrap(),
    };
    refuses(&d, adjust, now, "no-due");
    let mut unsigned = attest(met("order-14409/2-d", "treasury", "2026-07-01"), now);
    unsigned.signers = BTreeSet::from(["lab".parse().unwrap()]);
    assert_eq!(d.apply(&unsigned).unwrap_err().code(), "not-signed");
}

fn any_event() -> impl proptest::strategy::Strategy<Value = Event> {
    use proptest::prelude::{Just, Strategy, any, prop_oneof};
    let who = prop_oneof![Just("hospital"), Just("treasury"), Just("lab"), Just("nobody")];
    let clock = prop_oneof![Just("a"), Just("b")];
    let rule = prop_oneof![
        Just("forensic-triage/scope@a"),
        Just("forensic-triage/evidence@b"),
        Just("eu/cra-notification@a"),
        Just("order-14409/2-d"),
        Just("order-14409/3-c"),
    ];
    let start = prop_oneof![
        Just(("forensic-triage", "kev-added")),
        Just(("forensic-triage", "patched")),
        Just(("eu", "aware")),
        Just(("circia", "paid")),
    ];
    let hours = 0u64..400;
    (any::<u8>(), who, clock, rule, start, hours).prop_map(|(kind, who, clock, rule, start, h)| {
        let when = at("2026-11-20").after(domain::Span::hours(h));
        let by = who.parse().unwrap();
        match kind % 4 {
            0 => Event::ClockStarted {
                clock: clock.parse().unwrap(),
                pack: start.0.parse().unwrap(),
                start: start.1.parse().unwrap(),
                at: when,
                subject: "s".parse().unwrap(),
                by,
            },
            1 => Event::ObligationMet {
                obligation: rule.parse().unwrap(),
                by,
                at: when,
                evidence: Digest::of(b""),
                note: "n".parse().unwrap(),
            },
            2 => Event::DueAdjusted {
                obligation: rule.parse().unwrap(),
                by,
                due: when,
                reason: "r".parse().unwrap(),
                source: "s".parse().unwrap(),
            },
            _ => Event::ClockWithdrawn {
                clock: clock.parse().unwrap(),
                by,
                reason: "r".parse().unwrap(),
            },
        }
    })
}

proptest::proptest! {
    /// Folding only what counted gives the same state, and no list ever lacks an explanation.
    #[test]
    fn replay_is_live(events in proptest::collection::vec(any_event(), 0..60)) {
        let mut live = directives();
        let mut counted = Vec::new();
        for event in events {
            let before = live.clone();
            let attested = attest(event, "2026-12-01");
            match live.apply(&attested) {
                Ok(()) => counted.push(attested),
                Err(_) => proptest::prop_assert_eq!(&live, &before),
            }
        }
        let mut replayed = directives();
        for attested in &counted {
            let bytes = attested.event.to_bytes();
            let event = Event::from_bytes(&bytes).unwrap();
            let again = replayed.apply(&Attested { event, ..attested.clone() });
            proptest::prop_assert_eq!(again, Ok(()));
        }
        proptest::prop_assert_eq!(&replayed, &live);
        let now = at("2026-12-05");
        for obligation in live.list(None, now) {
            proptest::prop_assert!(live.why(&obligation.id, None, now).is_some());
        }
    }
}
