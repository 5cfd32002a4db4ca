//! The life of claims and findings, and every refusal.

mod replay;

use crate::tests::{
    CLOCK, GOOD, RULES, acknowledged, attested, claim, day, digest, drafted, duplicate, empty,
    engaged, exploited, extended, finding, fixed, fold, line, pace, parties, party, published,
    received, refused, released, renewed, report, reported, sent, target, validated, validation,
    withdrawn,
};
use crate::{
    Basis, Clearinghouse, DisclosureClock, EmbargoTerms, Event, FindingReport, Round, Rules,
    RunOutcome, ScanClaim, Stage, Term, Validation, Verdict,
};
use domain::PartyId;

fn stage(state: &Clearinghouse, id: &str) -> Stage {
    state.finding(&finding(id)).unwrap().stage
}

fn life() -> Vec<(u64, Event)> {
    vec![
        (2, reported("f", "lab")),
        (2, received("f", day(2))),
        (3, validated("f", day(3))),
        (4, drafted("f", "upstream")),
        (5, sent("f", day(5))),
        (6, acknowledged("f", "upstream", day(6))),
        (40, fixed("f", "upstream", day(39))),
        (41, published("f", day(41))),
    ]
}

#[test]
fn a_finding_from_report_to_advisory() {
    let stages: Vec<_> = (1..=8).map(|n| stage(&fold(&life()[..n]), "f").to_string()).collect();
    assert_eq!(
        stages,
        [
            "reported",
            "reported",
            "validated",
            "drafted",
            "sent",
            "acknowledged",
            "fix-available",
            "published"
        ]
    );
    let state = fold(&life());
    let f = state.finding(&finding("f")).unwrap();
    // Six different instants.
    assert_eq!(f.report.discovered_at, day(0));
    assert_eq!(f.report.aware_at, day(1));
    assert_eq!((f.reported_at, f.received_at), (day(2), Some(day(2))));
    assert_eq!(f.sent.as_ref().unwrap().person.as_str(), "coordinator-3");
    assert_eq!(f.published.as_ref().unwrap().published_at, day(41));
}

fn claimed(id: &str, by: &str, revision: Option<&str>, until: u64) -> ScanClaim {
    let Event::ScanClaimed(c) = claim(id, by, day(until)) else { unreachable!("a claim") };
    ScanClaim { target: target(revision), ..c }
}

#[test]
fn overlapping_claims_warn_and_never_block() {
    let state = fold(&[(0, claim("c-1", "lab", day(10)))]);
    for (by, revision, at, warned) in [
        ("school", Some("1.2.3"), 1, true),
        ("school", None, 1, true),
        ("school", Some("2.0.0"), 1, false),
        ("lab", Some("1.2.3"), 1, false),
        // The lease has ended, so the work is free.
        ("school", Some("1.2.3"), 10, false),
    ] {
        let (event, overlaps) =
            state.claim_scan(claimed("c-2", by, revision, at + 5), day(at)).unwrap();
        assert_eq!(overlaps.len(), usize::from(warned), "{by} {revision:?} {at}");
        assert_eq!(refused(&state, at, &event), "ok");
    }
    let mut other = claimed("c-3", "school", Some("1.2.3"), 5);
    other.target.name = line("pkg:cargo/other");
    assert_eq!(state.claim_scan(other, day(1)).unwrap().1, []);
    let both = fold(&[(0, claim("c-1", "lab", day(10))), (1, claim("c-2", "school", day(6)))]);
    let warned = both.overlaps(&"c-1".parse().unwrap(), day(2));
    assert_eq!((warned[0].by.as_str(), warned[0].until), ("school", day(6)));
    assert_eq!(both.overlaps(&"c-1".parse().unwrap(), day(7)), []);
}

