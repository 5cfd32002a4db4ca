//! TLS toward the upstream: a private authority, a certificate of the gateway's own, and which HTTP is agreed on.

use crate::upstream::{Seen, serve};
use crate::world::{Setup, World};
use domain::Span;
use gateway::{Config, ConfigError, Limits, UpstreamHttp, UpstreamTls};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{NamedGroup, RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// An authority of a lab's own, with what it certified, in files.
pub(crate) struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
    roots: Arc<RootCertStore>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("signed");
        std::fs::write(folder.path().join("ca"), certificate.pem()).expect("written");
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).expect("a root");
        Self { folder, issuer: Issuer::new(params, key), roots: Arc::new(roots) }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Certifies a name; certificate and key are in files.
    pub(crate) fn certify(&self, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        let files = (self.file(&format!("{name}.cert")), self.file(&format!("{name}.key")));
        std::fs::write(&files.0, certificate.pem()).expect("written");
        std::fs::write(&files.1, key.serialize_pem()).expect("written");
        files
    }

    /// A model's server with a certificate of this authority, which may ask for one.
    async fn server(&self, asks: bool, protocols: &[&[u8]]) -> Server {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("signed");
        // as servers do that want it: the hybrid before all others
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.kx_groups.sort_by_key(|group| group.name() != NamedGroup::X25519MLKEM768);
        let builder = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = if asks {
            let verifier = WebPkiClientVerifier::builder(Arc::clone(&self.roots)).build();
            builder.with_client_cert_verifier(verifier.expect("roots"))
        } else {
            builder.with_no_client_auth()
        };
        let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let mut config =
            builder.with_single_cert(vec![certificate.der().clone()], private).expect("a pair");
        config.alpn_protocols = protocols.iter().map(|p| p.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Seen::default());
        let (mut tasks, shared) = (JoinSet::new(), Arc::clone(&seen));
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen) = (acceptor.clone(), Arc::clone(&shared));
                open.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    seen.connections.fetch_add(1, Ordering::SeqCst);
                    let tls = stream.get_ref().1;
                    let group = tls.negotiated_key_exchange_group().expect("agreed").name();
                    assert_eq!(group, NamedGroup::X25519MLKEM768, "the gateway sends its share");
                    let http2 = tls.alpn_protocol() == Some(b"h2");
                    serve(stream, http2, seen).await;
                });
            }
        });
        Server { address, seen, _tasks: tasks }
    }
}

struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn world(&self, tls: UpstreamTls, http: UpstreamHttp) -> World {
        let limits = Limits { idle_timeout: Span::ZERO, ..Limits::default() };
        let (upstream, upstream_tls) = (Some(self.address), Some(tls));
        World::with(Setup {
            upstream,
            upstream_tls,
            upstream_http: http,
            limits,
            ..Setup::default()
        })
        .await
    }

    /// How many of its requests came in HTTP/2.
    fn in_http2(&self) -> usize {
        self.seen.in_http2.load(Ordering::SeqCst)
    }
}

pub(crate) fn trusting(authority: &Authority) -> UpstreamTls {
    UpstreamTls { authority: Some(authority.file("ca")), certificate: None }
}

#[tokio::test]
async fn http2_is_preferred_where_the_server_offers_it() {
    let authority = Authority::new();
    let (both, old): (&[&[u8]], &[&[u8]]) = (&[b"h2", b"http/1.1"], &[b"http/1.1"]);
    for (offers, speaks, in_http2) in [
        (both, UpstreamHttp::Agreed, 1),
        (both, UpstreamHttp::Http1, 0),
        (both, UpstreamHttp::Http2, 1),
        (old, UpstreamHttp::Agreed, 0),
        (&[], UpstreamHttp::Agreed, 0),
    ] {
        let server = authority.server(false, offers).await;
        let world = server.world(trusting(&authority), speaks).await;
        assert_eq!(world.ask("plain").await.status, 200, "{speaks:?}");
        assert_eq!(server.in_http2(), in_http2, "{speaks:?}");
        assert!(world.ask("stream:30").await.text().await.ends_with("data: [DONE]\n\n"));
    }
    // nothing else was allowed
    let server = authority.server(false, &[]).await;
    let world = server.world(trusting(&authority), UpstreamHttp::Http2).await;
    assert_eq!(world.ask("plain").await.refusal().await.2, "upstream_unreachable");
}

#[tokio::test]
async fn only_the_authority_that_was_named_is_believed() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server(false, &[b"h2"]).await;
    for tls in [trusting(&other), UpstreamTls::default()] {
        let world = server.world(tls, UpstreamHttp::Agreed).await;
        assert_eq!(world.ask("plain").await.refusal().await.2, "upstream_unreachable");
        world.settles(0).await;
    }
    assert_eq!(server.seen.count(), 0);
}

#[tokio::test]
async fn a_server_that_asks_who_the_gateway_is_is_shown_its_certificate() {
    let authority = Authority::new();
    for offers in [&[b"h2".as_slice()][..], &[b"http/1.1"]] {
        let server = authority.server(true, offers).await;
        let world = server.world(trusting(&authority), UpstreamHttp::Agreed).await;
        let (status, _, code) = world.ask("plain").await.refusal().await;
        // in TLS 1.3 a server says so when the client has begun already
        assert!(status == 502 && code.starts_with("upstream_"), "{status} {code}");
        let tls =
            UpstreamTls { certificate: Some(authority.certify("gateway")), ..trusting(&authority) };
        let world = server.world(tls, UpstreamHttp::Agreed).await;
        assert_eq!(world.ask("plain").await.status, 200);
    }
}

#[tokio::test]
async fn certificates_are_read_again_while_it_serves() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server(true, &[b"http/1.1"]).await;
    let files = authority.certify("gateway");
    let good = [&files.0, &files.1].map(|file| std::fs::read(file).expect("there"));
    let wrong = other.certify("gateway");
    std::fs::copy(&wrong.0, &files.0).expect("written");
    std::fs::copy(&wrong.1, &files.1).expect("written");
    let tls = UpstreamTls { certificate: Some(files.clone()), ..trusting(&authority) };
    let world = server.world(tls, UpstreamHttp::Agreed).await;
    assert_eq!(world.ask("plain").await.refusal().await.0, 502, "somebody else's");
    std::fs::write(&files.0, "no certificate").expect("written");
    assert!(world.control.renew().is_err(), "what is in use stays");
    std::fs::write(&files.0, &good[0]).expect("written");
    std::fs::write(&files.1, &good[1]).expect("written");
    world.control.renew().expect("sound files");
    assert_eq!(world.ask("plain").await.status, 200);
}

#[test]
fn certificates_are_of_no_use_without_tls() {
    let authority = Authority::new();
    let mut config = Config::new("http://127.0.0.1:1/v1".parse().expect("a URI"));
    config.upstream_tls = trusting(&authority);
    let tried =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let refused = tried.block_on(gateway::try_upstream(&config)).expect_err("refused");
    assert!(matches!(refused, ConfigError::PlainUpstream { .. }), "{refused}");
}
