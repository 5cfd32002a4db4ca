//! The bytes of every kind of statement, for ever; and what is refused when reading.

use super::Event;
use crate::tests::{
    GOOD, acknowledged, claim, day, drafted, duplicate, engaged, exploited, extended, fixed, line,
    pace, published, received, released, renewed, report, reported, sent, validation, withdrawn,
};
use crate::{Basis, EmbargoTerms, FindingReport, InvalidReason, Round, RunOutcome, Verdict};
use domain::{Digest, Statement};
use expect_test::expect;
use proptest::prelude::*;
use std::path::PathBuf;

fn bare() -> Event {
    let mut bare = report("f-2", "school");
    (bare.proof, bare.fix, bare.evidence, bare.cwe) =
        (None, Some(Digest::of(b"fix")), vec![], vec![]);
    bare.target.revision = None;
    bare.provenance.model = None;
    bare.provenance.grant = None;
    bare.provenance.ai_use = crate::AiUse::None;
    bare.embargo = EmbargoTerms::Until(day(60));
    bare.claim = Some("c-1".parse().unwrap());
    Event::FindingReported(bare)
}

fn every_kind() -> Vec<Event> {
    let flaky = Round { proof_on_fixed: RunOutcome::HarnessFailed, ..GOOD };
    let invalid = Verdict::Invalid(InvalidReason::HarnessFailed);
    let judged = Basis::Judged { person: "coordinator-3".parse().unwrap(), why: line("one cause") };
    vec![
        claim("c-1", "lab", day(9)),
        renewed("c-1", "lab", day(12)),
        released("c-1", "lab"),
        reported("f-1", "lab"),
        bare(),
        received("f-1", day(2)),
        duplicate("f-2", "f-1", Basis::SameProof),
        duplicate("f-2", "f-1", judged),
        Event::Validated(validation("f-1", GOOD, Verdict::Confirmed, day(3))),
        Event::Validated(validation("f-1", flaky, invalid, day(3))),
        drafted("f-1", "upstream"),
        sent("f-1", day(5)),
        acknowledged("f-1", "upstream", day(6)),
        fixed("f-1", "upstream", day(39)),
        published("f-1", day(41)),
        pace("upstream", 3),
        exploited("f-1", day(7)),
        engaged("f-1", day(35)),
        extended("f-1"),
        withdrawn("f-1", "lab"),
    ]
}