#[test]
fn leases() {
    let held = [(0, claim("c-1", "lab", day(10)))];
    let state = fold(&held);
    assert_eq!(state.claims_at(day(9)).count(), 1);
    assert_eq!(state.claims_at(day(10)).count(), 0);
    for (at, event, code) in [
        (1, claim("c-1", "school", day(3)), "claim-exists"),
        (1, claim("c-2", "school", day(1)), "lease-in-past"),
        (1, claim("c-2", "school", day(32)), "lease-too-long"),
        (1, claim("c-2", "nobody", day(5)), "unknown-party"),
        (1, renewed("c-9", "lab", day(12)), "unknown-claim"),
        (1, renewed("c-1", "school", day(12)), "not-claimant"),
        (1, renewed("c-1", "lab", day(10)), "lease-not-longer"),
        (1, renewed("c-1", "lab", day(40)), "lease-too-long"),
        (10, renewed("c-1", "lab", day(12)), "lease-expired"),
        (9, renewed("c-1", "lab", day(39)), "ok"),
        (1, released("c-1", "school"), "not-claimant"),
        (10, released("c-1", "lab"), "lease-expired"),
        (1, released("c-1", "lab"), "ok"),
    ] {
        assert_eq!(refused(&state, at, &event), code, "{event:?}");
    }
    let given_back = fold(&[held[0].clone(), (3, released("c-1", "lab"))]);
    assert_eq!(given_back.claims_at(day(3)).count(), 0);
    assert_eq!(refused(&given_back, 4, &renewed("c-1", "lab", day(12))), "claim-released");
    assert_eq!(given_back.due(day(0)), None);
}

#[test]
fn reports_are_bounded() {
    let state = fold(&[(0, claim("c-1", "lab", day(10))), (2, reported("f", "lab"))]);
    let with = |change: fn(&mut FindingReport)| {
        let mut report = report("f-2", "school");
        change(&mut report);
        refused(&state, 3, &Event::FindingReported(report))
    };
    assert_eq!(with(|_| {}), "ok");
    assert_eq!(with(|r| r.finding = finding("f")), "finding-exists");
    assert_eq!(with(|r| r.by = party("nobody")), "unknown-party");
    assert_eq!(with(|r| r.affected = vec![]), "nothing-affected");
    assert_eq!(with(|r| r.affected = vec![line("1"); 65]), "too-many");
    assert_eq!(with(|r| r.cwe = vec![79; 17]), "too-many");
    assert_eq!(with(|r| r.evidence = vec![digest("x"); 65]), "too-many");
    assert_eq!(with(|r| r.cwe = vec![0]), "no-such-weakness");
    assert_eq!(with(|r| r.aware_at = day(4)), "in-future");
    assert_eq!(with(|r| r.discovered_at = day(2)), "out-of-order");
    assert_eq!(with(|r| r.provenance.ai_use = crate::AiUse::None), "provenance-contradicts");
    assert_eq!(with(|r| r.claim = Some("c-9".parse().unwrap())), "unknown-claim");
    assert_eq!(with(|r| r.claim = Some("c-1".parse().unwrap())), "not-claimant");
}

#[test]
fn verdicts_follow_from_runs() {
    let state = fold(&[(2, reported("f", "lab"))]);
    let silent = Round { proof_on_vulnerable: RunOutcome::Silent, ..GOOD };
    for (round, verdict, code) in [
        (GOOD, Verdict::Confirmed, "ok"),
        (silent, Verdict::Confirmed, "verdict-does-not-follow"),
        (GOOD, Verdict::NotReproduced, "verdict-does-not-follow"),
        (silent, Verdict::NotReproduced, "ok"),
    ] {
        let event = Event::Validated(validation("f", round, verdict, day(3)));
        assert_eq!(refused(&state, 3, &event), code, "{verdict:?}");
    }
    let with = |change: fn(&mut Validation)| {
        let mut v = validation("f", GOOD, Verdict::Confirmed, day(3));
        change(&mut v);
        refused(&state, 3, &Event::Validated(v))
    };
    assert_eq!(with(|v| v.by = party("lab")), "role-missing");
    assert_eq!(with(|v| v.finding = finding("g")), "unknown-finding");
    assert_eq!(with(|v| v.fixed = v.vulnerable), "same-build");
    assert_eq!(with(|v| v.control = v.proof), "proof-is-control");
    assert_eq!(with(|v| v.proof = digest("another")), "other-proof");
    assert_eq!(with(|v| v.ran_at = day(4)), "in-future");
    assert_eq!(with(|v| v.runs.repeated = vec![GOOD; 32]), "too-many");
    // The command fills the verdict in.
    let event =
        state.validate(validation("f", silent, Verdict::Confirmed, day(3)), day(3)).unwrap();
    assert!(matches!(event, Event::Validated(v) if v.verdict == Verdict::NotReproduced));
}

