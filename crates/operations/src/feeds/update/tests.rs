//! A loopback server with an authority of its own: only what changed is fetched, all of it counts or none.
use super::*;
use crate::feeds;
use crate::rules;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

/// What the server has, by path, and what it was asked for.
#[derive(Default)]
struct Site {
    files: BTreeMap<String, Vec<u8>>,
    asked: Vec<(String, u16)>,
}

struct Server {
    address: SocketAddr,
    authority: Vec<u8>,
    site: Arc<Mutex<Site>>,
}

/// A certificate for `localhost`, its secret, and the authority over it.
fn certificates() -> (rustls::ServerConfig, Vec<u8>) {
    let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = parameters.self_signed(&key).unwrap();
    let issuer = rcgen::Issuer::new(parameters, key);
    let own = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&own, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth();
    let secret = rustls::pki_types::PrivateKeyDer::try_from(own.serialize_der()).unwrap();
    let config = config.with_single_cert(vec![leaf.der().clone()], secret).unwrap();
    (config, authority.pem().into_bytes())
}

async fn serve(acceptor: TlsAcceptor, stream: tokio::net::TcpStream, site: Arc<Mutex<Site>>) {
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n) => request.extend_from_slice(&buffer[..n]),
        }
    }
    let answer = answer(&site, &String::from_utf8_lossy(&request));
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

impl Server {
    async fn start() -> Self {
        let (config, authority) = certificates();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Arc::new(Mutex::new(Site::default()));
        let (acceptor, served) = (TlsAcceptor::from(Arc::new(config)), site.clone());
        let mut tasks = tokio::task::JoinSet::new();
        let accept = async move {
            while let Ok((stream, _)) = listener.accept().await {
                tasks.spawn(serve(acceptor.clone(), stream, served.clone()));
            }
        };
        #[expect(clippy::disallowed_methods, reason = "it lives as long as the test's runtime")]
        tokio::spawn(accept);
        Self { address, authority, site }
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        self.site.lock().unwrap().files.insert(path.to_owned(), bytes.to_vec());
    }

    /// What was asked for since the last time, with the status.
    fn asked(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.site.lock().unwrap().asked)
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    fn order(&self, folder: &Path) -> Order {
        let source = |kind: &str, name: &str, path: &str| {
            let url = self.url(path);
            format!(
                "[[source]]\nkind = \"{kind}\"\nname = \"{name}\"\nurl = \"{url}\"\nmegabytes = 1\n"
            )
        };
        let text = "version = \"1\"\nretrieved = \"2026-11-28\"\n".to_owned()
            + &source("kev", "kev.json", "/kev")
            + &source("epss", "epss.csv.gz", "/moved")
            + &source("osv", "osv-{ecosystem}.zip", "/osv/{ecosystem}/all.zip");
        Order {
            sources: Sources::read(&text).unwrap(),
            ecosystems: vec!["PyPI".to_owned()],
            csaf: Vec::new(),
            csaf_keys: PinnedKeys::default(),
            csaf_fingerprints: Vec::new(),
            authorities: Some(self.authority.clone()),
            folder: folder.join("feeds"),
            to: folder.join("feeds.index"),
        }
    }
}

