//! A mirror over a real listener: entries in, tiles and cosignatures out, interrupted and packed uploads.
mod second;

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Method;
use operations::cosign::{config, keys};
use operations::ctx::{SystemClock, SystemRandom};
use operations::http::{Http, Raw};
use operations::node::cosigners::http::HttpCosigners;
use operations::node::cosigners::{Answer, Cosigners, FilesGrowth, Silence};
use std::collections::BTreeMap;
use std::io::Write;
use tlog::merkle::{self, MemoryTree};
use tlog::mirror::{INFO_CONTENT_TYPE, Info, Upload, write_package};
use tlog::witness::{AddCheckpoint, origin_hash, parse_signatures};
use tlog::{
    Checkpoint, Ed25519Signer, Hash, KeyName, NoteSigner, SignedCheckpoint, append, leaf_hash,
};

const ORIGIN: &str = "log.example/test";

struct Host {
    folder: tempfile::TempDir,
    url: String,
    http: Http,
    stop: tokio::sync::oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

fn log() -> Ed25519Signer {
    Ed25519Signer::from_seed(KeyName::new(ORIGIN).unwrap(), &[1; 32]).unwrap()
}

async fn host(folder: tempfile::TempDir) -> Host {
    if !folder.path().join("cosigner.key").exists() {
        keys::make(folder.path(), "gov.example/mirror", &SystemRandom).unwrap();
        config::watch(folder.path(), &[log().verifier_key().to_string()], None).unwrap();
    }
    let mirror = Mirror::open(folder.path(), Arc::new(SystemClock), &SystemRandom).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let until = async {
        let _ = stopped.await;
    };
    #[expect(clippy::disallowed_methods, reason = "a test's own server")]
    let done = tokio::spawn(serve_mirror(listener, Arc::new(mirror), until));
    Host { folder, http: Http::new(&url).unwrap(), url, stop, done }
}

async fn stop(host: Host) -> tempfile::TempDir {
    let Host { folder, http, stop, done, .. } = host;
    drop(http);
    stop.send(()).unwrap();
    done.await.unwrap().unwrap();
    folder
}

fn entry(i: u64) -> String {
    format!("entry {i}")
}

fn tree(size: u64) -> MemoryTree {
    (0..size).map(|i| leaf_hash(entry(i).as_bytes())).collect()
}

fn signed(size: u64) -> SignedCheckpoint {
    let root = merkle::root(&tree(size), size).unwrap();
    Checkpoint::new(ORIGIN, size, root).unwrap().sign(&[&log()]).unwrap()
}

async fn pending(host: &Host, old: u64, size: u64) {
    let proof = match old {
        0 => Vec::new(),
        _ => merkle::consistency_proof(&tree(size), old, size).unwrap(),
    };
    let body = AddCheckpoint::new(old, proof, signed(size).note().clone()).unwrap().to_string();
    let answer =
        host.http.ask(Method::POST, "/add-checkpoint", body.into(), 1 << 20).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0), "a mirror signs nothing yet");
}

/// An upload of at most so many packages.
fn upload(start: u64, end: u64, packages: usize, ticket: &[u8]) -> Vec<u8> {
    let upload = Upload { origin: ORIGIN.to_owned(), start, end, ticket: ticket.to_vec() };
    let mut body = upload.to_bytes().unwrap();
    for slice in upload.slices().take(packages) {
        let entries: Vec<String> = (slice.start..slice.end).map(entry).collect();
        let proof = merkle::subtree_consistency_proof(&tree(end), slice.first, slice.end, end);
        write_package(&mut body, &entries, &proof.unwrap()).unwrap();
    }
    body
}

async fn send(host: &Host, body: Vec<u8>) -> Raw {
    host.http.ask(Method::POST, "/add-entries", body.into(), 1 << 20).await.unwrap()
}

fn info(answer: &Raw) -> Info {
    assert_eq!(answer.content_type, INFO_CONTENT_TYPE, "{}", answer.shown());
    std::str::from_utf8(&answer.body).unwrap().parse().unwrap()
}

async fn file(host: &Host, path: &str) -> Raw {
    let path = format!("/{}/{path}", origin_hash(ORIGIN));
    host.http.ask(Method::GET, &path, Bytes::new(), 1 << 24).await.unwrap()
}

/// Everything that the mirror shows is the log's, byte for byte.
async fn holds(host: &Host, size: u64) {
    let shown = file(host, "checkpoint").await;
    let shown = SignedCheckpoint::parse(&shown.body).unwrap();
    assert_eq!(shown.checkpoint(), signed(size).checkpoint());
    let vkeys = std::fs::read_to_string(host.folder.path().join("cosigner.vkey")).unwrap();
    let mut keys: Vec<tlog::VerifierKey> = vkeys.lines().map(|v| v.parse().unwrap()).collect();
    keys.push(log().verifier_key().clone());
    assert_eq!(shown.note().verify(&keys).unwrap().len(), 3);
    let entries: Vec<String> = (0..size).map(entry).collect();
    let files = BTreeMap::<String, Vec<u8>>::new();
    for write in append(&files, 0, &Hash::EMPTY_ROOT, &entries).unwrap().writes {
        let there = file(host, &write.tile.to_string()).await;
        assert_eq!((there.status, there.body), (200, write.bytes.into()), "{}", write.tile);
    }
}

