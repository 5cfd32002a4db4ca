//! A holder's new credential: both work for a while, then only the new one.

use super::scene::{Stage, ask, at, case, check, check_after, issue_of, request, say, token, with};
use crate::event::{CredentialReplacement, Event};
use crate::walk::world::{id, instant};
use crate::{GrantRequest, Refusal};
use domain::Digest;

fn replacement() -> CredentialReplacement {
    CredentialReplacement {
        case: case(),
        grant: id("g1"),
        party: id("evaluator"),
        old: token("g1"),
        new: token("newer"),
        old_ends_at: instant(42),
    }
}

#[test]
fn both_work_until_the_old_one_ends() {
    let mut reviews = at(Stage::Issued);
    let code = |outcome: Result<crate::Permit, Refusal>| outcome.map(drop).map_err(|e| e.code());
    assert_eq!(code(ask(&reviews, "newer", 40)), Err("unknown-credential"));
    say(&mut reviews, 40, Event::CredentialReplaced(replacement())).expect("the holder's own");
    let old = ask(&reviews, "g1", 41).expect("for a while");
    assert_eq!(old.expires_at(), instant(42), "an open answer ends with it");
    let new = ask(&reviews, "newer", 41).expect("at once");
    assert_eq!(
        (new.grant(), new.expires_at()),
        (&id("g1"), ask(&at(Stage::Issued), "g1", 41).expect("granted").expires_at())
    );
    assert!(reviews.is_live(&old, instant(41)).is_ok());
    assert_eq!(code(ask(&reviews, "g1", 42)), Err("credential-replaced"));
    assert!(reviews.is_live(&old, instant(42)).is_err());
    assert_eq!(code(ask(&reviews, "newer", 43)), Ok(()));
    assert_eq!(reviews.case(&case()).expect("a case").credential(&id("g1")), Some(&token("newer")));
    // and once more
    let again = with(replacement(), |e| {
        (e.old, e.new, e.old_ends_at) = (token("newer"), token("newest"), instant(43));
    });
    say(&mut reviews, 43, Event::CredentialReplaced(again)).expect("again");
    assert_eq!(
        code(ask(&reviews, "newer", 43)),
        Err("credential-replaced"),
        "no overlap was asked for"
    );
    assert_eq!(code(ask(&reviews, "newest", 43)), Ok(()));
}

#[test]
fn what_is_refused() {
    let wrong = |change: fn(&mut CredentialReplacement), code| {
        check_after(
            Stage::Issued,
            vec![],
            (40, Event::CredentialReplaced(with(replacement(), change))),
            code,
        );
    };
    wrong(|e| e.party = id("developer"), "not-entitled");
    wrong(|e| e.old = token("g2"), "digest-differs");
    wrong(|e| e.new = token("g1"), "credential-in-use");
    wrong(|e| e.old_ends_at = instant(65), "overlap-too-long");
    wrong(|e| e.grant = id("g9"), "unknown-grant");
    check(
        Stage::Requested,
        Event::CredentialReplaced(with(replacement(), |e| e.old_ends_at = instant(3))),
        "grant-not-issued",
    );
    // a credential that once was somebody's is never another's
    let second = GrantRequest { credential: token("newer"), ..request("g2") };
    let before = vec![(40, Event::CredentialReplaced(replacement()))];
    check_after(
        Stage::Issued,
        before,
        (41, Event::GrantRequested(second.clone())),
        "credential-in-use",
    );
    let before = vec![
        (2, Event::GrantRequested(second.clone())),
        (2, Event::GrantIssued(issue_of(&second))),
    ];
    check_after(
        Stage::Issued,
        before,
        (40, Event::CredentialReplaced(replacement())),
        "credential-in-use",
    );
    assert_ne!(token("newer"), Digest::of(b"g1"));
}

#[test]
fn what_stops_a_grant_stops_both_credentials() {
    let mut reviews = at(Stage::Issued);
    say(&mut reviews, 40, Event::CredentialReplaced(replacement())).expect("the holder's own");
    say(&mut reviews, 41, Event::GrantRevoked(super::scene::change("government")))
        .expect("either's");
    for credential in ["g1", "newer"] {
        assert_eq!(ask(&reviews, credential, 41).expect_err("revoked").code(), "grant-revoked");
    }
}
