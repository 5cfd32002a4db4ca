//! Uploads as they are cut, read byte by byte, checked, and admitted.
use super::*;
use crate::merkle::{self, MemoryTree};
use crate::{Checkpoint, Ed25519Signer, Hash, KeyName, leaf_hash};
use proptest::prelude::*;

const ORIGIN: &str = "log.example/a";

fn entry(i: u64) -> Vec<u8> {
    format!("entry {i}").into_bytes()
}

fn tree(size: u64) -> MemoryTree {
    (0..size).map(|i| leaf_hash(&entry(i))).collect()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint::new(ORIGIN, size, merkle::root(&tree(size), size).unwrap()).unwrap()
}

fn upload(start: u64, end: u64) -> Upload {
    Upload { origin: ORIGIN.to_owned(), start, end, ticket: b"t".to_vec() }
}

/// The packages of an upload as an honest client writes them.
fn packages(upload: &Upload) -> Vec<u8> {
    let mut body = Vec::new();
    for slice in upload.slices() {
        let entries: Vec<_> = (slice.start..slice.end).map(entry).collect();
        let proof = merkle::subtree_consistency_proof(
            &tree(upload.end),
            slice.first,
            slice.end,
            upload.end,
        );
        write_package(&mut body, &entries, &proof.unwrap()).unwrap();
    }
    body
}

#[test]
fn uploads_are_cut_at_multiples_of_256() {
    let cut = |start, end| {
        let slices = upload(start, end).slices();
        slices.map(|s| (s.first, s.start, s.end)).collect::<Vec<_>>()
    };
    assert_eq!(cut(0, 0), []);
    assert_eq!(cut(5, 5), []);
    assert_eq!(cut(0, 256), [(0, 0, 256)]);
    assert_eq!(cut(3, 7), [(0, 3, 7)]);
    assert_eq!(cut(255, 513), [(0, 255, 256), (256, 256, 512), (512, 512, 513)]);
    let last = u64::MAX - u64::MAX % 256;
    assert_eq!(cut(last + 1, u64::MAX), [(last, last + 1, u64::MAX)]);
}

