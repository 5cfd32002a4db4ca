//! The vectors of Wycheproof, golden bytes, and that nothing else opens.

use super::{CHUNK, CobblestoneError, MAX_MESSAGE, open, seal, sealed_len};
use aws_lc_rs::digest::{SHA512, digest};
use data_encoding::HEXLOWER;
use expect_test::expect;
use proptest::prelude::*;
use wycheproof::TestResult;
use wycheproof::chunked_encryption::{TestFlag, TestName, TestSet};

const KEY: [u8; 32] = [1; 32];
const SALT: [u8; 24] = [2; 24];

/// Every vector: those that are valid open to the message and are made again from it; all others are refused.
#[test]
fn wycheproof_agrees() {
    let set = TestSet::load(TestName::Cobblestone256).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let name = format!("{}: {}", test.tc_id, test.comment);
        let sealed = miniz_oxide::inflate::decompress_to_vec_zlib(&test.ct).unwrap();
        let Ok(key) = <[u8; 32]>::try_from(test.key.as_slice()) else {
            assert!(test.flags.contains(&TestFlag::InvalidKeySize), "{name}");
            invalid += 1;
            continue;
        };
        let opened = open(&key, &test.ctx, &sealed);
        if test.result == TestResult::Valid {
            let message = opened.expect(&name);
            assert_eq!(Some(message.len()), test.msg_length, "{name}");
            let sha512 = test.msg_sha512.as_ref().unwrap();
            assert_eq!(digest(&SHA512, &message).as_ref(), sha512.as_slice(), "{name}");
            let salt = sealed.first_chunk().unwrap();
            assert_eq!(seal(&key, salt, &test.ctx, &message).unwrap(), sealed, "{name}");
            valid += 1;
        } else {
            assert!(opened.is_err(), "{name}");
            let expected = test.flags.contains(&TestFlag::HeaderFailure);
            if expected && sealed.len() >= 56 {
                assert_eq!(opened, Err(CobblestoneError::Commitment), "{name}");
            }
            invalid += 1;
        }
    }
    assert_eq!((valid, invalid), (10, 25));
}

/// Key, salt, context and message give these bytes for ever.
#[test]
fn golden_bytes() {
    let sealed = seal(&KEY, &SALT, b"context", b"message").unwrap();
    expect!["0202020202020202020202020202020202020202020202025530f3da1d440ce76b7fd42f6a833c179e0ea40d5f904a0132ca00915dc16a19fbb3812b122c63e493d4a81adb512d01174149fcc4abcb"].assert_eq(&HEXLOWER.encode(&sealed));
}

#[test]
fn lengths() {
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK] {
        let sealed = seal(&KEY, &SALT, b"", &vec![7; length]).unwrap();
        assert_eq!(sealed.len(), sealed_len(length));
        assert_eq!(open(&KEY, b"", &sealed).unwrap().len(), length);
    }
    let long = vec![0; MAX_MESSAGE + 1];
    assert_eq!(
        seal(&KEY, &SALT, b"", &long),
        Err(CobblestoneError::TooLong { given: MAX_MESSAGE + 1 })
    );
    let given = sealed_len(MAX_MESSAGE) + 1;
    let error = open(&KEY, b"", &vec![0; given]);
    assert_eq!(error, Err(CobblestoneError::TooLong { given }));
}

#[test]
fn refusals_say_what() {
    let sealed = seal(&KEY, &SALT, b"context", &[7; CHUNK + 5]).unwrap();
    let check = |sealed: &[u8], context: &[u8], expected| {
        assert_eq!(open(&KEY, context, sealed), Err(expected));
    };
    check(&sealed, b"other", CobblestoneError::Commitment);
    assert_eq!(open(&[3; 32], b"context", &sealed), Err(CobblestoneError::Commitment));
    let cut = &sealed[..56 + CHUNK + 16];
    check(cut, b"context", CobblestoneError::Length { given: cut.len() });
    check(&sealed[..sealed.len() - 1], b"context", CobblestoneError::Chunk(1));
    let mut changed = sealed.clone();
    changed[56] ^= 1;
    check(&changed, b"context", CobblestoneError::Chunk(0));
    check(&[sealed.as_slice(), b"x"].concat(), b"context", CobblestoneError::Chunk(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn round_trips(key: [u8; 32], salt: [u8; 24], context: Vec<u8>, length in 0..3 * CHUNK) {
        let message: Vec<u8> = (0_u8..=250).cycle().take(length).collect();
        let sealed = seal(&key, &salt, &context, &message).unwrap();
        prop_assert_eq!(&*open(&key, &context, &sealed).unwrap(), &message);
    }

    #[test]
    fn nothing_else_opens(at: prop::sample::Index, bit in 0..8_u32, end: prop::sample::Index) {
        let mut sealed = seal(&KEY, &SALT, b"context", &[7; CHUNK + 9]).unwrap();
        let end = end.index(sealed.len());
        prop_assert!(open(&KEY, b"context", &sealed[..end]).is_err());
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        prop_assert!(open(&KEY, b"context", &sealed).is_err());
    }
}