/// Golden: a change here breaks every log there is.
#[test]
fn golden_bytes() {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let told: Vec<_> = every_kind()
        .iter()
        .map(|event| format!("{} {}\n", event.kind(), hex(&event.to_bytes())))
        .collect();
    expect![[r#"
        scan-claimed 8200818663632d31636c61628271706b673a636172676f2f6578616d706c6565312e322e330178234f7572206f776e206275696c642c206f6e206f7572206f776e206d616368696e65732e1b000653daecbc4000
        scan-renewed 8201818363632d31636c61621b0006541746426000
        scan-released 8202818363632d31636c61626d6e6f7468696e6720666f756e64
        finding-reported 8203819063662d31636c616278234c656e6774682069732072656164206265666f726520697420697320636865636b65648271706b673a636172676f2f6578616d706c6565312e322e33817819766572733a636172676f2f3e3d312e302e307c3c312e322e3481187d782e41207265636f7264206f66206c656e677468207a65726f0a7265616473207061737420746865206275666665722e58203defc6e632408e5aedde2b902592f83619b5bcc005ecc325ba3cd0eef4fd1a25815820eafe895eb8119e6e5d06463590b2ef81b3651c157d5c8e18f1889186c7fd0ac05820c1cda26362828b69266512052b97cb3729e3b052e4ade47c0a1e3383defe73c7f684696167656e7420312e3002676d6f64656c2d78676772616e742d3772546865206c6162277320726564207465616d1b00065325e029e0001b00065339fe014000820180
        finding-reported 8203819163662d32667363686f6f6c78234c656e6774682069732072656164206265666f726520697420697320636865636b65648171706b673a636172676f2f6578616d706c65817819766572733a636172676f2f3e3d312e302e307c3c312e322e3480782e41207265636f7264206f66206c656e677468207a65726f0a7265616473207061737420746865206275666665722e5820b0356098ece57c97096b9b30224823c6e0769d54f055abcdbc3f3171ecb239c780f658201c6e6c4c02e55178e85890fc9bbed4ce046415ec8122bf38f711b779184ae2a082696167656e7420312e300072546865206c6162277320726564207465616d1b00065325e029e0001b00065339fe0140008202811b000657dcdea4600063632d31
        finding-received 8204818363662d31636875621b0006534e1bd8a000
        duplicate-confirmed 8205818463662d3263662d3163687562820080
        duplicate-confirmed 8205818463662d3263662d31636875628203826d636f6f7264696e61746f722d33696f6e65206361757365
        validated 8206818a63662d31636875625820c1cda26362828b69266512052b97cb3729e3b052e4ade47c0a1e3383defe73c758200fcd568a5cb9bdb4677b69354b11ee415af8f784519cff3da49a26f84eaee7f25820c47f5b18b8a430e698b9fe15e51f6119984e78334bcf3f45e210d30c37ef2f9e582030f3fadac3f9d8b6c8a8188a0e7b0c36abc9b90886ac3fa94654e2961c4ff7658284000101018284000101018400010101820080756e616d657370616365732c206367726f75702d76311b0006536239b00000
        validated 8206818a63662d31636875625820c1cda26362828b69266512052b97cb3729e3b052e4ade47c0a1e3383defe73c758200fcd568a5cb9bdb4677b69354b11ee415af8f784519cff3da49a26f84eaee7f25820c47f5b18b8a430e698b9fe15e51f6119984e78334bcf3f45e210d30c37ef2f9e582030f3fadac3f9d8b6c8a8188a0e7b0c36abc9b90886ac3fa94654e2961c4ff765828400030101828400030101840003010182048100756e616d657370616365732c206367726f75702d76311b0006536239b00000
        report-drafted 8207818463662d316368756268757073747265616d58207743ce348d9284d677a185f33295b92266cc435a5b5f775029b300066d26693a
        report-sent 8208818663662d31636875626d636f6f7264696e61746f722d3358207743ce348d9284d677a185f33295b92266cc435a5b5f775029b300066d26693a781e7468652070726f6a656374277320736563757269747920616464726573731b0006538a755ec000
        report-acknowledged 8209818363662d3168757073747265616d1b0006539e93362000
        fix-released 820a818563662d3168757073747265616d58209505cacb7c710ed17125fcc6cb3669e8ddca6c8cd8af6a31f6b3cd64604c309865312e322e341b000656366bf98000
        advisory-published 820b818663662d31636875626d4356452d323032362d30303031582063569fd5f90969e698fbc60da36c691f9554078aede01fa225ee6dadfe06723e58205148d04a6c781343f70c5fcc0cf73dc6d166e243156ccf83e9031a74b98c1c901b0006565ea7a84000
        pace-set 820c818268757073747265616d03
        exploitation-seen 820d818463662d31636875626f6120434552542773206e6f746963651b000653b2b10d8000
        coordinator-engaged 820e818463662d31636875626f61206e6174696f6e616c20434552541b000655e5f49c0000
        embargo-extended 820f818363662d3163687562747468652066697820697320696e20726576696577
        finding-withdrawn 8210818363662d31636c616276697420776173206f7572206f776e206861726e657373
    "#]].assert_eq(&told.concat());
}

#[test]
fn reading_gives_back_what_was_written() {
    let mut kinds = std::collections::BTreeSet::new();
    for event in every_kind() {
        assert_eq!(Event::from_bytes(&event.to_bytes()).unwrap(), event);
        assert_eq!(event.signers().len(), 1);
        kinds.insert(event.kind());
    }
    assert_eq!(kinds.len(), 17);
    assert_eq!(Event::SCHEMA, "clearinghouse/v1");
}

/// The domain struct is also the JSON of intake.
#[test]
fn a_report_as_json() {
    let json = serde_json::to_string(&report("f-1", "lab")).unwrap();
    assert_eq!(serde_json::from_str::<FindingReport>(&json).unwrap(), report("f-1", "lab"));
    for (from, to) in [
        ("\"title\":", "\"surprise\":1,\"title\":"),
        ("autonomous", "magic"),
        ("2026-06-01T00:00:00Z", "yesterday"),
        ("Length is read", "Length\\u202eis read"),
        ("\"f-1\"", "\"F 1\""),
    ] {
        let bad = json.replace(from, to);
        assert_ne!(bad, json);
        assert!(serde_json::from_str::<FindingReport>(&bad).is_err(), "{to}");
    }
}

fn corpus() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/clearinghouse_event"))
}

/// What the fuzz target does with each file of its corpus.
#[test]
fn the_corpus_is_read() {
    let mut read = 0;
    for entry in std::fs::read_dir(corpus()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        if let Ok(event) = Event::from_bytes(&bytes) {
            assert_eq!(event.to_bytes(), bytes);
            read += 1;
        }
    }
    assert!(read >= 3, "{read} statements in the corpus");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Event::from_bytes(&bytes);
    }

    #[test]
    fn a_changed_byte_never_reads_as_the_same(which in 0_usize..20, at: prop::sample::Index, xor in 1_u8..) {
        let event = &every_kind()[which];
        let mut bytes = event.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= xor;
        if let Ok(other) = Event::from_bytes(&bytes) {
            prop_assert_ne!(&other, event);
            prop_assert_eq!(other.to_bytes(), bytes);
        }
    }
}
