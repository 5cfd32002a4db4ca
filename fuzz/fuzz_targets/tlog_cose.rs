//! COSE Receipts, statements and keys from anywhere: reading never fails badly, and a statement without its
//! unprotected header reads again as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::cose::{CoseKey, CoseReceipt, CoseStatement};

fuzz_target!(|data: &[u8]| {
    let key = CoseKey::from_cose_key(data).or_else(|_| CoseKey::from_spki(data));
    if let (Ok(receipt), Ok(key)) = (CoseReceipt::parse(data), key) {
        let leaf = tlog::leaf_hash(data);
        assert!(receipt.verify_inclusion(&leaf, &key).is_err());
    }
    if let Ok(receipt) = CoseReceipt::parse(data) {
        let key = CoseKey::raw(receipt.algorithm(), &[4; 32]);
        if let Ok(key) = key {
            let leaf = tlog::leaf_hash(data);
            assert!(receipt.verify_inclusion(&leaf, &key).is_err());
            assert!(receipt.verify_consistency(&leaf, &key).is_err());
        }
    }
    if let Ok(statement) = CoseStatement::parse(data) {
        let bare = statement.bare();
        let again = CoseStatement::parse(&bare).expect("what was written reads");
        assert_eq!(again.bare(), bare);
    }
});
