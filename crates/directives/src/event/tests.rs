//! Golden bytes. They were logged somewhere: never edit them.
use super::*;
use domain::wire;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn every() -> Vec<Event> {
    let at = "2026-12-01T09:00:00Z".parse().unwrap();
    let by: PartyId = "county-hospital".parse().unwrap();
    let clock: ClockId = "cve-2026-1-mail".parse().unwrap();
    vec![
        Event::ClockStarted {
            clock: clock.clone(),
            pack: "forensic-triage".parse().unwrap(),
            start: "kev-added".parse().unwrap(),
            at,
            subject: "CVE-2026-1 on the mail gateway".parse().unwrap(),
            by: by.clone(),
        },
        Event::ObligationMet {
            obligation: "forensic-triage/scope@cve-2026-1-mail".parse().unwrap(),
            by: by.clone(),
            at,
            evidence: Digest::of(b"scope"),
            note: "list of systems".parse().unwrap(),
        },
        Event::DueAdjusted {
            obligation: "order-14409/2-f".parse().unwrap(),
            by: by.clone(),
            due: at,
            reason: "holiday".parse().unwrap(),
            source: "memo 7".parse().unwrap(),
        },
        Event::ClockWithdrawn { clock, by, reason: "wrong system".parse().unwrap() },
    ]
}

#[test]
fn golden_bytes() {
    let golden = every().into_iter().map(|e| format!("{} {}\n", e.kind(), hex(&e.to_bytes())));
    expect_test::expect![[r#"
        clock-started 8200866f6376652d323032362d312d6d61696c6f666f72656e7369632d747269616765696b65762d61646465641b0006618ec0504400781e4356452d323032362d31206f6e20746865206d61696c20676174657761796f636f756e74792d686f73706974616c
        obligation-met 8201857825666f72656e7369632d7472696167652f73636f7065406376652d323032362d312d6d61696c6f636f756e74792d686f73706974616c1b0006618ec050440058205f161c9149882e0e10124bc5dd5c11f0fbe8ec452edd52bcec76b01e9252cb336f6c697374206f662073797374656d73
        due-adjusted 8202856f6f726465722d31343430392f322d666f636f756e74792d686f73706974616c1b0006618ec050440067686f6c69646179666d656d6f2037
        clock-withdrawn 8203836f6376652d323032362d312d6d61696c6f636f756e74792d686f73706974616c6c77726f6e672073797374656d
    "#]].assert_eq(&golden.collect::<String>());
}

#[test]
fn bytes_read_back_and_only_the_party_signs() {
    for event in every() {
        assert_eq!(Event::from_bytes(&event.to_bytes()).unwrap(), event);
        assert_eq!(event.signers(), BTreeSet::from(["county-hospital".parse().unwrap()]));
    }
}

#[test]
fn ids_that_are_not_ids_do_not_read() {
    let bytes = wire::encode(&every()[3]);
    let at = bytes.windows(3).position(|w| w == b"cve").unwrap();
    let mut broken = bytes;
    broken[at] = b'C';
    assert!(Event::from_bytes(&broken).is_err());
}

#[test]
fn replays_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/directives_event");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        if let Ok(event) = Event::from_bytes(&bytes) {
            assert_eq!(event.to_bytes(), bytes);
            seen += 1;
        }
    }
    assert!(seen >= 4);
}

proptest::proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = Event::from_bytes(&bytes);
    }
}
