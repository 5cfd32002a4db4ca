//! Who can read, that nobody is shown another payload, and what padding hides.

use super::secret::{key_commitment, wrap_all};
use super::{CLASSES, MAX_PAYLOAD, OVERHEAD, Sealed, Wrap, open};
use crate::cobblestone::{self, CobblestoneError};
use crate::fields;
use crate::kem::Kem;
use crate::leaf::Header;
use crate::testing::{Demo, KEYS, at, draft, party, readers, secret, stated, stream};
use crate::{Audience, Content, Draft, DraftError, OpenError, SealError};
use domain::{Digest384, PartyId, wire};
use expect_test::expect;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The audience of these readers, through the default key encapsulation.
fn to<'a>(readers: &'a [(PartyId, &'a crate::PublicKeys)]) -> Audience<'a> {
    Audience::Readers(readers, Kem::default())
}

fn content(payload: &[u8]) -> Content {
    let (schema, kind) = ("demo/v1".parse().unwrap(), "raw".parse().unwrap());
    Content { schema, kind, signers: BTreeSet::new(), needed: None, payload: payload.to_vec() }
}

fn start(payload: &[u8], audience: Audience<'_>) -> Result<Draft, DraftError> {
    Draft::start(
        KEYS.trust.log(),
        content(payload),
        &party("lab"),
        audience,
        &mut stream("seal"),
        at(0),
    )
}

#[test]
fn readers_read_and_others_do_not() {
    let hello = stated("lab", "hello");
    let sealed = draft(&hello, "lab", Some(&["lab", "gov"]));
    for reader in ["lab", "gov"] {
        let opened = sealed.open(&party(reader), secret(reader)).unwrap();
        assert_eq!(opened.statement::<Demo>().unwrap(), hello);
    }
    let not_named = sealed.open(&party("ig"), secret("ig")).unwrap_err();
    assert_eq!(not_named, OpenError::NotReader { reader: Some(party("ig")) });
    let wrong_key = sealed.open(&party("gov"), secret("ig")).unwrap_err();
    assert_eq!(wrong_key, OpenError::Unwrap(party("gov")));
    let public = draft(&hello, "lab", None).open(&party("ig"), secret("ig")).unwrap();
    assert_eq!(public.statement::<Demo>().unwrap(), hello);
}

#[test]
fn audiences_are_checked() {
    let check = |audience: &[&str], expected: SealError| {
        let readers = readers(audience);
        let error = start(b"x", to(&readers)).unwrap_err();
        assert_eq!(error, DraftError::Seal(expected));
    };
    check(&[], SealError::Readers { given: 0 });
    check(&["lab", "lab"], SealError::Twice(party("lab")));
    check(&["gov"], SealError::BlindSigner(party("lab")));
    let long = start(&vec![0; MAX_PAYLOAD + 1], Audience::Public).unwrap_err();
    assert_eq!(long, DraftError::Seal(SealError::TooLong { given: MAX_PAYLOAD + 1 }));
    let readers = readers(&["lab"]);
    assert!(start(&vec![0; MAX_PAYLOAD], to(&readers)).is_ok());
}

#[test]
fn equal_classes_look_equal() {
    let readers = readers(&["lab"]);
    let size = |n: usize| start(&vec![7; n], to(&readers)).unwrap().sealed.len();
    assert_eq!(size(0), size(CLASSES[0] - OVERHEAD));
    assert!(size(CLASSES[0] - OVERHEAD + 1) > size(0));
}

/// Each wrap says how it was made, and either kind opens, also in one statement.
#[test]
fn wraps_name_their_key_encapsulation() {
    let (lab, gov) = (readers(&["lab"]), readers(&["gov"]));
    let both = readers(&["lab", "gov"]);
    for (kem, _) in Kem::ALL {
        let draft = start(b"x", Audience::Readers(&both, kem)).unwrap();
        let sealed: Sealed = wire::decode(&draft.sealed).unwrap();
        assert!(sealed.wraps.iter().all(|w| w.kem == kem.id()));
        assert_eq!(opens(&draft.header, &draft.sealed, "gov"), Ok(b"x".to_vec()));
    }
    let mixed = |key: &[u8; 32], context: &Digest384| {
        let pure = wrap_all((&gov, Kem::MlKem1024), key, context, &mut stream("a")).unwrap();
        let hybrid = wrap_all((&lab, Kem::MlKem1024P384), key, context, &mut stream("b")).unwrap();
        [pure, hybrid].concat()
    };
    let (header, sealed) = Liar::new(b"x").seal_with([1; 32], [1; 32], mixed);
    assert_eq!(opens(&header, &sealed, "lab"), Err(OpenError::Commitment));
    assert_eq!(opens(&header, &sealed, "gov"), Err(OpenError::Commitment));
    let mut honest = Liar::new(b"x");
    honest.header.commit = fields::commit(&[9; 32], b"x");
    let (header, sealed) = honest.seal_with([1; 32], [1; 32], mixed);
    assert_eq!(opens(&header, &sealed, "lab"), Ok(b"x".to_vec()));
    assert_eq!(opens(&header, &sealed, "gov"), Ok(b"x".to_vec()));
}

#[test]
fn wraps_of_another_kind_or_length_are_refused() {
    let both = readers(&["lab", "gov"]);
    let draft = start(b"x", to(&both)).unwrap();
    let check = |change: &dyn Fn(&mut Wrap), expected: OpenError| {
        let mut sealed: Sealed = wire::decode(&draft.sealed).unwrap();
        change(&mut sealed.wraps[0]);
        let sealed = wire::encode(&sealed);
        let key = draft.header.key_commitment().copied();
        let header = draft.header.clone().with_sealing(Digest384::of(&sealed), key);
        assert_eq!(opens(&header, &sealed, "gov"), Err(expected));
    };
    check(&|w| w.kem = 0x647a, OpenError::Kem(0x647a));
    check(&|w| w.kem = Kem::MlKem1024.id(), OpenError::Unwrap(party("gov")));
    check(&|w| w.wrapped.push(0), OpenError::Unwrap(party("gov")));
    check(&|w| w.encapsulated.truncate(9), OpenError::Unwrap(party("gov")));
}

/// An issuer that knows every key and lies: its header with sealed bytes of its own making.
struct Liar {
    header: Header,
    content: Vec<u8>,
}

impl Liar {
    fn new(payload: &[u8]) -> Self {
        let readers = readers(&["lab", "gov"]);
        let header = start(payload, to(&readers)).unwrap().header;
        let mut content = vec![9; 32];
        content.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
        content.extend(payload);
        content.resize(CLASSES[0], 0);
        Self { header, content }
    }

    /// Seals with one key for the content, and gives each reader the key it is told to.
    fn seal(
        self,
        key: [u8; 32],
        for_lab: [u8; 32],
        for_gov: [u8; 32],
        committed: [u8; 32],
    ) -> (Header, Vec<u8>) {
        let (lab, gov) = (readers(&["lab"]), readers(&["gov"]));
        self.seal_with(key, committed, |_, context| {
            let kem = Kem::default();
            let mut wraps = wrap_all((&gov, kem), &for_gov, context, &mut stream("liar")).unwrap();
            wraps.extend(wrap_all((&lab, kem), &for_lab, context, &mut stream("liar")).unwrap());
            wraps
        })
    }

    fn seal_with(
        self,
        key: [u8; 32],
        committed: [u8; 32],
        wraps: impl FnOnce(&[u8; 32], &Digest384) -> Vec<Wrap>,
    ) -> (Header, Vec<u8>) {
        let Self { header, content } = self;
        let context = header.context();
        let wraps = wraps(&key, &context);
        let content = cobblestone::seal(&key, &[5; 24], context.as_bytes(), &content).unwrap();
        let sealed = wire::encode(&Sealed { algorithm: 1, content, wraps });
        let digest = Digest384::of(&sealed);
        (header.with_sealing(digest, Some(key_commitment(&committed))), sealed)
    }
}

fn opens(header: &Header, sealed: &[u8], reader: &str) -> Result<Vec<u8>, OpenError> {
    let (id, keys) = (party(reader), secret(reader));
    open(header, sealed, Some((&id, keys))).map(|o| o.payload().to_vec())
}

/// One ciphertext, two keys: a reader whose key is not the committed one notices before decrypting.
#[test]
fn a_payload_swapped_under_two_keys_is_caught() {
    let (header, sealed) = Liar::new(b"x").seal([1; 32], [1; 32], [2; 32], [1; 32]);
    assert_eq!(opens(&header, &sealed, "gov"), Err(OpenError::KeyCommitment));
    // The salt is the liar's own, so even the reader with the right key sees another payload than committed.
    assert_eq!(opens(&header, &sealed, "lab"), Err(OpenError::Commitment));
}

#[test]
fn lies_about_the_content_are_caught() {
    let (header, sealed) = Liar::new(b"x").seal([1; 32], [2; 32], [2; 32], [2; 32]);
    assert_eq!(
        opens(&header, &sealed, "lab"),
        Err(OpenError::Decrypt(CobblestoneError::Commitment))
    );
    let mut liar = Liar::new(b"x");
    *liar.content.last_mut().unwrap() = 1;
    let (header, sealed) = liar.seal([1; 32], [1; 32], [1; 32], [1; 32]);
    assert_eq!(opens(&header, &sealed, "lab"), Err(OpenError::Padding));
    let mut liar = Liar::new(b"x");
    liar.content[32] = 0xff;
    let (header, sealed) = liar.seal([1; 32], [1; 32], [1; 32], [1; 32]);
    assert_eq!(opens(&header, &sealed, "lab"), Err(OpenError::Padding));
    let mut honest = Liar::new(b"x");
    honest.header.commit = fields::commit(&[9; 32], b"x");
    let (header, sealed) = honest.seal([1; 32], [1; 32], [1; 32], [1; 32]);
    assert_eq!(opens(&header, &sealed, "lab"), Ok(b"x".to_vec()));
}

/// Ciphertext and wraps copied under another issuer's header do not open.
#[test]
fn sealed_bytes_do_not_travel() {
    let readers = readers(&["lab", "gov"]);
    let one = start(b"x", to(&readers)).unwrap();
    let thief = Draft::start(
        KEYS.trust.log(),
        content(b"x"),
        &party("gov"),
        to(&readers),
        &mut stream("other"),
        at(0),
    );
    let header = thief.unwrap().header;
    let stolen = header.with_sealing(*one.header.sealed(), one.header.key_commitment().copied());
    assert_eq!(opens(&stolen, &one.sealed, "gov"), Err(OpenError::Unwrap(party("gov"))));
    assert_eq!(opens(&one.header, &one.sealed, "gov"), Ok(b"x".to_vec()));
}

#[test]
fn what_the_leaf_announces_must_hold() {
    let mut draft = draft(&stated("lab", "x"), "lab", None);
    let open = |d: &Draft| d.open(&party("lab"), secret("lab")).unwrap();
    let other = open(&draft).statement::<crate::Event>().unwrap_err();
    expect!["a statement of schema `demo/v1`, not `ledger/v1`"].assert_eq(&other.to_string());
    draft.header.kind = "agreed".parse().unwrap();
    expect!["the leaf says `agreed`, the payload `stated`; keep this as evidence"]
        .assert_eq(&open(&draft).statement::<Demo>().unwrap_err().to_string());
    let mut raw = start(b"\xff", Audience::Public).unwrap();
    raw.header.kind = "stated".parse().unwrap();
    let error = open(&raw).statement::<Demo>().unwrap_err();
    assert!(matches!(error, OpenError::Payload { .. }));
    let mut forged = Content::of(&stated("gov", "I am gov")).unwrap();
    forged.signers.clear();
    let draft = Draft::start(
        KEYS.trust.log(),
        forged,
        &party("lab"),
        Audience::Public,
        &mut stream("f"),
        at(0),
    )
    .unwrap();
    assert_eq!(open(&draft).statement::<Demo>(), Err(OpenError::Signers("stated".to_owned())));
}

#[test]
fn algorithms_are_numbered() {
    let draft = start(b"x", Audience::Public).unwrap();
    let mut sealed: Sealed = wire::decode(&draft.sealed).unwrap();
    sealed.algorithm = 2;
    let sealed = wire::encode(&sealed);
    let header = draft.header.with_sealing(Digest384::of(&sealed), None);
    assert_eq!(opens(&header, &sealed, "lab"), Err(OpenError::Algorithm(2)));
}

/// Fixed randomness gives these bytes for ever.
#[test]
fn golden_sealed_bytes() {
    let draft = draft(&stated("lab", "hello"), "lab", Some(&["lab", "gov"]));
    expect!["4552 bytes, 36cea4a5d1a873b69aee5226cbfe3ed0e6977ae5633c1205be0dfa945aed25786862c9977a0fdf47895b474b80263997"].assert_eq(&format!(
        "{} bytes, {}",
        draft.sealed.len(),
        Digest384::of(&draft.sealed)
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn round_trips(payload: Vec<u8>, public: bool) {
        let readers = readers(&["lab"]);
        let audience = if public { Audience::Public } else { to(&readers) };
        let draft = start(&payload, audience).unwrap();
        prop_assert_eq!(opens(&draft.header, &draft.sealed, "lab"), Ok(payload));
    }

    #[test]
    fn any_changed_byte_is_found(at in 0_usize..4000, bit in 0..8_u32) {
        let readers = readers(&["lab"]);
        let mut draft = start(b"payload", to(&readers)).unwrap();
        let at = at % draft.sealed.len();
        draft.sealed[at] ^= 1 << bit;
        prop_assert_eq!(opens(&draft.header, &draft.sealed, "lab"), Err(OpenError::Digest));
        // Even under a header that names the changed bytes, nothing but the payload ever opens.
        let key = draft.header.key_commitment().copied();
        let header = draft.header.clone().with_sealing(Digest384::of(&draft.sealed), key);
        prop_assert!(opens(&header, &draft.sealed, "lab").is_err());
    }
}
