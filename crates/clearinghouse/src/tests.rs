//! What the tests of this crate share: a small directory, and one statement of each kind.

use crate::{
    Acknowledgement, AiUse, Basis, Clearinghouse, DisclosureClock, Draft, DuplicateConfirmation,
    EmbargoTerms, Engagement, Event, Exploitation, Extension, FindingReport, Fix, Method, Pace,
    Provenance, Publication, Receipt, Refusal, Round, Rules, RunOutcome, ScanClaim, ScanRelease,
    ScanRenewal, Sending, Target, Term, Validation, ValidationRuns, Verdict, Withdrawal,
};
use domain::{Attested, Digest, FindingId, Line, Party, PartyId, Role, Span, Text, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn line(text: &str) -> Line {
    text.parse().unwrap()
}

pub(crate) fn text(text: &str) -> Text {
    text.parse().unwrap()
}

pub(crate) fn party(id: &str) -> PartyId {
    id.parse().unwrap()
}

pub(crate) fn finding(id: &str) -> FindingId {
    id.parse().unwrap()
}

pub(crate) fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

/// Days after the first of June 2026.
pub(crate) fn day(n: u64) -> Timestamp {
    "2026-06-01".parse::<Timestamp>().unwrap().after(Span::days(n))
}

pub(crate) fn parties() -> BTreeMap<PartyId, Party> {
    [
        ("hub", vec![Role::Clearinghouse]),
        ("lab", vec![Role::Reporter]),
        ("school", vec![Role::Reporter]),
        ("upstream", vec![Role::Maintainer]),
        ("library", vec![Role::Maintainer]),
    ]
    .into_iter()
    .map(|(id, roles)| (party(id), Party { id: party(id), name: line(id), roles }))
    .collect()
}

/// The shipped values of `rules/disclosure.toml`.
pub(crate) const CLOCK: DisclosureClock = DisclosureClock {
    standard: Term { days: 90, extension_days: 14 },
    exploited: Term { days: 7, extension_days: 7 },
    silent_days: 30,
    unresponsive_days: 45,
    details_days: 45,
};

pub(crate) const RULES: Rules =
    Rules { disclosure: CLOCK, default_pace: 2, longest_lease: Span::days(30) };

pub(crate) fn empty() -> Clearinghouse {
    Clearinghouse::new(parties(), RULES)
}

pub(crate) fn target(revision: Option<&str>) -> Target {
    Target { name: line("pkg:cargo/example"), revision: revision.map(line) }
}

pub(crate) fn claim(id: &str, by: &str, until: Timestamp) -> Event {
    Event::ScanClaimed(ScanClaim {
        claim: id.parse().unwrap(),
        by: party(by),
        target: target(Some("1.2.3")),
        method: Method::Fuzzing,
        scope: text("Our own build, on our own machines."),
        until,
    })
}

pub(crate) fn report(id: &str, by: &str) -> FindingReport {
    FindingReport {
        finding: finding(id),
        by: party(by),
        title: line("Length is read before it is checked"),
        target: target(Some("1.2.3")),
        affected: vec![line("vers:cargo/>=1.0.0|<1.2.4")],
        cwe: vec![125],
        description: text("A record of length zero\nreads past the buffer."),
        content: digest(id),
        evidence: vec![digest("trace")],
        proof: Some(digest("proof")),
        fix: None,
        provenance: Provenance {
            tool: line("agent 1.0"),
            ai_use: AiUse::Autonomous,
            model: Some("model-x".parse().unwrap()),
            grant: Some("grant-7".parse().unwrap()),
        },
        credit: line("The lab's red team"),
        discovered_at: day(0),
        aware_at: day(1),
        embargo: EmbargoTerms::Policy,
        claim: None,
    }
}

pub(crate) fn reported(id: &str, by: &str) -> Event {
    Event::FindingReported(report(id, by))
}

pub(crate) const GOOD: Round = Round {
    proof_on_vulnerable: RunOutcome::Fired,
    proof_on_fixed: RunOutcome::Silent,
    control_on_vulnerable: RunOutcome::Silent,
    control_on_fixed: RunOutcome::Silent,
};

pub(crate) fn runs(round: Round) -> ValidationRuns {
    ValidationRuns { first: round, repeated: vec![round, round] }
}

pub(crate) fn validation(id: &str, round: Round, verdict: Verdict, at: Timestamp) -> Validation {
    Validation {
        finding: finding(id),
        by: party("hub"),
        proof: digest("proof"),
        control: digest("control"),
        vulnerable: digest("1.2.3"),
        fixed: digest("1.2.4"),
        runs: runs(round),
        verdict,
        isolation: line("namespaces, cgroup-v1"),
        ran_at: at,
    }
}

pub(crate) fn validated(id: &str, at: Timestamp) -> Event {
    Event::Validated(validation(id, GOOD, Verdict::Confirmed, at))
}

pub(crate) fn duplicate(id: &str, of: &str, basis: Basis) -> Event {
    let by = party("hub");
    Event::DuplicateConfirmed(DuplicateConfirmation {
        finding: finding(id),
        of: finding(of),
        by,
        basis,
    })
}

pub(crate) fn drafted(id: &str, maintainer: &str) -> Event {
    Event::ReportDrafted(Draft {
        finding: finding(id),
        by: party("hub"),
        maintainer: party(maintainer),
        draft: digest("draft"),
    })
}

pub(crate) fn sent(id: &str, sent_at: Timestamp) -> Event {
    Event::ReportSent(Sending {
        finding: finding(id),
        by: party("hub"),
        person: "coordinator-3".parse().unwrap(),
        draft: digest("draft"),
        channel: line("the project's security address"),
        sent_at,
    })
}

pub(crate) fn acknowledged(id: &str, by: &str, acknowledged_at: Timestamp) -> Event {
    let by = party(by);
    Event::ReportAcknowledged(Acknowledgement { finding: finding(id), by, acknowledged_at })
}

pub(crate) fn fixed(id: &str, by: &str, available_at: Timestamp) -> Event {
    Event::FixReleased(Fix {
        finding: finding(id),
        by: party(by),
        commit: digest("commit"),
        version: line("1.2.4"),
        available_at,
    })
}

pub(crate) fn published(id: &str, published_at: Timestamp) -> Event {
    Event::AdvisoryPublished(Publication {
        finding: finding(id),
        by: party("hub"),
        advisory: "CVE-2026-0001".parse().unwrap(),
        csaf: digest("csaf"),
        osv: digest("osv"),
        published_at,
    })
}

pub(crate) fn pace(maintainer: &str, per_week: u32) -> Event {
    Event::PaceSet(Pace { maintainer: party(maintainer), per_week })
}

pub(crate) fn received(id: &str, received_at: Timestamp) -> Event {
    Event::FindingReceived(Receipt { finding: finding(id), by: party("hub"), received_at })
}

pub(crate) fn exploited(id: &str, known_at: Timestamp) -> Event {
    let source = line("a CERT's notice");
    Event::ExploitationSeen(Exploitation {
        finding: finding(id),
        by: party("hub"),
        source,
        known_at,
    })
}

pub(crate) fn engaged(id: &str, engaged_at: Timestamp) -> Event {
    let coordinator = line("a national CERT");
    Event::CoordinatorEngaged(Engagement {
        finding: finding(id),
        by: party("hub"),
        coordinator,
        engaged_at,
    })
}

pub(crate) fn extended(id: &str) -> Event {
    let reason = line("the fix is in review");
    Event::EmbargoExtended(Extension { finding: finding(id), by: party("hub"), reason })
}

pub(crate) fn withdrawn(id: &str, by: &str) -> Event {
    let reason = line("it was our own harness");
    Event::FindingWithdrawn(Withdrawal { finding: finding(id), by: party(by), reason })
}

pub(crate) fn renewed(id: &str, by: &str, until: Timestamp) -> Event {
    Event::ScanRenewed(ScanRenewal { claim: id.parse().unwrap(), by: party(by), until })
}

pub(crate) fn released(id: &str, by: &str) -> Event {
    let note = line("nothing found");
    Event::ScanReleased(ScanRelease { claim: id.parse().unwrap(), by: party(by), note })
}

pub(crate) fn attested(event: Event, at: Timestamp, index: u64) -> Attested<Event> {
    let issuer = event.by().clone();
    let signers = BTreeSet::from([issuer.clone()]);
    Attested { event, issuer, signers, claimed_at: at, index }
}

/// Applies statements in order, the log's index counting up.
pub(crate) fn fold(events: &[(u64, Event)]) -> Clearinghouse {
    let mut state = empty();
    for (index, (at, event)) in (0..).zip(events) {
        let kind = domain::Statement::kind(event);
        if let Err(refusal) = state.apply(&attested(event.clone(), day(*at), index)) {
            panic!("statement {index}, {kind}: {refusal}");
        }
    }
    state
}

/// A refusal's code for one more statement.
pub(crate) fn refused(state: &Clearinghouse, at: u64, event: &Event) -> &'static str {
    let before = state.clone();
    let mut after = state.clone();
    let result = after.apply(&attested(event.clone(), day(at), 1000));
    let proposed = before.propose(event.clone(), day(at)).map(drop);
    assert_eq!(proposed, result, "commands and the fold judge alike");
    if result.is_err() {
        assert_eq!(before, after, "what does not count changes nothing");
    }
    result.map_or_else(|r: Refusal| r.code(), |()| "ok")
}
