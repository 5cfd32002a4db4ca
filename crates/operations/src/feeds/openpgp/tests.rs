//! Signatures that GnuPG made: by a key, by its subkey, by another, and such as nobody should rely on. The keys were
//! made for this and are used nowhere else.
use super::*;
use proptest::prelude::*;

const DOCUMENT: &[u8] = include_bytes!("document.json");
const SUPPLIER: &[u8] = include_bytes!("supplier.key.asc");
const ANOTHER: &[u8] = include_bytes!("another.key");
const PRIMARY: &[u8] = include_bytes!("by-primary.asc");
const SUBKEY: &[u8] = include_bytes!("by-subkey.sig");
const FINGERPRINT: &str = "2c1e48e19be5a9f8544e0c8f292fd209b4e29488";
/// 29 November 2026.
const NOW: u64 = 1_795_910_400;

fn pinned(keys: &[&[u8]]) -> PinnedKeys {
    let mut pinned = PinnedKeys::default();
    for key in keys {
        pinned.add(key, None).unwrap();
    }
    pinned
}

#[test]
fn a_pinned_key_and_its_subkey_vouch() {
    let keys = pinned(&[ANOTHER, SUPPLIER]);
    assert_eq!(keys.fingerprints().count(), 2);
    for signature in [PRIMARY, SUBKEY] {
        assert_eq!(keys.verify(DOCUMENT, signature, NOW).unwrap(), FINGERPRINT);
    }
    // another's RSA, too
    let another = (pinned(&[ANOTHER]), include_bytes!("by-another.asc"));
    assert!(another.0.verify(DOCUMENT, another.1, NOW).is_ok());
    assert_eq!(another.0.verify(b"other", another.1, NOW), Err(SignatureFault::Bad));
    // a key of a kind that is not verified here is not pinned in vain
    let third = PinnedKeys::default().add(include_bytes!("third.key.asc"), None).unwrap_err();
    assert!(third.to_string().contains("RSA or Ed25519"), "{third}");
    // of several signatures one that is good is enough
    let both = [SUBKEY, SUBKEY].concat();
    assert_eq!(keys.verify(DOCUMENT, &both, NOW).unwrap(), FINGERPRINT);
    let expired = unarmoured(include_bytes!("expired.asc")).unwrap();
    assert!(keys.verify(DOCUMENT, &[&expired, SUBKEY].concat(), NOW).is_ok());
}

#[test]
fn nobody_else_does() {
    let keys = pinned(&[SUPPLIER]);
    let check = |file: &[u8], signature: &[u8], expected: &str| {
        let fault = keys.verify(file, signature, NOW).unwrap_err();
        assert!(format!("{fault:?}").starts_with(expected), "{fault:?}, not {expected}");
    };
    check(b"{\"document\":\"another\"}\n", PRIMARY, "Bad");
    check(b"{\"document\":\"another\"}\n", SUBKEY, "Bad");
    check(DOCUMENT, include_bytes!("by-another.asc"), "WrongKey");
    check(DOCUMENT, include_bytes!("sha1.asc"), "Weak");
    check(DOCUMENT, include_bytes!("expired.asc"), "Expired");
    check(DOCUMENT, b"", "Unreadable");
    check(DOCUMENT, SUPPLIER, "Unreadable");
    check(DOCUMENT, b"-----BEGIN PGP SIGNATURE-----\n\nnothing\n", "Unreadable");
    assert!(
        pinned(&[]).verify(DOCUMENT, PRIMARY, NOW).is_err(),
        "without a key nothing is vouched for"
    );
}

#[test]
fn a_key_is_pinned_by_its_own_fingerprint() {
    let mut keys = PinnedKeys::default();
    let other = "00".repeat(20);
    assert_eq!(keys.add(SUPPLIER, Some(&other)), Err(KeyFault::OtherFingerprint(other.clone())));
    assert!(keys.is_empty());
    keys.add(SUPPLIER, Some(&FINGERPRINT.to_uppercase())).unwrap();
    assert_eq!(keys.fingerprints().collect::<Vec<_>>(), [FINGERPRINT]);
    let revoked = PinnedKeys::default().add(include_bytes!("revoked.key.asc"), None);
    assert_eq!(revoked, Err(KeyFault::Revoked(FINGERPRINT.to_owned())));
    for no_key in [b"".as_slice(), PRIMARY, b"a key"] {
        assert!(matches!(PinnedKeys::default().add(no_key, None), Err(KeyFault::Unreadable(_))));
    }
}

#[test]
fn a_flipped_byte_is_never_good() {
    let keys = pinned(&[SUPPLIER]);
    for at in 0..SUBKEY.len() {
        let mut signature = SUBKEY.to_vec();
        signature[at] ^= 1;
        // unhashed parts may change and what is signed stays signed
        if keys.verify(DOCUMENT, &signature, NOW).is_ok() {
            assert!(keys.verify(b"other", &signature, NOW).is_err());
        }
    }
    for at in 0..DOCUMENT.len() {
        let mut document = DOCUMENT.to_vec();
        document[at] ^= 1;
        assert!(keys.verify(&document, SUBKEY, NOW).is_err());
    }
}

proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>, at in 0usize..438, with: u8) {
        let keys = pinned(&[SUPPLIER]);
        prop_assert!(keys.verify(DOCUMENT, &bytes, NOW).is_err());
        let mut signature = SUBKEY.to_vec();
        signature[at] = with;
        let _ = keys.verify(DOCUMENT, &signature, NOW);
        let _ = PinnedKeys::default().add(&bytes, None);
        let mut key = SUPPLIER.to_vec();
        key[at] = with;
        let _ = PinnedKeys::default().add(&key, None);
    }
}