#[test]
fn verdicts_move_stages() {
    let silent = Round { proof_on_vulnerable: RunOutcome::Silent, ..GOOD };
    let both = Round { proof_on_fixed: RunOutcome::Fired, ..GOOD };
    let failed = Round { proof_on_fixed: RunOutcome::HarnessFailed, ..GOOD };
    let judged = |round| {
        let verdict = crate::judge(&crate::tests::runs(round));
        (3, Event::Validated(validation("f", round, verdict, day(3))))
    };
    for (rounds, wanted, believed) in [
        (vec![silent], Stage::NotReproduced, false),
        (vec![silent, GOOD], Stage::Validated, true),
        (vec![GOOD, silent], Stage::NotReproduced, false),
        (vec![both], Stage::Reported, false),
        (vec![GOOD, both], Stage::Reported, false),
        // A crashed runner changes nothing, either way.
        (vec![failed], Stage::Reported, false),
        (vec![silent, failed], Stage::NotReproduced, false),
        (vec![GOOD, failed], Stage::Validated, true),
    ] {
        let mut log = vec![(2, reported("f", "lab"))];
        log.extend(rounds.iter().map(|r| judged(*r)));
        let state = fold(&log);
        assert_eq!(
            (stage(&state, "f"), state.believed(&finding("f"))),
            (wanted, believed),
            "{rounds:?}"
        );
    }
    // Refuted after it was drafted: it is not sent.
    let mut log = life()[..4].to_vec();
    log.push(judged(silent));
    assert_eq!(refused(&fold(&log), 5, &sent("f", day(5))), "not-validated");
}

#[test]
fn outreach_is_guarded() {
    let at = |n: usize| fold(&life()[..n]);
    for (n, day_of, event, code) in [
        (1, 3, drafted("f", "upstream"), "not-validated"),
        (3, 4, drafted("f", "lab"), "role-missing"),
        (3, 4, drafted("f", "nobody"), "unknown-party"),
        (3, 4, drafted("g", "upstream"), "unknown-finding"),
        (3, 4, sent("f", day(4)), "wrong-stage"),
        (4, 4, drafted("f", "library"), "ok"),
        (4, 5, sent("f", day(6)), "in-future"),
        (4, 5, sent("f", day(3)), "out-of-order"),
        (4, 5, acknowledged("f", "upstream", day(5)), "not-maintainer"),
        (4, 5, acknowledged("f", "hub", day(5)), "wrong-stage"),
        (5, 6, drafted("f", "upstream"), "already-recorded"),
        (5, 6, sent("f", day(6)), "wrong-stage"),
        (5, 6, acknowledged("f", "library", day(6)), "not-maintainer"),
        (5, 6, acknowledged("f", "upstream", day(4)), "out-of-order"),
        (5, 6, acknowledged("f", "hub", day(6)), "ok"),
        (6, 7, acknowledged("f", "upstream", day(7)), "already-recorded"),
        (5, 7, fixed("f", "library", day(7)), "not-maintainer"),
        (5, 7, fixed("f", "upstream", day(8)), "in-future"),
        (7, 41, fixed("f", "upstream", day(40)), "already-recorded"),
        (1, 3, received("f", day(3)), "ok"),
        (2, 3, received("f", day(3)), "already-recorded"),
        (1, 3, exploited("f", day(3)), "ok"),
        (1, 3, extended("f"), "wrong-stage"),
        (4, 5, withdrawn("f", "school"), "not-reporter"),
        (4, 5, withdrawn("f", "lab"), "ok"),
        (5, 6, withdrawn("f", "lab"), "wrong-stage"),
        (8, 42, published("f", day(42)), "wrong-stage"),
        (8, 42, validated("f", day(42)), "wrong-stage"),
        (5, 20, engaged("f", day(20)), "not-yet-silent"),
        (5, 35, engaged("f", day(35)), "ok"),
        (6, 36, engaged("f", day(36)), "not-silent"),
        (4, 36, engaged("f", day(36)), "wrong-stage"),
    ] {
        assert_eq!(refused(&at(n), day_of, &event), code, "after {n}: {event:?}");
    }
    let Event::ReportSent(mut other) = sent("f", day(5)) else { unreachable!("a sending") };
    other.draft = digest("not what was drafted");
    assert_eq!(refused(&at(4), 5, &Event::ReportSent(other)), "not-the-draft");
}

