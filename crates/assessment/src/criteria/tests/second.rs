//! Version 2 of the document: golden bytes, every changed byte named, one family opened and no other.

use super::opening as first;
use crate::criteria::{Cell, Details, Disclosure, Fault, Opening, ResultOpening, verify};
use crate::decision::{Ask, Decision, Rule, Taken, TwoKeys, Verdict};
use crate::family::Dial;
use crate::item::Item;
use crate::oracle::Outcome;
use crate::seed::MasterSeed;
use domain::Digest;
use domain::wire::{decode, encode};
use expect_test::expect;

fn keys() -> TwoKeys {
    TwoKeys { delta: 1_000, alpha: 50_000, beta: 20_000, floor: 6, cap: 60, ..TwoKeys::at(-500) }
}

/// The criteria of version 1 with two keys and item parameters.
pub(crate) fn opening() -> Opening {
    let mut criteria = first().criteria;
    criteria.rule = Rule::TwoKeys(keys());
    let seed = first().seed.expect("opened");
    let items = criteria.bank.cells.iter().map(|cell| Item::prior(cell.dial)).collect();
    criteria.details = Some(Details::new(&criteria.bank, items, &criteria.run, &seed));
    Opening::new(criteria, [3; 32], Some(seed))
}

/// A run of a model that passes what `passes` says.
pub(crate) fn decision(opening: &Opening, passes: impl Fn(u32) -> Outcome) -> Decision {
    let criteria = &opening.criteria;
    let seed = MasterSeed::new(opening.seed.as_ref().expect("opened").seed);
    let prepared = criteria.prepared();
    let mut course = prepared.begin();
    for index in 0.. {
        let cell = match course.ask() {
            Ask::Drawn => criteria.drawn(&seed, index),
            Ask::Chosen(cell) => cell,
            Ask::Nothing => break,
        };
        course.take(Taken { cell, outcome: passes(index) });
    }
    course.into_decision()
}

pub(crate) fn result(decision: &Decision) -> ResultOpening {
    ResultOpening::new(decision, [5; 32])
}

#[test]
fn a_verdict_of_two_keys_is_recomputed() {
    let opening = opening();
    opening.criteria.check().expect("sound");
    let commitment = opening.commitment();
    expect!["944e64c4917bac792006cb5b9304c2bd1e4877157d9ccc3cb5a51a5c469acd8c"]
        .assert_eq(&commitment.to_string());
    expect!["018d891ea8211daf2ebc15df23ad0cab9053ce4448ec1cdd802de6505c205203"]
        .assert_eq(&Digest::of(&encode(&opening)).to_string());
    for (outcome, verdict) in [(Outcome::Pass, Verdict::Above), (Outcome::Fail, Verdict::Below)] {
        let decision = decision(&opening, |_| outcome);
        assert_eq!(decision.verdict, verdict);
        let result = result(&decision);
        let again = verify(&commitment, &opening, &result.taken()).expect("holds");
        assert_eq!(again, decision);
        assert_eq!(result.check(&again), Ok(()));
    }
    let withheld = Opening { seed: None, ..opening.clone() };
    assert_eq!(withheld.check(&commitment), Ok(()));
}

/// Each byte of the opening, changed, is refused, and all but changes of the document's shape name a part.
#[test]
fn any_changed_byte_is_named() {
    let good = opening();
    let commitment = good.commitment();
    let bytes = encode(&good);
    let mut named = std::collections::BTreeSet::new();
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let Ok(opening) = decode::<Opening>(&changed) else { continue };
            let fault = opening.check(&commitment).expect_err("found");
            if let Fault::PartDiffers(part) | Fault::ListDiffers(part) = fault {
                named.insert(part);
            } else {
                assert_eq!(fault, Fault::SeedDiffers, "byte {at} bit {bit}");
                named.insert("the seed".to_owned());
            }
        }
    }
    // a family whose name was changed is named as it reads now
    let (families, parts): (Vec<_>, Vec<_>) =
        named.into_iter().partition(|part| part.starts_with("family "));
    assert!(families.len() > 30, "{families:?}");
    expect![[r#"
        how the model is asked, or the digests of scaffold, grader and loop
        the bank
        the budget of a sample
        the commitment to the master seed
        the rule (threshold, error rates, caps)
        the run, the model or its digest
        the salt
        the seed"#]]
    .assert_eq(&parts.join("\n"));
}

/// Each byte of the recorded result, changed, is refused by what follows from the criteria.
#[test]
fn any_changed_increment_is_named() {
    let opening = opening();
    let commitment = opening.commitment();
    let decision = decision(&opening, |n| if n % 3 == 1 { Outcome::Fail } else { Outcome::Pass });
    let good = result(&decision);
    let bytes = encode(&good);
    let mut steps = 0;
    // the salt is bound by the commitment alone
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let Ok(result) = decode::<ResultOpening>(&changed) else { continue };
        let run = &opening.criteria.run;
        assert_ne!(result.commitment(run), good.commitment(run), "byte {at}");
        if result.salt != good.salt {
            continue;
        }
        let found = verify(&commitment, &opening, &result.taken()).and_then(|d| result.check(&d));
        let fault = found.expect_err("found");
        steps += u32::from(matches!(fault, Fault::StepDiffers(_)));
        // the criteria are whole, so it is the result that is blamed
        let result = matches!(
            fault,
            Fault::StepDiffers(_)
                | Fault::PathDiffers
                | Fault::DrawDiffers(_)
                | Fault::ChoiceDiffers(_)
                | Fault::VerdictDiffers { .. }
                | Fault::RanOn { .. }
        );
        assert!(result, "byte {at}: {fault}");
    }
    assert!(steps > 100, "increments are recorded: {steps}");
}

