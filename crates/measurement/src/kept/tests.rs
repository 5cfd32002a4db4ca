//! Files of criteria: hostile bytes never harm, and each fault is placed.

use super::{CriteriaError, MAGIC, criteria_bytes, read_criteria};
use assessment::{
    Bank, Budget, Criteria, Details, Item, MasterSeed, Opening, Rule, SeedOpening, Sprt, TwoKeys,
};
use proptest::prelude::{any, proptest};

fn opening() -> Opening {
    let seed = SeedOpening { seed: [7; 32], salt: [8; 32] };
    let criteria = Criteria {
        run: "run-1".parse().expect("an id"),
        model: "larch-2".parse().expect("an id"),
        model_digest: None,
        seed: MasterSeed::new(seed.seed).commitment(&seed.salt),
        bank: Bank { cells: crate::cells(&[]).expect("all") },
        rule: Rule::Sprt(Sprt::new((400_000, 700_000), (50_000, 50_000), 60, 10).expect("sound")),
        budget: Budget { turns: 12, tokens: 50_000, seconds: 120, price: None },
        digests: harness::digests(assessment::Elicitation::BARE),
        details: None,
    };
    Opening::new(criteria, [3; 32], Some(seed))
}

/// The same in version 2, with the rule that ships.
pub(crate) fn second() -> Opening {
    let Opening { mut criteria, salt, seed, .. } = opening();
    criteria.rule = Rule::TwoKeys(TwoKeys { floor: 6, ..TwoKeys::at(-750) });
    let items = criteria.bank.cells.iter().map(|cell| Item::prior(cell.dial)).collect();
    let opened = seed.as_ref().expect("opened");
    criteria.details = Some(Details::new(&criteria.bank, items, &criteria.run, opened));
    Opening::new(criteria, salt, seed)
}

#[test]
fn what_is_written_is_read() {
    let bytes = criteria_bytes(&opening());
    assert_eq!(read_criteria(&bytes), Ok(opening()));
    assert_eq!(read_criteria(b"criteria"), Err(CriteriaError::Magic));
    let newer = criteria_bytes(&second());
    assert!(newer.starts_with(b"vestibule-criteria/v2\n"));
    assert_eq!(read_criteria(&newer), Ok(second()));
    let mixed = [MAGIC[0], newer.get(MAGIC[1].len()..).expect("longer")].concat();
    assert_eq!(read_criteria(&mixed), Err(CriteriaError::Version));
    let cut = bytes.get(..bytes.len() - 1).expect("longer");
    let error = read_criteria(cut).expect_err("cut");
    assert!(operations::plain(&error).contains("byte"), "{}", operations::plain(&error));
    let longer = [bytes.as_slice(), b"x"].concat();
    assert!(matches!(read_criteria(&longer), Err(CriteriaError::Content(_))));
}

#[test]
fn no_changed_byte_keeps_the_commitment() {
    for good in [opening(), second()] {
        let bytes = criteria_bytes(&good);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1;
            }
            let Ok(read) = read_criteria(&changed) else { continue };
            assert!(read.check(&good.commitment()).is_err(), "byte {at} can be changed unseen");
        }
    }
}

#[test]
fn the_corpus_is_read_without_harm() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/measurement_criteria");
    let mut whole = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is there") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        whole += usize::from(read_criteria(&bytes).is_ok());
    }
    assert_eq!(whole, 2, "one of each: without a rung and with one");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, after_magic in any::<bool>()) {
        let bytes = if after_magic { [MAGIC[0], &bytes].concat() } else { bytes };
        let _ = read_criteria(&bytes);
    }
}
