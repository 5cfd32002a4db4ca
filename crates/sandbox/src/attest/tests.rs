//! A sound session attests; each weakened one is caught by the check that is about it.

use super::{Reach, Seen, attest, judge};
use crate::policy::{Guard, Guards};
use crate::{Policy, Session, Tier};
use proptest::prelude::*;

fn failing(off: &[Guard]) -> Vec<&'static str> {
    let policy = Policy { guards: Guards::ALL.without(off), ..Policy::default() };
    let attestation = attest(&Session::start(policy).unwrap()).unwrap();
    attestation.checks.iter().filter(|c| !c.holds).map(|c| c.name).collect()
}

#[test]
fn weaknesses_are_seen() {
    if let Err(missing) = crate::probe() {
        println!("skipped: {missing}");
        return;
    }
    assert_eq!(failing(&[]), Vec::<&str>::new());
    for (guard, check) in [
        (Guard::ReadOnly, "read-only"),
        (Guard::Seccomp, "filtered"),
        (Guard::Seccomp, "no-netlink"),
        (Guard::Seccomp, "no-nesting"),
        (Guard::Capabilities, "no-capability"),
        (Guard::Network, "loopback-down"),
    ] {
        assert!(failing(&[guard]).contains(&check), "{guard:?} {check}");
    }
    assert!(failing(&[Guard::Privileges, Guard::Seccomp]).contains(&"no-new-privileges"));
}

#[test]
fn a_report_that_lacks_something_holds_nothing() {
    let checks = judge(&Seen::read(""), Reach::Nothing, Tier::Namespaces);
    assert!(checks.len() > 20 && checks.iter().all(|c| !c.holds));
}

#[test]
fn foreign_things_are_seen() {
    let text = "\u{1}routes 0\nIface\nveth0 0 0\n\u{1}ipv6-routes 2\n\u{1}interfaces 0\na\nb\n lo: 0\neth0: 1\n\
                \u{1}loopback 0\n9\u{1}unix-sockets 0\nNum\n1: @bus\n\u{1}processes 0\n2\n77\n\u{1}tcp 0\n\
                \u{1}resolver 13\n\u{1}mounts 0\nnone / tmpfs ro 0 0\nx /usr ext4 rw,nosuid 0 0\n";
    let checks = judge(&Seen::read(text), Reach::Nothing, Tier::Namespaces);
    let found = |name| {
        let check = checks.iter().find(|c| c.name == name).unwrap();
        (check.holds, check.found.as_str())
    };
    assert_eq!(found("no-route"), (false, "1 (route)"));
    assert_eq!(found("only-loopback"), (false, "lo, eth0"));
    assert_eq!(found("loopback-down"), (false, "up"));
    assert_eq!(found("no-host-socket"), (false, "1 (socket)"));
    assert_eq!(found("no-host-process"), (false, "ids 2, 77"));
    assert_eq!(found("no-tcp"), (false, "succeeded"));
    // Refused, but for another reason than absence.
    assert!(!found("no-resolver").0);
    assert_eq!(found("read-only"), (false, "writable: /usr"));
}

proptest! {
    #[test]
    fn any_report_is_judged(text in "[\u{1}a-z 0-9:\\-\n]{0,200}") {
        judge(&Seen::read(&text), Reach::Nothing, Tier::Namespaces);
    }
}