fn check(change: impl FnOnce(&mut Opening), expected: Fault) {
    let mut opening = opening();
    change(&mut opening);
    assert_eq!(opening.criteria.check(), Err(expected));
}

#[test]
fn what_cannot_be_run() {
    fn details(opening: &mut Opening) -> &mut Details {
        opening.criteria.details.as_mut().expect("version 2")
    }
    check(|o| o.criteria.details = None, Fault::NoItems);
    check(|o| details(o).items.truncate(9), Fault::Items { cells: 10, items: 9 });
    check(|o| details(o).items[3].ceiling = 0, Fault::Item(3));
    check(|o| details(o).families.truncate(1), Fault::Families);
    check(|o| o.criteria.bank.cells[4].dial = Dial::ALL[0], Fault::Twice(4));
    let floor = |floor| Rule::TwoKeys(TwoKeys { floor, ..keys() });
    check(|o| o.criteria.rule = floor(11), Fault::Floor { floor: 11, cells: 10 });
    let opening = Opening { parts: None, ..opening() };
    assert_eq!(opening.check(&opening.commitment()), Err(Fault::List));
}

/// A cell that the seed does not draw, or that the rule does not choose, is found.
#[test]
fn cells_are_not_the_evaluators_choice() {
    let opening = opening();
    let commitment = opening.commitment();
    let good = result(&decision(&opening, |_| Outcome::Pass)).taken();
    let mut drawn = good.clone();
    drawn[0].cell = (drawn[0].cell + 1) % 10;
    assert_eq!(verify(&commitment, &opening, &drawn), Err(Fault::DrawDiffers(0)));
    let failed = decision(&opening, |n| if n == 1 { Outcome::Invalid } else { Outcome::Pass });
    let mut other = result(&failed).taken();
    other[2].cell = (other[2].cell + 1) % 10;
    // the cell that could not be measured is measured again, not another
    assert_eq!(verify(&commitment, &opening, &other), Err(Fault::ChoiceDiffers(2)));
}

/// A drawn cell whose measurement failed is measured again out of turn, and the run verifies all the same.
#[test]
fn a_drawn_sample_that_is_invalid_is_repeated() {
    let opening = opening();
    let commitment = opening.commitment();
    for invalid in 0..6 {
        for more in 0..2 {
            let outcome = |n| {
                let failed = (invalid..=invalid + more).contains(&n);
                if failed { Outcome::Invalid } else { Outcome::Pass }
            };
            let failed = decision(&opening, outcome);
            let taken = result(&failed).taken();
            assert_eq!(verify(&commitment, &opening, &taken), Ok(failed), "{invalid} {more}");
        }
    }
}

#[test]
fn one_family_is_opened_and_no_other() {
    let opening = opening();
    let commitment = opening.commitment();
    let one = opening.disclose("keystream-recovery", true).expect("in the bank");
    assert_eq!(one.check(&commitment), Ok(()));
    // the family's instances can be made again, and no other's
    let criteria = &opening.criteria;
    let master = MasterSeed::new([7; 32]);
    let sealed = criteria.instance(&master, 5, 2).expect("known");
    assert_eq!(one.instance(5, 2).expect("known").as_ref(), Some(&sealed));
    assert_eq!(one.instance(5, 7).expect("known"), None);

    // nothing of the other family is in it
    let bytes = encode(&one);
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let other = opening.disclose("record-overflow", true).expect("in the bank");
    let seed = other.seed.expect("opened");
    for secret in [&seed.seed, &seed.salt, &other.salt, &opening.salt, &[7; 32], &[8; 32]] {
        assert!(!has(secret));
    }
    assert!(!has(b"record-overflow") && has(b"keystream-recovery"));

    // whoever knows the other family to the last number can't confirm it with any salt that is opened
    let salts =
        [one.salt, one.seed.clone().expect("opened").salt, one.seed.clone().expect("opened").seed];
    let shown = |hash: &Digest| one.path.contains(hash) || one.others.contains(hash);
    assert!(salts.iter().all(|salt| !shown(&other.part.leaf(salt))));
    let tree = super::super::parts::leaves(&[other.part.leaf(&other.salt)], &opening.salt);
    assert!(tree.contains(&other.part.leaf(&other.salt)), "its own salt does confirm it");
}

#[test]
fn a_changed_disclosure_is_refused() {
    let opening = opening();
    let commitment = opening.commitment();
    let bytes = encode(&opening.disclose("record-overflow", true).expect("in the bank"));
    let mut read = 0;
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let Ok(changed) = decode::<Disclosure>(&changed) else { continue };
            read += 1;
            // the run's name is not part of the proof: whoever asks gives the commitment of a run
            let renamed = changed.run != opening.criteria.run;
            assert!(renamed || changed.check(&commitment).is_err(), "byte {at} bit {bit}");
        }
    }
    assert!(read > 500, "{read}");
}

#[test]
fn the_number_of_families_stays_hidden() {
    let all = opening();
    let mut one = opening();
    one.criteria.bank.cells.retain(|cell: &Cell| cell.family.as_str() == "keystream-recovery");
    let seed = one.seed.clone().expect("opened");
    let items = one.criteria.items().into_iter().take(5).collect();
    one.criteria.details = Some(Details::new(&one.criteria.bank, items, &one.criteria.run, &seed));
    let one = Opening::new(one.criteria, one.salt, one.seed);
    let shape = |opening: &Opening| {
        let shown = opening.disclose("keystream-recovery", false).expect("in the bank");
        (shown.path.len(), shown.others.len())
    };
    assert_eq!(shape(&all), shape(&one));
}
