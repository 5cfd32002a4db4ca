//! Files with one family: read strictly, hostile bytes never harm.

use super::{FamilyError, MAGIC, family_bytes, read_family};
use crate::kept::tests::second;
use proptest::prelude::{any, proptest};

#[test]
fn what_is_written_is_read() {
    let opening = second();
    let one = opening.disclose("record-overflow", true).expect("in the bank");
    let bytes = family_bytes(&one);
    let again = read_family(&bytes).expect("reads");
    assert_eq!(again, one);
    assert_eq!(again.check(&opening.commitment()), Ok(()));
    assert_eq!(read_family(b"family"), Err(FamilyError::Magic));
    let cut = bytes.get(..bytes.len() - 1).expect("longer");
    assert!(operations::plain(&read_family(cut).expect_err("cut")).contains("byte"));
}

#[test]
fn the_corpus_is_read_without_harm() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/measurement_family");
    let mut whole = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is there") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        whole += usize::from(read_family(&bytes).is_ok());
    }
    assert_eq!(whole, 1);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, after_magic in any::<bool>()) {
        let bytes = if after_magic { [MAGIC, &bytes].concat() } else { bytes };
        let _ = read_family(&bytes);
    }
}
