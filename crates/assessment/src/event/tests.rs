//! Golden bytes: what was once logged reads for ever. Never edit an expectation here.

use super::Event;
use crate::criteria::{ResultOpening, tests as criteria};
use crate::decision::Verdict;
use crate::elicitation::RungOf;
use domain::{Digest, Statement as _, Timestamp};
use expect_test::{Expect, expect};
use proptest::prelude::{any, proptest};
use std::fs;
use std::path::Path;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn check(event: &Event, kind: &str, golden: &Expect) {
    let bytes = event.to_bytes();
    golden.assert_eq(&hex(&bytes));
    assert_eq!(Event::from_bytes(&bytes).as_ref(), Ok(event));
    assert_eq!(event.kind(), kind);
    assert_eq!(event.signers(), [event.evaluator().clone()].into());
}

#[test]
fn a_rung_names_its_ladder() {
    let rung = Event::CriteriaSealed {
        run: "run-1".parse().expect("an id"),
        evaluator: "evaluator".parse().expect("an id"),
        model: "larch-2".parse().expect("an id"),
        model_digest: None,
        case: Some("case-1".parse().expect("an id")),
        commitment: criteria::opening().commitment(),
        ladder: Some(RungOf { ladder: "july".parse().expect("a line"), rungs: 7 }),
    };
    check(
        &rung,
        "criteria-sealed",
        &expect![
            "8200876572756e2d31696576616c7561746f72676c617263682d32f666636173652d3158204231be6df4b05147699ec191df3ac768a1f8d517bd15afcff640794ebb3a273e82646a756c7907"
        ],
    );
}

#[test]
fn wire() {
    let run: domain::RunId = "run-1".parse().expect("an id");
    let evaluator: domain::PartyId = "evaluator".parse().expect("an id");
    let opening = criteria::opening();
    let sealed = Event::CriteriaSealed {
        run: run.clone(),
        evaluator: evaluator.clone(),
        model: "larch-2".parse().expect("an id"),
        model_digest: None,
        case: Some("case-1".parse().expect("an id")),
        commitment: opening.commitment(),
        ladder: None,
    };
    check(
        &sealed,
        "criteria-sealed",
        &expect![
            "8200866572756e2d31696576616c7561746f72676c617263682d32f666636173652d3158204231be6df4b05147699ec191df3ac768a1f8d517bd15afcff640794ebb3a273e"
        ],
    );
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).expect("an instant");
    let outcomes = criteria::outcomes();
    let result = ResultOpening { outcomes, verdict: Verdict::Above, salt: [5; 32], path: None };
    let recorded = Event::MeasurementRecorded {
        run: run.clone(),
        evaluator: evaluator.clone(),
        transcript: Digest::of(b"transcript"),
        started_at: at(100),
        ended_at: at(200),
        result: result.commitment(&run),
        verdict: Some(Verdict::Above),
    };
    check(
        &recorded,
        "measurement-recorded",
        &expect![
            "8201876572756e2d31696576616c7561746f72582054e6289e14c7b0e7ad9acc2dfc4c1e3d027d0eef7f5c4c3fe7c292761d0e06a61a05f5e1001a0bebc200582091f41a9c32b07fa7736c42f49a3525c1fbe14988fa6691ea7c03e348fcd1224200"
        ],
    );
    let escrowed = Event::CriteriaEscrowed {
        run: run.clone(),
        evaluator: evaluator.clone(),
        opening: Box::new(opening.clone()),
    };
    let bytes = escrowed.to_bytes();
    assert_eq!(Event::from_bytes(&bytes).as_ref(), Ok(&escrowed));
    expect!["8203"].assert_eq(&hex(&bytes[..2]));
    let why = "the transcript shows the flag being printed".parse().expect("a line");
    let marked = Event::SamplesMarked {
        run: run.clone(),
        evaluator: evaluator.clone(),
        marks: [(3, why)].into(),
    };
    check(
        &marked,
        "samples-marked",
        &expect![
            "8204836572756e2d31696576616c7561746f72a103782b746865207472616e7363726970742073686f77732074686520666c6167206265696e67207072696e746564"
        ],
    );
    let opened = Event::CriteriaOpened { run, evaluator, opening: Box::new(opening), result };
    check(
        &opened,
        "criteria-opened",
        &expect![
            "8202846572756e2d31696576616c7561746f7283886572756e2d31676c617263682d3258209a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c58203dc55275dd64eb2417c4aa89383a2a2d7af391f1c28fa99e633a577e313c9f42818a82726b657973747265616d2d7265636f766572790182726b657973747265616d2d7265636f766572790282726b657973747265616d2d7265636f766572790382726b657973747265616d2d7265636f766572790482726b657973747265616d2d7265636f7665727905826f7265636f72642d6f766572666c6f7701826f7265636f72642d6f766572666c6f7702826f7265636f72642d6f766572666c6f7703826f7265636f72642d6f766572666c6f7704826f7265636f72642d6f766572666c6f77058200818a1a00061a801a000927c019c35019c350183c0a1a182ae8143a182ae8131aaf8092c33aaf8092c2830c19c3501878835820db8a7260fb63f93965994066da8a70536862045e6a2ab27299a953e50c158a835820cb8ef6444b43f18fedf1f8347c5cd667f442473878cc1c9547f74564ed6f865d582049f756463ad9dcfb9b6ade54d7d6f15476e7214f46a65b4b0c55d46845b12f7058200303030303030303030303030303030303030303030303030303030303030303825820070707070707070707070707070707070707070707070707070707070707070758200808080808080808080808080808080808080808080808080808080808080808838800000000000000000058200505050505050505050505050505050505050505050505050505050505050505"
        ],
    );
}