#[test]
fn only_the_clearinghouse_speaks_for_it() {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the others are not the clearinghouse's alone"
    )]
    let with = |mut event: Event| {
        match &mut event {
            Event::FindingReceived(e) => e.by = party("lab"),
            Event::DuplicateConfirmed(e) => e.by = party("lab"),
            Event::ReportDrafted(e) => e.by = party("lab"),
            Event::ReportSent(e) => e.by = party("lab"),
            Event::AdvisoryPublished(e) => e.by = party("lab"),
            Event::ExploitationSeen(e) => e.by = party("lab"),
            Event::CoordinatorEngaged(e) => e.by = party("lab"),
            Event::EmbargoExtended(e) => e.by = party("lab"),
            other => panic!("{other:?}"),
        }
        refused(&fold(&life()[..5]), 50, &event)
    };
    for event in [
        received("f", day(3)),
        duplicate("f", "g", Basis::SameProof),
        drafted("f", "upstream"),
        sent("f", day(5)),
        published("f", day(41)),
        exploited("f", day(5)),
        engaged("f", day(36)),
        extended("f"),
    ] {
        assert_eq!(with(event.clone()), "role-missing", "{event:?}");
    }
    assert_eq!(refused(&empty(), 1, &pace("lab", 1)), "role-missing");
    // A statement in another's name.
    let mut forged = attested(reported("f", "lab"), day(2), 0);
    forged.signers = [party("school")].into();
    assert_eq!(empty().apply(&forged).unwrap_err().code(), "not-signed");
}

#[test]
fn duplicates_are_confirmed_once_and_speak_through_their_head() {
    let log =
        vec![(2, reported("f", "lab")), (2, reported("g", "school")), (3, validated("g", day(3)))];
    let state = fold(&log);
    for (event, code) in [
        (duplicate("f", "f", Basis::SameProof), "same-finding"),
        (duplicate("f", "h", Basis::SameProof), "unknown-finding"),
        (duplicate("f", "g", Basis::SameFix), "basis-not-met"),
        (duplicate("f", "g", Basis::SameContent), "basis-not-met"),
        (duplicate("f", "g", Basis::SameProof), "ok"),
    ] {
        assert_eq!(refused(&state, 4, &event), code, "{event:?}");
    }
    let joined = fold(&[log.as_slice(), &[(4, duplicate("g", "f", Basis::SameProof))]].concat());
    assert_eq!(refused(&joined, 5, &duplicate("f", "g", Basis::SameProof)), "already-duplicate");
    assert_eq!(refused(&joined, 5, &drafted("g", "upstream")), "is-duplicate");
    // The co-finder's confirmed proof is the flaw's.
    assert_eq!(refused(&joined, 5, &drafted("f", "upstream")), "ok");
    let finders: Vec<_> = joined.finders(&finding("g")).into_iter().map(PartyId::as_str).collect();
    assert_eq!(finders, ["lab", "school"]);
    // A withdrawn head hands over; and what was sent before two flaws were found to be one is not sent
    // again.
    let mut handed = log.clone();
    handed.extend([(4, duplicate("g", "f", Basis::SameProof)), (5, withdrawn("f", "lab"))]);
    assert_eq!(refused(&fold(&handed), 6, &drafted("g", "upstream")), "ok");
    let mut late = log;
    late.extend([
        (4, drafted("g", "upstream")),
        (5, sent("g", day(5))),
        (6, duplicate("g", "f", Basis::SameProof)),
    ]);
    assert_eq!(refused(&fold(&late), 7, &drafted("f", "upstream")), "already-recorded");
}

/// Findings `f-0` to `f-n`, drafted to one maintainer.
fn queue(n: usize) -> Vec<(u64, Event)> {
    (0..n)
        .flat_map(|i| {
            let id = format!("f-{i}");
            [(2, reported(&id, "lab")), (3, validated(&id, day(3))), (4, drafted(&id, "upstream"))]
        })
        .collect()
}