#[tokio::test]
async fn uploads_go_on_where_they_stopped() {
    let host = host(tempfile::tempdir().unwrap()).await;
    assert_eq!(file(&host, "checkpoint").await.status, 404);
    assert_eq!(send(&host, upload(0, 700, 9, b"")).await.status, 422, "nothing is pending");
    pending(&host, 0, 700).await;
    assert_eq!(send(&host, b"\0".to_vec()).await.status, 400);
    assert_eq!(send(&host, upload(0, 700, 0, b"")).await.status, 400, "no package");
    let other = Upload { origin: "log.example/b".to_owned(), start: 0, end: 7, ticket: vec![] };
    assert_eq!(send(&host, other.to_bytes().unwrap()).await.status, 404);
    let far = send(&host, upload(0, 701, 1, b"")).await;
    assert_eq!((far.status, info(&far).size, info(&far).next), (409, 700, 0));

    // one whole package, and a part of the next
    let mut part = upload(0, 700, 2, b"");
    part.truncate(part.len() - 5);
    let first = send(&host, part).await;
    assert_eq!((first.status, info(&first).size, info(&first).next), (202, 700, 256));
    assert_eq!(
        file(&host, "checkpoint").await.status,
        404,
        "nothing is signed before all is there"
    );
    let ahead = send(&host, upload(512, 700, 9, b"")).await;
    assert_eq!((ahead.status, info(&ahead).next), (409, 256));

    // a newer checkpoint comes in between; the ticket still leads to the older one
    let ticket = info(&first).ticket;
    pending(&host, 700, 1_000).await;
    assert_eq!(send(&host, upload(256, 700, 9, b"")).await.status, 409, "700 is forgotten");
    let mut forged = ticket.clone();
    forged[0] ^= 1;
    assert_eq!(send(&host, upload(256, 700, 9, &forged)).await.status, 409);
    let done = send(&host, upload(100, 700, 9, &ticket)).await;
    assert_eq!(done.status, 200, "{}", done.shown());
    assert_eq!(parse_signatures(&done.body).unwrap().len(), 2);
    holds(&host, 700).await;

    // entries of another tree are refused, whatever they claim
    let mut wrong = upload(700, 1_000, 9, b"");
    let at = wrong.len() - 400;
    wrong[at] ^= 1;
    let refused = send(&host, wrong).await;
    assert!(matches!(refused.status, 202 | 422 | 400), "{}", refused.shown());
    holds(&host, 700).await;
    let host = self::host(stop(host).await).await;
    let next = info(&send(&host, upload(1_000, 1_001, 0, b"")).await).next;
    assert_eq!(send(&host, upload(next, 1_000, 9, b"")).await.status, 200);
    holds(&host, 1_000).await;
    let back = send(&host, upload(700, 700, 0, &ticket)).await;
    assert_eq!((back.status, info(&back).size), (409, 1_000), "a mirror never goes back");
}

#[tokio::test]
async fn packed_uploads_are_taken() {
    let host = host(tempfile::tempdir().unwrap()).await;
    pending(&host, 0, 300).await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&upload(0, 300, 9, b"")).unwrap();
    let body = gzip.finish().unwrap();
    for (encoding, wanted) in [("br", 415), ("gzip", 200)] {
        let request = http::Request::post(format!("{}/add-entries", host.url))
            .header("content-encoding", encoding)
            .body(http_body_util::Full::new(Bytes::from(body.clone())));
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let client =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new());
        let answer = client.build(connector).request(request.unwrap()).await.unwrap();
        assert_eq!(answer.status(), wanted);
        assert_eq!(answer.headers()["accept-encoding"], "gzip");
    }
    holds(&host, 300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_clients_at_once_do_no_harm() {
    let host = Arc::new(host(tempfile::tempdir().unwrap()).await);
    pending(&host, 0, 2_000).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let host = Arc::clone(&host);
        tasks.spawn(async move { send(&host, upload(0, 2_000, 9, b"")).await.status });
    }
    assert_eq!(tasks.join_all().await, [200; 4]);
    holds(&host, 2_000).await;
}

/// The log's own client feeds it, in more than one request, and gets the cosignature.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounds_feed_a_mirror() {
    let host = host(tempfile::tempdir().unwrap()).await;
    let vkeys = std::fs::read_to_string(host.folder.path().join("cosigner.vkey")).unwrap();
    let vkeys: Vec<String> = vkeys.lines().map(|v| format!("\"{v}\"")).collect();
    let text = format!(
        "[[cosigner]]\nurl = \"{}\"\nkind = \"mirror\"\nvkeys = [{}]\n",
        host.url,
        vkeys.join(", ")
    );
    let configured = operations::node::cosigners::config::parse(&text).unwrap();
    let verifier = log().verifier_key().clone();
    let client = HttpCosigners::new(&verifier, configured).unwrap();
    let entries: Vec<String> = (0..9_000).map(entry).collect();
    let mut files = BTreeMap::<String, Vec<u8>>::new();
    let grown = append(&files, 0, &Hash::EMPTY_ROOT, &entries).unwrap().writes;
    files.extend(grown.into_iter().map(|w| (w.tile.to_string(), w.bytes)));
    files.insert("checkpoint".to_owned(), signed(9_000).note().to_string().into_bytes());
    let growth = Arc::new(FilesGrowth(files));
    for size in [10, 9_000] {
        let growth = Arc::<FilesGrowth<_>>::clone(&growth);
        let round = client.round(&signed(size), growth, domain::Span::seconds(60)).await;
        assert!(round.is_complete(), "{round:?}");
    }
    holds(&host, 9_000).await;
    // stalled: what is not done in time goes on, and a later round has it
    let none = client.round(&signed(9_000), growth, domain::Span::ZERO).await;
    assert!(
        matches!(none.answers[0].1, Answer::Cosigned { .. } | Answer::Silent(Silence::Stalled)),
        "{none:?}"
    );
}
