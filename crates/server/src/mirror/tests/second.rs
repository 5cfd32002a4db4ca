//! The second tree: kept when the log's key for it is known, caught up with, and held against what the log signed.
use super::*;
use tlog::{CnsaSigner, CnsaVerifier, Hash384, Tile, TreeHash};

fn cnsa() -> CnsaSigner {
    CnsaSigner::from_seed(KeyName::new(ORIGIN).unwrap(), &[2; 32]).unwrap()
}

fn second(size: u64) -> MemoryTree<Hash384> {
    (0..size).map(|i| Hash384::leaf(entry(i).as_bytes())).collect()
}

fn root384(size: u64) -> Hash384 {
    merkle::root(&second(size), size).unwrap()
}

/// A checkpoint with both of the log's lines, the second over this root.
async fn pending_with(host: &Host, old: u64, size: u64, root384: Hash384) {
    let root = merkle::root(&tree(size), size).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, size, root).unwrap();
    let signed = checkpoint.sign(&[&log(), &cnsa().at(1_796_000_000, root384)]).unwrap();
    let proof = match old {
        0 => Vec::new(),
        _ => merkle::consistency_proof(&tree(size), old, size).unwrap(),
    };
    let body = AddCheckpoint::new(old, proof, signed.note().clone()).unwrap().to_string();
    let answer = host.http.ask(Method::POST, "/add-checkpoint", body.into(), 1 << 20).await;
    assert_eq!(answer.unwrap().status, 200);
}

/// A folder of a mirror with three keys that watches the log by these keys of it.
fn watching(folder: &std::path::Path, vkeys: &[String]) {
    if !folder.join("cosigner.key").exists() {
        keys::make_mirror(folder, "gov.example/mirror", &SystemRandom).unwrap();
    }
    config::watch(folder, vkeys, None).unwrap();
}

async fn holds_both(host: &Host, size: u64) {
    let shown = file(host, "checkpoint").await;
    let shown = SignedCheckpoint::parse(&shown.body).unwrap();
    let vkeys = std::fs::read_to_string(host.folder.path().join("cosigner.vkey")).unwrap();
    let key: CnsaVerifier = vkeys.lines().nth(2).unwrap().parse().unwrap();
    let head = key.open(&shown).unwrap();
    assert_eq!((head.size, head.root384), (size, root384(size)));
    let entries: Vec<String> = (0..size).map(entry).collect();
    let files = BTreeMap::<String, Vec<u8>>::new();
    let built = tlog::append_tree(&files, 0, &Hash384::EMPTY_ROOT, &entries).unwrap();
    for write in built.writes {
        let there = file(host, &write.tile.to_string()).await;
        assert_eq!((there.status, there.body), (200, write.bytes.into()), "{}", write.tile);
    }
}

#[tokio::test]
async fn a_second_tree_is_caught_up_with_and_signed_for() {
    let folder = tempfile::tempdir().unwrap();
    let one = log().verifier_key().to_string();
    watching(folder.path(), std::slice::from_ref(&one));
    let host = host(folder).await;
    pending(&host, 0, 700).await;
    let done = send(&host, upload(0, 700, 9, b"")).await;
    assert_eq!(parse_signatures(&done.body).unwrap().len(), 2, "it knows of one tree");
    assert_eq!(file(&host, "tile384/0/000").await.status, 404);

    let folder = stop(host).await;
    watching(folder.path(), &[one, cnsa().verifier_key().to_string()]);
    let host = self::host(folder).await;
    let edge = Tile::partials_of::<Hash384>(700).next().unwrap();
    assert_eq!(file(&host, &edge.to_string()).await.status, 200);
    assert_eq!(file(&host, "tile384/1/000.p/1").await.status, 404, "none is left over");
    // without the log's own line, and with it
    pending(&host, 700, 800).await;
    let done = send(&host, upload(700, 800, 9, b"")).await;
    assert_eq!(parse_signatures(&done.body).unwrap().len(), 3, "{}", done.shown());
    holds_both(&host, 800).await;
    pending_with(&host, 800, 1_030, root384(1_030)).await;
    let done = send(&host, upload(800, 1_030, 9, b"")).await;
    assert_eq!(done.status, 200, "{}", done.shown());
    holds_both(&host, 1_030).await;
    let host = self::host(stop(host).await).await;
    holds_both(&host, 1_030).await;
}

#[tokio::test]
async fn a_log_that_signed_another_second_root_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let both = [log().verifier_key().to_string(), cnsa().verifier_key().to_string()];
    watching(folder.path(), &both);
    let host = host(folder).await;
    pending_with(&host, 0, 300, root384(299)).await;
    let refused = send(&host, upload(0, 300, 9, b"")).await;
    assert_eq!(refused.status, 422, "{}", refused.shown());
    assert!(refused.shown().contains("another SHA-384 root"), "{}", refused.shown());
    assert_eq!(file(&host, "checkpoint").await.status, 404, "nothing is signed");
    let folder = stop(host).await;
    let mirror = Mirror::open(folder.path(), Arc::new(SystemClock), &SystemRandom).unwrap();
    let evidence = mirror.evidence().unwrap();
    assert_eq!(evidence.iter().map(|e| e.shows).collect::<Vec<_>>(), ["proven"]);
    drop(mirror);
    // what it signs of its next, honest checkpoint is over both trees again
    let host = self::host(folder).await;
    pending_with(&host, 300, 310, root384(310)).await;
    assert_eq!(send(&host, upload(300, 310, 9, b"")).await.status, 200);
    holds_both(&host, 310).await;
}
