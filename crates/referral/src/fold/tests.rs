//! From sealing to receipt; every refusal; replay.
use super::*;
use crate::manifest::Answer;
use crate::manifest::tests::{IMAGE, LOG, at, holder, item, manifest, transfer};
use crate::screen::tests::{answered, screen};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use std::collections::BTreeSet;

pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";

fn referrals() -> Referrals {
    let party = |id: &str, roles: &[Role]| {
        let id: PartyId = id.parse().unwrap();
        let name = "A party".parse().unwrap();
        (id.clone(), Party { id, name, roles: roles.to_vec() })
    };
    let parties = [
        party("hospital", &[Role::Operator]),
        party("lab", &[Role::Evaluator]),
        party("bureau", &[Role::Investigator]),
        party("field-office", &[Role::Investigator]),
    ];
    Referrals::new(screen(), parties.into())
}

pub(crate) fn attest(event: Event) -> Attested<Event> {
    let signers = event.signers();
    let issuer = signers.first().unwrap().clone();
    Attested { event, issuer, signers, claimed_at: at(NOW), index: 0 }
}

pub(crate) fn sealed(manifest: Manifest) -> Event {
    Event::PackageSealed { manifest: Box::new(manifest), sealed_by: "it-1".parse().unwrap() }
}

fn handed(transfer: Transfer) -> Event {
    Event::CustodyTransferred { transfer }
}

fn state(manifest: Manifest) -> Referrals {
    let mut state = referrals();
    state.apply(&attest(handed(transfer()))).unwrap();
    state.apply(&attest(sealed(manifest))).unwrap();
    state
}

fn release(
    state: &Referrals,
    (first, second): (&str, &str),
    to: &str,
    despite: Option<&str>,
) -> Result<Event, Refusal> {
    state.release(
        "intrusion-7".parse().unwrap(),
        (first.parse().unwrap(), second.parse().unwrap()),
        to.parse().unwrap(),
        despite.map(|d| d.parse().unwrap()),
        at(NOW),
    )
}

const TWO: (&str, &str) = ("counsel-2", "director-1");

#[test]
fn sealed_released_received() {
    let mut state = state(manifest());
    let digest = manifest().digest();
    let event = release(&state, TWO, "bureau", None).unwrap();
    state.apply(&attest(event)).unwrap();
    let again = release(&state, TWO, "bureau", None).unwrap_err();
    assert_eq!(again.code(), "already-released");
    let receive = |state: &Referrals, to: &str| {
        let package = "intrusion-7".parse().unwrap();
        state.receive(package, to.parse().unwrap(), digest, "agent-9".parse().unwrap(), at(NOW))
    };
    assert_eq!(receive(&state, "field-office").unwrap_err().code(), "not-released");
    let event = receive(&state, "bureau").unwrap();
    state.apply(&attest(event)).unwrap();
    assert_eq!(receive(&state, "bureau").unwrap_err().code(), "already-received");
    let package = state.package(&"intrusion-7".parse().unwrap()).unwrap();
    let (manifest, to, release) = package.releases().next().unwrap();
    assert_eq!((*manifest, to.as_str()), (digest, "bureau"));
    assert_eq!(release.received, Some(("agent-9".parse().unwrap(), at(NOW))));
}

/// Custody, a sealed package, a release and its receipt count only with every signature; the one that is missing is named.
#[test]
fn every_needed_signature_must_be_there() {
    let check = |state: &Referrals, event: Event| {
        for missing in event.signers() {
            let mut statement = attest(event.clone());
            statement.signers.remove(&missing);
            statement.signers.insert("field-office".parse().unwrap());
            let mut after = state.clone();
            let refusal = after.apply(&statement).unwrap_err();
            assert_eq!(refusal, Refusal::NotSigned(missing.clone()), "{}", event.kind());
            assert!(refusal.to_string().contains(missing.as_str()), "{refusal}");
            assert_eq!(after, *state, "{} without {missing} changes nothing", event.kind());
            after.apply(&attest(event.clone())).unwrap();
        }
    };
    let fresh = referrals();
    check(&fresh, handed(transfer()));
    let mut held = referrals();
    held.apply(&attest(handed(transfer()))).unwrap();
    check(&held, sealed(manifest()));
    let mut state = state(manifest());
    let released = release(&state, TWO, "bureau", None).unwrap();
    check(&state, released.clone());
    state.apply(&attest(released)).unwrap();
    let package = "intrusion-7".parse().unwrap();
    let (to, by) = ("bureau".parse().unwrap(), "agent-9".parse().unwrap());
    let received = state.receive(package, to, manifest().digest(), by, at(NOW)).unwrap();
    check(&state, received);
}

