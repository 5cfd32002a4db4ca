//! TLS of the gateway's own: what is agreed, which clients get in, and credentials that are bound to a certificate.

use crate::http2::Two;
use crate::permits::TOKEN;
use crate::world::{Setup, World, post, prompt};
use access::Binding;
use bytes::Bytes;
use domain::{Digest, Span};
use gateway::{Limits, Tls, TlsClients, bound_to_certificate, certificate_digest};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, NamedGroup, RootCertStore, SupportedProtocolVersion, version};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// A certificate that signs itself, in files.
pub(crate) struct Made {
    folder: TempDir,
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Made {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["gateway".to_owned()]).expect("made");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("cert"), made.cert.pem()).expect("written");
        let key = made.signing_key.serialize_pem();
        std::fs::write(folder.path().join("key"), key).expect("written");
        let der = made.signing_key.serialize_der();
        let key = PrivateKeyDer::try_from(der).expect("a key");
        Self { folder, der: made.cert.der().clone(), key }
    }

    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn digest(&self) -> Digest {
        Digest::of(&self.der)
    }
}

pub(crate) fn tls(server: &Made, clients: TlsClients) -> Option<Tls> {
    Some(Tls { certificate: server.file("cert"), key: server.file("key"), clients })
}

type Versions = [&'static SupportedProtocolVersion; 1];

/// Asks over TLS; the status and the group, or that there was no answer.
async fn ask_as(
    world: &World,
    server: &Made,
    client: Option<&Made>,
    versions: Versions,
) -> Option<(u16, String)> {
    let mut roots = RootCertStore::empty();
    roots.add(server.der.clone()).expect("a root");
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    // as clients do that want it: the hybrid's share is sent at once
    provider.kx_groups.sort_by_key(|group| group.name() != NamedGroup::X25519MLKEM768);
    let provider = Arc::new(provider);
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .expect("a version")
        .with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some(made) => config
            .with_client_auth_cert(vec![made.der.clone()], made.key.clone_key())
            .expect("a certificate"),
    };
    let stream = TcpStream::connect(world.address).await.expect("it listens");
    let name = ServerName::try_from("gateway").expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
    let group = stream.get_ref().1.negotiated_key_exchange_group().expect("agreed").name();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let mut task = JoinSet::new();
    task.spawn(async move { drop(connection.await) });
    let request = post(Some(TOKEN), Bytes::from(prompt("plain").to_string()));
    let answer = sender.send_request(request).await.ok()?;
    Some((answer.status().as_u16(), format!("{group:?}")))
}

async fn ask(world: &World, server: &Made, client: Option<&Made>) -> Option<u16> {
    ask_as(world, server, client, [&version::TLS13]).await.map(|(status, _)| status)
}

#[tokio::test]
async fn keys_are_agreed_in_the_hybrid_group_and_that_is_counted() {
    let server = Made::new();
    let world = World::with(Setup { tls: tls(&server, TlsClients::Any), ..Setup::default() }).await;
    let answered = ask_as(&world, &server, None, [&version::TLS13]).await;
    assert_eq!(answered, Some((200, "X25519MLKEM768".to_owned())));
    assert_eq!(ask_as(&world, &server, None, [&version::TLS12]).await, None, "too old");
    let metrics = world.control.metrics();
    let count = |group: &str| format!("handshakes_total{{group=\"{group}\"}} 1");
    for group in ["X25519MLKEM768", "failed"] {
        assert!(metrics.contains(&count(group)), "{metrics}");
    }
}

#[tokio::test]
async fn http2_is_agreed_on_in_the_handshake() {
    let server = Made::new();
    let world = World::with(Setup { tls: tls(&server, TlsClients::Any), ..Setup::default() }).await;
    for (offered, agreed) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"], "http/1.1")] {
        let mut roots = RootCertStore::empty();
        roots.add(server.der.clone()).expect("a root");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13])
            .expect("a version")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = TcpStream::connect(world.address).await.expect("it listens");
        let name = ServerName::try_from("gateway").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let stream = stream.expect("a handshake");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(agreed.as_bytes()));
        if agreed == "h2" {
            assert_eq!(Two::over(stream).await.ask("plain").await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_bound_credential_needs_its_certificate() {
    let (server, client, thief) = (Made::new(), Made::new(), Made::new());
    assert_eq!(certificate_digest(&client.file("cert")).ok(), Some(client.digest()));
    let token = Digest::of(TOKEN.as_bytes());
    let world = World::with(Setup {
        tls: tls(&server, TlsClients::Any),
        credential: bound_to_certificate(&client.digest(), &token),
        terms: |limits| limits.credentials = Some([Binding::Certificate].into()),
        ..Setup::default()
    })
    .await;
    assert_eq!(ask(&world, &server, Some(&client)).await, Some(200));
    // whoever copied the token has nothing
    assert_eq!(ask(&world, &server, Some(&thief)).await, Some(401));
    assert_eq!(ask(&world, &server, None).await, Some(401));
}

#[tokio::test]
async fn a_plain_key_is_refused_where_terms_want_more() {
    let (server, client) = (Made::new(), Made::new());
    let world = World::with(Setup {
        tls: tls(&server, TlsClients::Any),
        terms: |limits| limits.credentials = Some([Binding::Certificate].into()),
        ..Setup::default()
    })
    .await;
    for client in [None, Some(&client)] {
        assert_eq!(ask(&world, &server, client).await, Some(403));
    }
    assert_eq!(world.upstream.seen.count(), 0);
}

#[tokio::test]
async fn only_clients_that_were_named_get_in() {
    let (server, client, other) = (Made::new(), Made::new(), Made::new());
    for clients in
        [TlsClients::Pinned([client.digest()].into()), TlsClients::Authorities(client.file("cert"))]
    {
        let world = World::with(Setup { tls: tls(&server, clients), ..Setup::default() }).await;
        assert_eq!(ask(&world, &server, Some(&client)).await, Some(200));
        assert_eq!(ask(&world, &server, Some(&other)).await, None);
        assert_eq!(ask(&world, &server, None).await, None);
    }
}

#[tokio::test]
async fn whoever_does_not_speak_tls_is_let_go() {
    let server = Made::new();
    let limits = Limits { header_timeout: Span::millis(200), ..Limits::default() };
    let tls = tls(&server, TlsClients::Any);
    let world = World::with(Setup { tls, limits, ..Setup::default() }).await;
    for said in [b"".as_slice(), b"GET /healthz HTTP/1.1\r\nhost: g\r\n\r\n", &[0x16, 3, 1, 255]] {
        let mut stream = TcpStream::connect(world.address).await.expect("it listens");
        stream.write_all(said).await.expect("sent");
        let mut answer = Vec::new();
        // an alert at most, and the connection's end
        drop(stream.read_to_end(&mut answer).await);
        assert!(answer.len() < 64 && !answer.starts_with(b"HTTP"), "{answer:?}");
    }
}

#[test]
fn files_that_can_not_be_used_are_named() {
    let made = Made::new();
    assert!(certificate_digest(Path::new("/nowhere")).is_err());
    let said = certificate_digest(&made.file("key")).expect_err("a key").to_string();
    assert!(said.contains("holds no certificate"), "{said}");
}