#[test]
fn the_maintainers_pace_holds() {
    let mut log = queue(4);
    log.push((5, sent("f-0", day(5))));
    log.push((6, sent("f-1", day(6))));
    // The default is two in seven days.
    let state = fold(&log);
    assert_eq!(refused(&state, 7, &sent("f-2", day(7))), "pace-exceeded");
    let told = state.propose(sent("f-2", day(7)), day(7)).unwrap_err().to_string();
    assert_eq!(
        told,
        "`upstream` takes 2 reports in seven days; the next may go at 2026-06-13T00:00:00Z"
    );
    assert_eq!(refused(&state, 12, &sent("f-2", day(12))), "ok");
    // Another maintainer is not concerned.
    let mut other = log.clone();
    other.push((7, drafted("f-2", "library")));
    assert_eq!(refused(&fold(&other), 7, &sent("f-2", day(7))), "ok");
    for (per_week, code) in [(3, "ok"), (2, "pace-exceeded"), (0, "pace-exceeded")] {
        let mut set = log.clone();
        set.push((7, pace("upstream", per_week)));
        assert_eq!(refused(&fold(&set), 7, &sent("f-2", day(7))), code, "{per_week}");
    }
    let none = fold(&[queue(1), vec![(5, pace("upstream", 0))]].concat());
    let told = none.propose(sent("f-0", day(6)), day(6)).unwrap_err().to_string();
    assert_eq!(told, "`upstream` takes 0 reports in seven days; it takes none for now");
    // Written down late, it still counts where it belongs.
    let mut late = queue(3);
    late.extend([(9, sent("f-0", day(9))), (10, sent("f-1", day(10)))]);
    assert_eq!(refused(&fold(&late), 11, &sent("f-2", day(5))), "pace-exceeded");
}

#[test]
fn an_advisory_needs_belief_and_a_fix_or_a_clock() {
    let sent_only = life()[..5].to_vec();
    for (log, on, code) in [
        (life()[..2].to_vec(), 10, "not-validated"),
        (life()[..4].to_vec(), 10, "under-embargo"),
        (sent_only.clone(), 10, "under-embargo"),
        // The maintainer stayed silent for 45 days.
        (sent_only.clone(), 49, "under-embargo"),
        (sent_only, 50, "ok"),
        // It answered: 90 days.
        (life()[..6].to_vec(), 94, "under-embargo"),
        (life()[..6].to_vec(), 95, "ok"),
        ([life()[..6].to_vec(), vec![(7, extended("f"))]].concat(), 95, "under-embargo"),
        ([life()[..6].to_vec(), vec![(7, extended("f"))]].concat(), 109, "ok"),
        ([life()[..6].to_vec(), vec![(20, exploited("f", day(20)))]].concat(), 27, "ok"),
        (life()[..7].to_vec(), 40, "ok"),
    ] {
        assert_eq!(refused(&fold(&log), on, &published("f", day(on))), code, "{log:?} on {on}");
    }
    let public = FindingReport { embargo: EmbargoTerms::Public, ..report("f", "lab") };
    let log = [(2, Event::FindingReported(public)), (3, validated("f", day(3)))];
    assert_eq!(refused(&fold(&log), 3, &published("f", day(3))), "ok");
    // One extension, and only where the policy has one.
    let twice = [life()[..6].to_vec(), vec![(7, extended("f"))]].concat();
    assert_eq!(refused(&fold(&twice), 8, &extended("f")), "not-extensible");
    let fixed_term = DisclosureClock { standard: Term { days: 90, extension_days: 0 }, ..CLOCK };
    let mut strict = Clearinghouse::new(parties(), Rules { disclosure: fixed_term, ..RULES });
    for (index, (at, event)) in (0..).zip(life().into_iter().take(6)) {
        strict.apply(&attested(event, day(at), index)).unwrap();
    }
    assert_eq!(refused(&strict, 7, &extended("f")), "not-extensible");
}

#[test]
fn time_alone() {
    let state = fold(&[vec![(0, claim("c-1", "lab", day(10)))], life()[..5].to_vec()].concat());
    assert_eq!(state.due(day(6)), Some(day(10)));
    assert_eq!(state.due(day(10)), Some(day(35)));
    assert_eq!(state.due(day(35)), Some(day(50)));
    assert_eq!(state.due(day(50)), Some(day(95)));
    assert_eq!(state.due(day(95)), None);
    assert_eq!(state.tick(day(9)), []);
    let elapsed: Vec<_> = state.tick(day(60)).iter().map(|e| e.at()).collect();
    assert_eq!(elapsed, [day(10), day(35), day(50)]);
}