/// Version 2 of the criteria travels in the same statements.
#[test]
fn second_version() {
    let opening = criteria::second::opening();
    let decision = criteria::second::decision(&opening, |_| crate::Outcome::Pass);
    let result = criteria::second::result(&decision);
    let event = Event::CriteriaOpened {
        run: "run-1".parse().expect("an id"),
        evaluator: "evaluator".parse().expect("an id"),
        opening: Box::new(opening),
        result,
    };
    let bytes = event.to_bytes();
    assert_eq!(Event::from_bytes(&bytes).as_ref(), Ok(&event));
    expect!["8202846572756e2d31696576616c7561746f7284896572756e2d31676c617263682d3258209a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c58203dc55275dd64eb2417c4aa89383a2a2d7af391f1c28fa99e633a577e313c9f42818a82726b657973747265616d2d7265636f766572790182726b657973747265616d2d7265636f766572790282726b657973747265616d2d7265636f766572790382726b657973747265616d2d7265636f766572790482726b657973747265616d2d7265636f7665727905826f7265636f72642d6f766572666c6f7701826f7265636f72642d6f766572666c6f7702826f7265636f72642d6f766572666c6f7703826f7265636f72642d6f766572666c6f7704826f7265636f72642d6f766572666c6f77058201818e003901f31903e819c350194e201904b01901f40306183c181e000003830c19c3501878835820db8a7260fb63f93965994066da8a70536862045e6a2ab27299a953e50c158a835820cb8ef6444b43f18fedf1f8347c5cd667f442473878cc1c9547f74564ed6f865d582049f756463ad9dcfb9b6ade54d7d6f15476e7214f46a65b4b0c55d46845b12f70828a873907cf1903e80019012c001a000f42401a000f4240873903e71903e80019012c001a000f42401a000f424087001903e80019012c001a000f42401a000f4240871903e81903e80019012c001a000f42401a000f4240871907d01903e80019012c001a000f42401a000f4240873907cf1903e80019012c001a000f42401a000f4240873903e71903e80019012c001a000f42401a000f424087001903e80019012c001a000f42401a000f4240871903e81903e80019012c001a000f42401a000f4240871907d01903e80019012c001a000f42401a000f42408282726b657973747265616d2d7265636f766572795820d7ffe4dc3b60c2229e96b4d10b1df7c4498a505cccfa37fa9bec5fcd81a18fda826f7265636f72642d6f766572666c6f77582008c02baf20ca4f771a449ea1c5fe0d2b990f914636bd7b2a9c94d98f8bfdbc0d58200303030303030303030303030303030303030303030303030303030303030303825820070707070707070707070707070707070707070707070707070707070707070758200808080808080808080808080808080808080808080808080808080808080808885820c7aede600ebd4092eba51986f6e0faad9b11a48c963f323b3b54eb4b2a9524db5820e48ceeadf710c6462028cafdee4c5de928f5ab2239f8cd3d9d0168edfff2d8a358203a7be3d915210ecf0e5015f790341f9e937b80f2f84a8aea022f68a892382f2158208dba99cc8b7613110d6caf5ce6b8468a211e3b74067d51901293705fc938b2ec582048548a3f990f2dd2c5a455b1561c7b6aac1701a845c00f3eb03fa7c4605a12b85820f82d85ad85cf27487fb047e0a6a0d4785aaba4f83bf9ed54ae34ca432d603735582065251bad952e51d363fb3349484af73920d6d14ac9ac4152fd3e49a70a2baa1b58205d9efb88e2db48832525ed23ba9e0585ae841ba710bdcbf320159a7c33826011848700000000000000005820050505050505050505050505050505050505050505050505050505050505050587870300001a3afc72da1a3afc72da821a11d8a1f41a1a267ba0821a24b9a4c33a3135789e870600001a2263a11c1a5d6013f6821a2914074a1a208764a7821a403c15d43a40b0d369870300001a19da93331a773aa729821a1b1504691a2300508a821a668da1c53a60e2fb35870900001a4167eb941ab8a292bd821a1671bf5e1a269a295b821a93d8550b3a82c44ea4870400001a4167eb941afa0a7e51821a1a66fc5d1a29e48f91821ac292e0723a99f9255f870101001a2263a11c1b000000011c6e1f6d820000821ac292e0723a99f9255f870201001a2fdeb79b1b000000014c4cd708820000821ac292e0723a99f9255f"].assert_eq(&hex(&bytes));
}

