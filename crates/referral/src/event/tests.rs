//! Golden bytes. They were logged somewhere: never edit them.
use super::*;
use crate::manifest::tests::{at, manifest, transfer};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn every() -> Vec<Event> {
    let digest = manifest().digest();
    vec![
        Event::CustodyTransferred { transfer: transfer() },
        Event::PackageSealed { manifest: Box::new(manifest()), sealed_by: "it-1".parse().unwrap() },
        Event::PackageReleased {
            package: "intrusion-7".parse().unwrap(),
            issuer: "hospital".parse().unwrap(),
            manifest: digest,
            released_by: "counsel-2".parse().unwrap(),
            second: "director-1".parse().unwrap(),
            to: "bureau".parse().unwrap(),
            despite_good_faith: Some("the demand for payment".parse().unwrap()),
        },
        Event::PackageReceived {
            package: "intrusion-7".parse().unwrap(),
            recipient: "bureau".parse().unwrap(),
            manifest: digest,
            by: "agent-9".parse().unwrap(),
            at: at("2026-11-22T08:00:00Z"),
        },
    ]
}

#[test]
fn golden_bytes() {
    let golden = every().into_iter().map(|e| format!("{} {}\n", e.kind(), hex(&e.to_bytes())));
    expect_test::expect_file!["golden.txt"].assert_eq(&golden.collect::<String>());
}

#[test]
fn bytes_read_back() {
    for event in every() {
        assert_eq!(Event::from_bytes(&event.to_bytes()).unwrap(), event);
    }
    let both: Vec<_> = every()[0].signers().into_iter().map(|p| p.to_string()).collect();
    assert_eq!(both, ["hospital", "lab"]);
}

#[test]
fn replays_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/referral_event");
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