#[track_caller]
fn keeps(edit: impl Fn(&mut Manifest), code: &str) {
    let mut manifest = manifest();
    edit(&mut manifest);
    let refused = release(&state(manifest), TWO, "bureau", None).unwrap_err();
    assert_eq!(refused.code(), code);
}

#[test]
fn nothing_leaves_incomplete_or_by_one_person() {
    keeps(|m| m.exculpatory = None, "no-exculpatory");
    keeps(|m| m.good_faith = None, "screen-unanswered");
    keeps(|m| m.good_faith.as_mut().unwrap().answers.truncate(3), "screen-unanswered");
    keeps(|m| m.offences.clear(), "elements-unanswered");
    keeps(|m| m.offences[0].elements.truncate(1), "elements-unanswered");
    let state = state(manifest());
    let refuses = |people, to: &str| release(&state, people, to, None).unwrap_err();
    assert_eq!(refuses(("counsel-2", "counsel-2"), "bureau").code(), "one-person");
    assert_eq!(refuses(TWO, "lab").code(), "not-an-investigator");
    assert_eq!(refuses(TWO, "nobody").code(), "unknown-party");
    // an empty list of findings is fine where one looked
    let mut none_found = manifest();
    none_found.exculpatory.as_mut().unwrap().found.clear();
    assert!(release(&self::state(none_found), TWO, "bureau", None).is_ok());
}

#[test]
fn researchers_are_not_referred_without_a_reason() {
    let state = state(answered(&[Answer::Yes, Answer::Yes, Answer::Yes, Answer::No]));
    let code = |despite| release(&state, TWO, "bureau", despite).map_err(|r| r.code()).err();
    assert_eq!(code(None), Some("good-faith-research"));
    assert_eq!(code(Some("  ")), Some("good-faith-research"));
    assert_eq!(code(Some("counsel of the Department was consulted")), None);
}

#[track_caller]
fn refuses(state: &Referrals, event: Event, code: &str) {
    let mut after = state.clone();
    assert_eq!(after.apply(&attest(event)).unwrap_err().code(), code);
    assert_eq!(after, *state, "a refused statement changed something");
}

#[test]
fn evidence_is_only_added() {
    let state = state(manifest());
    let next = |edit: &dyn Fn(&mut Manifest)| {
        let mut next = manifest();
        (next.revision, next.previous) = (2, Some(manifest().digest()));
        edit(&mut next);
        sealed(next)
    };
    refuses(&state, sealed(manifest()), "not-next");
    refuses(&state, next(&|m| m.revision = 3), "not-next");
    refuses(&state, next(&|m| m.previous = Some(Digest::of(b""))), "not-next");
    let less = |m: &mut Manifest| {
        m.items.pop();
        m.custody.clear();
        m.agents.clear();
    };
    refuses(&state, next(&less), "item-removed");
    refuses(&state, next(&|m| m.items[0].tool = "other 1.0".parse().unwrap()), "item-removed");
    refuses(&state, next(&|m| m.issuer = "lab".parse().unwrap()), "not-the-issuer");
    let mut more = state.clone();
    let added = |m: &mut Manifest| m.items.push(item("late.txt", b"found later"));
    more.apply(&attest(next(&added))).unwrap();
    let old = manifest().digest();
    let stale = Event::PackageReleased {
        package: "intrusion-7".parse().unwrap(),
        issuer: "hospital".parse().unwrap(),
        manifest: old,
        released_by: "counsel-2".parse().unwrap(),
        second: "director-1".parse().unwrap(),
        to: "bureau".parse().unwrap(),
        despite_good_faith: None,
    };
    refuses(&more, stale.clone(), "not-latest");
    let mut other = stale;
    if let Event::PackageReleased { issuer, .. } = &mut other {
        *issuer = "lab".parse().unwrap();
    }
    refuses(&more, other, "not-the-issuer");
}