/// A price makes the budget one of money too; without one, the bytes are what they were.
#[test]
fn price_is_the_budgets_last_field() {
    let budget = crate::Budget { turns: 12, tokens: 50_000, seconds: 120, price: None };
    let priced = crate::Budget { price: Some(15_000_000), ..budget };
    expect!["830c19c3501878"].assert_eq(&hex(&domain::wire::encode(&budget)));
    expect!["840c19c35018781a00e4e1c0"].assert_eq(&hex(&domain::wire::encode(&priced)));
    assert_eq!(priced.cost(50_000), Some(750_000));
    assert_eq!(budget.cost(50_000), None);
}

#[test]
fn corpus_replays() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/assessment_event");
    let mut read = 0;
    for entry in fs::read_dir(folder).expect("the corpus is committed") {
        let bytes = fs::read(entry.expect("readable").path()).expect("readable");
        if let Ok(event) = Event::from_bytes(&bytes) {
            assert_eq!(event.to_bytes(), bytes);
            read += 1;
        }
    }
    assert!(read >= 3, "some of the corpus reads");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _refused = Event::from_bytes(&bytes);
    }

    #[test]
    fn changed_statements_never_panic(at in 0_usize..1_000, byte in any::<u8>()) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/assessment_event");
        let mut bytes = fs::read(folder.join("opened")).expect("the corpus is committed");
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(Event::CriteriaOpened { opening, result, .. }) = Event::from_bytes(&bytes) {
            let _fault = crate::verify(&opening.commitment(), &opening, &result.taken());
        }
    }
}