#[test]
fn heads_are_read_when_all_of_them_is_there() {
    let bytes = upload(3, 700).to_bytes().unwrap();
    for cut in 0..bytes.len() {
        assert_eq!(Upload::parse(&bytes[..cut]), Ok(None), "{cut}");
    }
    let more = [bytes.as_slice(), b"more"].concat();
    assert_eq!(Upload::parse(&more), Ok(Some((upload(3, 700), bytes.len()))));
    assert!(Upload::parse(&upload(7, 3).to_bytes().unwrap()).is_err());
    for origin in ["", "a\nb", &"a".repeat(256)] {
        let bad = Upload { origin: origin.to_owned(), ..upload(0, 1) };
        assert_eq!(Upload::parse(&bad.to_bytes().unwrap()), Err(UploadError::Origin));
    }
    assert!(Upload { ticket: vec![0; 65_536], ..upload(0, 1) }.to_bytes().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// However the bytes arrive, the same packages come out and each is the log's; nothing else is.
    #[test]
    fn packages_arrive_in_any_pieces(start in 0_u64..600, more in 0_u64..600, piece in 1_usize..4_000, flip: prop::sample::Index) {
        let upload = upload(start, start + more);
        let body = packages(&upload);
        let mut reader = Packages::of(&upload);
        let mut read = Vec::new();
        for bytes in body.chunks(piece) {
            reader.push(bytes);
            while let Some(package) = reader.next_package().unwrap() {
                read.push(package);
            }
        }
        prop_assert!(reader.is_done());
        prop_assert_eq!(read.iter().map(|p| p.slice).collect::<Vec<_>>(), upload.slices().collect::<Vec<_>>());
        let checkpoint = checkpoint(upload.end);
        for package in &read {
            let before: Vec<Hash> = (package.slice.first..package.slice.start).map(|i| leaf_hash(&entry(i))).collect();
            prop_assert_eq!(check_package(package, &before, &checkpoint).unwrap().len(), package.entries.len());
            let mut wrong = package.clone();
            let at = flip.index(wrong.entries.len());
            wrong.entries[at].push(0);
            prop_assert!(check_package(&wrong, &before, &checkpoint).is_err());
            let gap = check_package(package, &[before.as_slice(), &[Hash::EMPTY_ROOT]].concat(), &checkpoint);
            let is_gap = matches!(gap, Err(PackageError::Gap { .. }));
            prop_assert!(is_gap);
        }
    }
}

#[test]
fn what_comes_after_or_too_much_is_refused() {
    let upload = upload(0, 3);
    let mut reader = Packages::of(&upload);
    reader.push(&[packages(&upload).as_slice(), b"x"].concat());
    assert!(reader.next_package().unwrap().is_some());
    assert_eq!(reader.next_package(), Err(PackageError::Trailing));
    let mut reader = Packages::of(&upload);
    reader.push(&[0, 0, 0, 0, 0, 0, 64]);
    assert_eq!(reader.next_package(), Err(PackageError::TooManyHashes { at: 0, given: 64 }));
}

#[test]
fn uploads_are_admitted_by_what_is_known() {
    let state = State { pending: Some(checkpoint(700)), mirrored: 300, next: 512 };
    let status = |state: &State, upload: &Upload, ticketed: Option<&Checkpoint>| {
        state.admit(upload, ticketed).map_or_else(
            |e| e.status(),
            |c| {
                assert_eq!(c.size(), upload.end);
                200
            },
        )
    };
    for (start, end, wanted) in
        [(512, 700, 200), (0, 700, 200), (513, 700, 409), (300, 600, 409), (0, 0, 409)]
    {
        assert_eq!(status(&state, &upload(start, end), None), wanted, "{start} to {end}");
    }
    // a checkpoint of a ticket counts unless more is mirrored
    assert_eq!(status(&state, &upload(300, 600), Some(&checkpoint(600))), 200);
    assert_eq!(status(&state, &upload(0, 200), Some(&checkpoint(200))), 409);
    let none = State { pending: None, mirrored: 0, next: 0 };
    assert_eq!(status(&none, &upload(0, 0), None), 422);
    let far = State { pending: Some(checkpoint(700)), mirrored: 0, next: MAX_EXCESS + 500 };
    assert_eq!(status(&far, &upload(0, 700), None), 200);
    let far =
        State { pending: Some(Checkpoint::new(ORIGIN, 90_000, Hash::EMPTY_ROOT).unwrap()), ..far };
    assert_eq!(status(&far, &upload(0, 90_000), None), 409);
    assert!(state.may_sign(&checkpoint(512)) && state.may_sign(&checkpoint(300)));
    assert!(!state.may_sign(&checkpoint(513)) && !state.may_sign(&checkpoint(299)));
}

#[test]
fn infos_are_read_as_they_are_written() {
    let info = Info { size: 7, next: 3, ticket: vec![1, 2, 3] };
    assert_eq!(info.to_string(), "7\n3\nAQID\n");
    assert_eq!("7\n3\nAQID\n".parse(), Ok(info));
    assert_eq!("7\n3\n\n".parse(), Ok(Info { size: 7, next: 3, ticket: vec![] }));
    for bad in
        ["", "7\n3\n", "7\n3\nAQID", "07\n3\n\n", "7\n3\nAQI\n", "7\n3\nAQID\n\n", "7\n3\nAQIE=\n"]
    {
        assert!(bad.parse::<Info>().is_err(), "{bad:?}");
    }
}

#[test]
fn tickets_are_known_again_and_nothing_else_is() {
    let log = Ed25519Signer::from_seed(KeyName::new(ORIGIN).unwrap(), &[1; 32]).unwrap();
    let signed = checkpoint(7).sign(&[&log]).unwrap();
    let note = signed.note().to_string().into_bytes();
    let (secret, ticket) = ([7; 32], seal_ticket(&[7; 32], &note));
    assert_eq!(open_ticket(&secret, &ticket, ORIGIN), Some(signed));
    assert_eq!(open_ticket(&secret, &ticket, "log.example/b"), None);
    assert_eq!(open_ticket(&[8; 32], &ticket, ORIGIN), None);
    assert_eq!(open_ticket(&secret, &note, ORIGIN), None);
    assert_eq!(open_ticket(&secret, &[], ORIGIN), None);
    for at in 0..ticket.len() {
        let mut bad = ticket.clone();
        bad[at] ^= 1;
        assert_eq!(open_ticket(&secret, &bad, ORIGIN), None, "byte {at}");
    }
    assert_eq!(seal_ticket(&secret, &vec![0; MAX_TICKET]), Vec::<u8>::new());
}