#[test]
fn custody_needs_both_signatures_and_the_holder() {
    let mut state = state(manifest());
    let next = |from: (&str, &str), to: (&str, &str), when: &str| {
        handed(Transfer {
            item: Digest::of(IMAGE),
            from: holder(from.0, from.1),
            to: holder(to.0, to.1),
            at: at(when),
            reason: "storage".parse().unwrap(),
        })
    };
    let (first, lab, safe) = (("hospital", "it-1"), ("lab", "analyst-4"), ("lab", "safe-1"));
    refuses(&state, next(first, safe, "2026-11-20T16:00:00Z"), "not-the-holder");
    refuses(&state, next(lab, lab, "2026-11-20T16:00:00Z"), "to-oneself");
    refuses(&state, next(lab, safe, "2026-11-20T14:00:00Z"), "backwards");
    refuses(&state, next(lab, safe, "2026-11-22T14:00:00Z"), "in-future");
    refuses(&state, next(lab, ("nobody", "x"), "2026-11-20T16:00:00Z"), "unknown-party");
    let good = next(lab, first, "2026-11-20T16:00:00Z");
    let mut half = attest(good.clone());
    half.signers = BTreeSet::from(["lab".parse().unwrap()]);
    assert_eq!(state.apply(&half).unwrap_err().code(), "not-signed");
    state.apply(&attest(good)).unwrap();
    assert_eq!(state.custody(&Digest::of(IMAGE)).len(), 2);

    // a manifest can neither invent nor omit a transfer
    let fresh = referrals();
    refuses(&fresh, sealed(manifest()), "custody-differs");
    let mut held = referrals();
    held.apply(&attest(handed(transfer()))).unwrap();
    let mut silent = manifest();
    silent.custody.clear();
    refuses(&held, sealed(silent), "custody-differs");
    // an item that never moved still has a holder
    let log = Transfer { item: Digest::of(LOG), from: holder("lab", "analyst-4"), ..transfer() };
    let log = Transfer { to: holder("hospital", "it-2"), ..log };
    refuses(&self::state(manifest()), handed(log), "not-the-holder");
}

#[test]
fn other_refusals() {
    let state = state(manifest());
    let edited = |edit: fn(&mut Manifest)| {
        let mut other = manifest();
        other.package = "other".parse().unwrap();
        edit(&mut other);
        sealed(other)
    };
    refuses(&state, edited(|m| m.items.clear()), "fault");
    refuses(&state, edited(|m| m.issuer = "nobody".parse().unwrap()), "unknown-party");
    let late = |m: &mut Manifest| {
        m.custody.clear();
        m.agents.clear();
        m.items.truncate(1);
        m.items[0].collected_at = at("2026-12-01");
    };
    refuses(&state, edited(late), "in-future");
    let package: PackageId = "missing".parse().unwrap();
    let people = ("counsel-2".parse().unwrap(), "director-1".parse().unwrap());
    let none = state.release(package, people, "bureau".parse().unwrap(), None, at(NOW));
    assert_eq!(none.unwrap_err().code(), "unknown-package");
}

fn any_event() -> impl Strategy<Value = Event> {
    let person = prop_oneof![Just("it-1"), Just("analyst-4"), Just("safe-1")];
    let party = prop_oneof![Just("hospital"), Just("lab"), Just("bureau")];
    let held = (party.clone(), person.clone());
    (any::<u8>(), held.clone(), held, 0u64..40, any::<bool>()).prop_map(
        |(kind, from, to, hours, whole)| {
            let when = at("2026-11-20T09:00:00Z").after(domain::Span::hours(hours));
            match kind % 5 {
                0 => handed(transfer()),
                1 => handed(Transfer {
                    from: holder(from.0, from.1),
                    to: holder(to.0, to.1),
                    at: when,
                    ..transfer()
                }),
                2 => {
                    let mut manifest = manifest();
                    if !whole {
                        manifest.exculpatory = None;
                    }
                    sealed(manifest)
                }
                3 => Event::PackageReleased {
                    package: "intrusion-7".parse().unwrap(),
                    issuer: "hospital".parse().unwrap(),
                    manifest: manifest().digest(),
                    released_by: from.1.parse().unwrap(),
                    second: to.1.parse().unwrap(),
                    to: to.0.parse().unwrap(),
                    despite_good_faith: None,
                },
                _ => Event::PackageReceived {
                    package: "intrusion-7".parse().unwrap(),
                    recipient: to.0.parse().unwrap(),
                    manifest: manifest().digest(),
                    by: to.1.parse().unwrap(),
                    at: when,
                },
            }
        },
    )
}

proptest::proptest! {
    /// Folding only what counted gives the same state; whatever was released was complete.
    #[test]
    fn replay_is_live(events in proptest::collection::vec(any_event(), 0..30)) {
        let mut live = referrals();
        let mut counted = Vec::new();
        for event in events {
            let before = live.clone();
            let attested = attest(event);
            match live.apply(&attested) {
                Ok(()) => counted.push(attested),
                Err(_) => proptest::prop_assert_eq!(&live, &before),
            }
        }
        let mut replayed = referrals();
        for attested in &counted {
            let event = Event::from_bytes(&attested.event.to_bytes()).unwrap();
            let again = replayed.apply(&Attested { event, ..attested.clone() });
            proptest::prop_assert_eq!(again, Ok(()));
        }
        proptest::prop_assert_eq!(&replayed, &live);
        for (_, package) in live.packages() {
            for (digest, _, release) in package.releases() {
                let revision = package.revisions().iter().find(|(m, ..)| m.digest() == *digest);
                proptest::prop_assert!(revision.unwrap().0.exculpatory.is_some());
                proptest::prop_assert!(release.released_by != release.second);
            }
        }
    }
}
