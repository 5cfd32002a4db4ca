//! Golden bytes. They were logged somewhere: never edit them.
use super::*;
use crate::decision::tests::{at, facts, listed};
use crate::facts::{Impact, Kev};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn every() -> Vec<Event> {
    let operator: PartyId = "county-hospital".parse().unwrap();
    let notice: NoticeId = "wave-7".parse().unwrap();
    let issuer: PartyId = "clearinghouse".parse().unwrap();
    let key = HourKey::new([7; 32]);
    let record = |facts| Event::FactsRecorded {
        operator: operator.clone(),
        asset: "mail".parse().unwrap(),
        advisory: "CVE-2026-1".parse().unwrap(),
        facts,
    };
    let ring = Ring {
        name: "exposed operators".parse().unwrap(),
        audience: vec![operator.clone()],
        opens_at: at("2026-12-03T18:00:00Z"),
        ciphertext: Digest::of(b"sealed"),
        key: key.digest(),
    };
    vec![
        record(facts(listed("2026-12-01"), true, false, Impact::Total)),
        record(facts(Kev::NotListed, false, true, Impact::Partial)),
        record(Facts::default()),
        Event::NoticeIssued {
            notice: notice.clone(),
            issuer: issuer.clone(),
            rings: vec![ring],
            act_by: Some(at("2026-12-06T18:00:00Z")),
        },
        Event::NoticeOpened { notice: notice.clone(), issuer, ring: 0, key },
        Event::NoticeAcknowledged { notice: notice.clone(), operator: operator.clone() },
        Event::NoticeClosed {
            notice,
            operator,
            before: Digest::of(b"before"),
            before_at: at("2026-12-03"),
            after: Digest::of(b"after"),
            after_at: at("2026-12-04"),
        },
        Event::FeedsTaken {
            by: "county-hospital".parse().unwrap(),
            snapshot: Digest::of(b"files"),
            files: 3,
            index: Digest::of(b"index"),
            taken_at: at("2026-12-05"),
        },
    ]
}

#[test]
fn golden_bytes() {
    let golden = every().into_iter().map(|e| format!("{} {}\n", e.kind(), hex(&e.to_bytes())));
    expect_test::expect![[r#"
        facts-recorded 8200846f636f756e74792d686f73706974616c646d61696c6a4356452d323032362d3185828201821b00066187351f80001b000663056c1ba00082666120746573740082f582666120746573740082f48266612074657374008201826661207465737400821b000661bc0374dc00826661207465737400
        facts-recorded 8200846f636f756e74792d686f73706974616c646d61696c6a4356452d323032362d31858282008082666120746573740082f482666120746573740082f58266612074657374008200826661207465737400821b000661bc0374dc00826661207465737400
        facts-recorded 8200846f636f756e74792d686f73706974616c646d61696c6a4356452d323032362d3180
        notice-issued 82018466776176652d376d636c656172696e67686f7573658185716578706f736564206f70657261746f7273816f636f756e74792d686f73706974616c1b000661be872fc8005820c9d0036bed6744bcdf692fc980d8717d7e5f5a4f4e8266b4a84982602fb1cd0958204bb06f8e4e3a7715d201d573d0aa423762e55dabd61a2c02278fa56cc6d294e01b000661fae0b5e800
        notice-opened 82028466776176652d376d636c656172696e67686f7573650058200707070707070707070707070707070707070707070707070707070707070707
        notice-acknowledged 82038266776176652d376f636f756e74792d686f73706974616c
        notice-closed 82048666776176652d376f636f756e74792d686f73706974616c58206db7d803e74f1ffa7d8f5adc0bf95b3e15bf4c8373fffadf546227cc6c6742cb1b000661af70ce40005820f39592393ef0859cb196a52693d2cea00fb2df784b3c04ae54aa7cadb8e562f81b000661c38ea5a000
        feeds-taken 8205856f636f756e74792d686f73706974616c58203d7db37d08f9140fd09f12b9621cd0954b6d56a9d2f357fb2c7f5d62636d2fd10358201bc04b5291c26a46d918139138b992d2de976d6851d0893b0476b85bfbdfc6e61b000661d7ac7d0000
    "#]].assert_eq(&golden.collect::<String>());
}

#[test]
fn bytes_read_back() {
    for event in every() {
        assert_eq!(Event::from_bytes(&event.to_bytes()).unwrap(), event);
        assert_eq!(event.signers(), BTreeSet::from([event.by().clone()]));
    }
}

#[test]
fn a_key_is_not_printed() {
    assert_eq!(format!("{:?}", HourKey::new([7; 32])), "HourKey(…)");
}

#[test]
fn replays_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/remediation_event");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        if let Ok(event) = Event::from_bytes(&bytes) {
            assert_eq!(event.to_bytes(), bytes);
            seen += 1;
        }
    }
    assert!(seen >= 5);
}

proptest::proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = Event::from_bytes(&bytes);
    }
}