fn answer(site: &Mutex<Site>, request: &str) -> Vec<u8> {
    let mut site = site.lock().unwrap();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let header = |name: &str| {
        let mut lines = request.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    };
    let etag = |bytes: &[u8]| format!("\"{}\"", domain::Digest::of(bytes));
    let (status, headers, body) = match site.files.get(&path) {
        _ if path == "/moved" => (302, "location: /epss\r\n".to_owned(), Vec::new()),
        None => (404, String::new(), Vec::new()),
        Some(bytes) if header("if-none-match") == Some(etag(bytes)) => {
            (304, String::new(), Vec::new())
        }
        Some(bytes) => (200, format!("etag: {}\r\n", etag(bytes)), bytes.clone()),
    };
    site.asked.push((path, status));
    let head = format!(
        "HTTP/1.1 {status} x\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

fn fact(name: &str) -> &'static [u8] {
    rules::FACTS.iter().find(|file| file.name == name).unwrap().text.as_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// The shipped advisories as OSV's export has them: one file a record in an archive.
fn archive() -> Vec<u8> {
    use std::io::Write as _;
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let lines = fact("advisories.osv.jsonl").split(|byte| *byte == b'\n');
    for (at, line) in lines.filter(|line| !line.is_empty()).enumerate() {
        let options = zip::write::SimpleFileOptions::default();
        out.start_file(format!("{at}.json"), options).unwrap();
        out.write_all(line).unwrap();
    }
    out.finish().unwrap().into_inner()
}

async fn site() -> Server {
    let server = Server::start().await;
    server.put("/kev", fact("kev.json"));
    server.put("/epss", &gzip(fact("epss.csv")));
    server.put("/osv/PyPI/all.zip", &archive());
    server
}

fn now() -> Timestamp {
    "2026-11-28T08:00:00Z".parse().unwrap()
}

async fn run(order: &Order) -> Result<Fetched, FeedsError> {
    update(order, now(), &|_, _| ()).await
}

#[tokio::test]
async fn only_what_changed_is_fetched() {
    let (server, folder) = (site().await, tempfile::tempdir().unwrap());
    let order = server.order(folder.path());
    let first = run(&order).await.unwrap();
    assert_eq!((first.files, first.changed, first.compiled.advisories), (3, 3, 11));
    server.asked();
    let second = run(&order).await.unwrap();
    assert_eq!((second.changed, &second.taken), (0, &first.taken));
    let statuses: Vec<u16> = server.asked().iter().map(|(_, status)| *status).collect();
    assert_eq!(statuses, [304, 302, 304, 304]);
    let newer = String::from_utf8(fact("epss.csv").to_vec()).unwrap() + "CVE-2026-9999,0.5,0.9\n";
    server.put("/epss", &gzip(newer.as_bytes()));
    let third = run(&order).await.unwrap();
    assert_eq!(third.changed, 1);
    assert_ne!(third.taken, first.taken);
    // what was fetched answers as the folder that is carried over does
    let carried = folder.path().join("carried.index");
    let from = std::slice::from_ref(&order.folder);
    let made = feeds::compile(from, &carried, now(), &|_, _| ()).unwrap();
    assert_eq!(made.sha256, third.compiled.sha256);
}

#[tokio::test]
async fn all_counts_or_nothing() {
    let (server, folder) = (site().await, tempfile::tempdir().unwrap());
    let order = server.order(folder.path());
    let first = run(&order).await.unwrap();
    let index = std::fs::read(&order.to).unwrap();
    let large = vec![0; (1 << 20) + 1];
    let cases: [(&str, &[u8], &str); 3] = [
        ("/epss", b"no gzip", "epss.csv.gz"),
        ("/osv/PyPI/all.zip", b"PK\x03\x04", "osv-PyPI.zip"),
        ("/epss", &large, "larger than 1048576"),
    ];
    for (path, bytes, says) in cases {
        let before = server.site.lock().unwrap().files[path].clone();
        // another file is newer and good, and must not count alone
        let other = String::from_utf8(fact("kev.json").to_vec()).unwrap() + "\n";
        server.put("/kev", other.as_bytes());
        server.put(path, bytes);
        let error = crate::plain(&run(&order).await.unwrap_err());
        assert!(error.contains(says), "{error}");
        assert_eq!(std::fs::read(&order.to).unwrap(), index, "the index stays");
        server.put("/kev", fact("kev.json"));
        server.put(path, &before);
    }
    server.site.lock().unwrap().files.remove("/kev");
    assert!(crate::plain(&run(&order).await.unwrap_err()).contains("answers 404"));
    server.put("/kev", fact("kev.json"));
    assert_eq!(run(&order).await.unwrap().taken, first.taken);
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let (server, folder) = (site().await, tempfile::tempdir().unwrap());
    let stranger = Server::start().await;
    let order = Order { authorities: Some(stranger.authority), ..server.order(folder.path()) };
    let error = crate::plain(&run(&order).await.unwrap_err());
    assert!(error.contains("no answer from https://localhost"), "{error}");
    let plain = "version = \"1\"\nretrieved = \"2026-11-28\"\n[[source]]\nkind = \"kev\"\n\
        name = \"kev.json\"\nurl = \"http://localhost/\"\nmegabytes = 1\n";
    let sources = Sources::read(plain).unwrap();
    let order = Order { sources, ..server.order(folder.path()) };
    assert!(crate::plain(&run(&order).await.unwrap_err()).contains("without TLS"));
}

#[tokio::test]
async fn what_was_damaged_on_disk_is_told() {
    let (server, folder) = (site().await, tempfile::tempdir().unwrap());
    let order = server.order(folder.path());
    run(&order).await.unwrap();
    let objects = order.folder.join("objects");
    let object = std::fs::read_dir(&objects).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&object, b"x").unwrap();
    let from = std::slice::from_ref(&order.folder);
    let error = feeds::compile(from, &order.to, now(), &|_, _| ()).unwrap_err();
    assert!(crate::plain(&error).contains("another SHA-256"), "{error:?}");
}

const CSAF: &str = include_str!("../openpgp/document.json");

/// A provider's documents count with their hashes; one whose list says that it is as before is not asked for.
#[tokio::test]
async fn documents_of_a_provider() {
    let (server, folder) = (site().await, tempfile::tempdir().unwrap());
    let metadata = format!(
        "{{\"canonical_url\":\"{}\",\"distributions\":[{{\"directory_url\":\"{}\"}}]}}",
        server.url("/csaf/provider-metadata.json"),
        server.url("/csaf")
    );
    server.put("/csaf/provider-metadata.json", metadata.as_bytes());
    server.put("/csaf/changes.csv", b"2026/x.json,2026-11-01T00:00:00Z\n");
    server.put("/csaf/2026/x.json", CSAF.as_bytes());
    let hash = domain::Digest::of(CSAF.as_bytes()).to_string();
    server.put("/csaf/2026/x.json.sha256", format!("{hash}  x.json\n").as_bytes());
    let csaf = vec![server.url("/csaf/provider-metadata.json")];
    let order = Order { csaf, ..server.order(folder.path()) };
    let first = run(&order).await.unwrap();
    assert_eq!((first.files, first.compiled.advisories, first.without_hash), (4, 12, 0));
    server.asked();
    assert_eq!(run(&order).await.unwrap().changed, 0);
    assert!(!server.asked().iter().any(|(path, _)| path.ends_with("x.json")));
    server.put("/csaf/changes.csv", b"2026/x.json,2026-11-02T00:00:00Z\n");
    server.put("/csaf/2026/x.json", CSAF.replace("1.4", "1.5").as_bytes());
    assert!(crate::plain(&run(&order).await.unwrap_err()).contains("the hash that its provider"));
}

/// With a key pinned, by its file or its fingerprint, each document needs a good signature of it; one that is not
/// there, not over these bytes or of another key leaves all as it was.
#[tokio::test]
async fn documents_are_signed_by_pinned_keys() {
    let (server, folder) = (site().await, tempfile::tempdir().unwrap());
    let own = include_bytes!("../openpgp/supplier.key.asc").as_slice();
    let print = {
        let mut keys = PinnedKeys::default();
        keys.add(own, None).unwrap();
        keys.fingerprints().next().unwrap().to_owned()
    };
    let metadata = format!(
        "{{\"canonical_url\":\"{0}/provider-metadata.json\",\"distributions\":[{{\"directory_url\":\"{0}\"}}],
        \"public_openpgp_keys\":[{{\"fingerprint\":\"{print}\",\"url\":\"{0}/key.asc\"}}]}}",
        server.url("/csaf"),
    );
    server.put("/csaf/provider-metadata.json", metadata.as_bytes());
    server.put("/csaf/changes.csv", b"2026/x.json,2026-11-01T00:00:00Z\n");
    server.put("/csaf/2026/x.json", CSAF.as_bytes());
    server.put("/csaf/key.asc", own);
    let csaf = vec![server.url("/csaf/provider-metadata.json")];
    let unpinned = Order { csaf, ..server.order(folder.path()) };
    assert_eq!(run(&unpinned).await.unwrap().signed, 0);
    let pinned = Order { csaf_fingerprints: vec![print], ..unpinned.clone() };
    let says = |error: FeedsError, words: &str| {
        let error = crate::plain(&error);
        assert!(error.contains(words), "{error}");
    };
    // what was taken without a key is not believed with one
    says(run(&pinned).await.unwrap_err(), "no OpenPGP signature");
    let put = |signature: &[u8]| server.put("/csaf/2026/x.json.asc", signature);
    put(include_bytes!("../openpgp/by-another.asc"));
    says(run(&pinned).await.unwrap_err(), "none of the pinned keys");
    put(include_bytes!("../openpgp/by-primary.asc"));
    assert_eq!(run(&pinned).await.unwrap().signed, 1);
    // held with its signature, verified again and not asked for again
    server.asked();
    assert_eq!(run(&pinned).await.unwrap().signed, 1);
    assert!(!server.asked().iter().any(|(path, _)| path.contains("x.json")));
    server.put("/csaf/changes.csv", b"2026/x.json,2026-11-02T00:00:00Z\n");
    server.put("/csaf/2026/x.json", CSAF.replace("1.4", "1.5").as_bytes());
    says(run(&pinned).await.unwrap_err(), "not over these bytes");
    server.put("/csaf/key.asc", include_bytes!("../openpgp/another.key"));
    says(run(&pinned).await.unwrap_err(), "not the key with the fingerprint");
}
