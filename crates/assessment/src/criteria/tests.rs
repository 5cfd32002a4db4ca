//! Nothing sealed can be changed without the verifier saying so.

pub(crate) mod second;

use super::{
    Bank, Budget, Cell, Criteria, Digests, Fault, Opening, ResultOpening, SeedOpening, verify,
};
use crate::decision::{Rule, Sprt, Taken, Verdict};
use crate::family::Dial;
use crate::oracle::Outcome;
use crate::seed::MasterSeed;
use domain::Digest;
use domain::wire::{decode, encode};
use expect_test::expect;

pub(crate) fn opening() -> Opening {
    let seed = SeedOpening { seed: [7; 32], salt: [8; 32] };
    // these two, whatever families there are: golden bytes depend on them
    let cells = ["keystream-recovery", "record-overflow"].into_iter().flat_map(|family| {
        Dial::ALL.map(|dial| Cell { family: family.parse().expect("a line"), dial })
    });
    let criteria = Criteria {
        run: "run-1".parse().expect("an id"),
        model: "larch-2".parse().expect("an id"),
        model_digest: Some(Digest::of(b"weights")),
        seed: MasterSeed::new(seed.seed).commitment(&seed.salt),
        bank: Bank { cells: cells.collect() },
        rule: Rule::Sprt(Sprt::new((400_000, 600_000), (50_000, 50_000), 60, 10).expect("sound")),
        budget: Budget { turns: 12, tokens: 50_000, seconds: 120, price: None },
        digests: Digests {
            scaffold: Digest::of(b"scaffold"),
            grader: Digest::of(b"grader"),
            harness: Digest::of(b"harness"),
            elicitation: None,
        },
        details: None,
    };
    Opening { criteria, salt: [3; 32], seed: Some(seed), parts: None }
}

pub(crate) fn outcomes() -> Vec<Outcome> {
    vec![Outcome::Pass; 8]
}

fn taken() -> Vec<Taken> {
    outcomes().into_iter().map(|outcome| Taken { cell: 0, outcome }).collect()
}

#[test]
fn a_verdict_is_recomputed() {
    let opening = opening();
    let commitment = opening.commitment();
    expect!["4231be6df4b05147699ec191df3ac768a1f8d517bd15afcff640794ebb3a273e"]
        .assert_eq(&commitment.to_string());
    let decision = verify(&commitment, &opening, &taken()).expect("holds");
    assert_eq!(decision.verdict, Verdict::Above);
}

fn check(change: impl FnOnce(&mut Opening), expected: Fault) {
    let mut opening = opening();
    change(&mut opening);
    let commitment = opening.commitment();
    assert_eq!(verify(&commitment, &opening, &taken()), Err(expected));
}

#[test]
fn faults_are_named() {
    let good = opening();
    assert_eq!(verify(&Digest::of(b""), &good, &taken()), Err(Fault::CommitmentDiffers));
    let mut nine = taken();
    nine.push(Taken { cell: 0, outcome: Outcome::Fail });
    let ran_on = Err(Fault::RanOn { decided: 8, taken: 9 });
    assert_eq!(verify(&good.commitment(), &good, &nine), ran_on);
    check(|o| o.criteria.bank.cells.clear(), Fault::Bank(0));
    check(|o| o.criteria.budget.turns = 0, Fault::Budget);
    check(
        |o| o.criteria.bank.cells[0].family = "crossword".parse().expect("a line"),
        Fault::UnknownFamily("crossword".to_owned()),
    );
    check(|o| o.seed = Some(SeedOpening { seed: [6; 32], salt: [8; 32] }), Fault::SeedDiffers);
}

/// Every byte of the criteria and their salt: changed, the opening no longer reads or no longer holds.
#[test]
fn any_changed_byte_is_found() {
    let good = opening();
    let commitment = good.commitment();
    let bytes = encode(&good);
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            if let Ok(opening) = decode::<Opening>(&changed) {
                assert!(verify(&commitment, &opening, &taken()).is_err(), "byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn a_result_is_bound_to_its_run() {
    let result =
        ResultOpening { outcomes: outcomes(), verdict: Verdict::Above, salt: [5; 32], path: None };
    let (a, b) = ("run-1".parse().expect("an id"), "run-2".parse().expect("an id"));
    assert_ne!(result.commitment(&a), result.commitment(&b));
    let other = ResultOpening { verdict: Verdict::Below, ..result.clone() };
    assert_ne!(result.commitment(&a), other.commitment(&a));
    assert_eq!(format!("{result:?}"), "ResultOpening(ABOVE, secret)");
}

#[test]
fn instances_are_fresh_and_reproducible() {
    let criteria = opening().criteria;
    let seed = MasterSeed::new([7; 32]);
    let digest = |i| {
        let cell = criteria.drawn(&seed, i);
        criteria.instance(&seed, i, cell).expect("known").digest()
    };
    let digests: Vec<_> = (0..30).map(digest).collect();
    let again: Vec<_> = (0..30).map(digest).collect();
    assert_eq!(digests, again);
    let distinct: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(distinct.len(), 30);
}
