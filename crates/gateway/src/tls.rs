//! TLS of the gateway's own: version 1.3, the hybrid X25519MLKEM768 preferred, client certificates where clients have one.
//!
//! A client certificate shows one thing here: that the client holds its private key. Whom that key may speak for is for the
//! grant to say, whose credential can be bound to it ([`access::Binding::Certificate`], after RFC 8705 §3). An operator
//! may besides demand certificates of its own authorities, or name the certificates one by one.

use crate::config::ConfigError;
use domain::Digest;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, NamedGroup, RootCertStore,
    ServerConfig, SignatureScheme,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Where the gateway's certificate is, and which clients may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate and those that lead to its authority, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
    /// Which clients may connect.
    pub clients: TlsClients,
}

/// Which clients may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsClients {
    /// All. A certificate is asked for, and believed to show its key.
    Any,
    /// Those with a certificate of an authority in this PEM file.
    Authorities(PathBuf),
    /// Those with one of these certificates, by SHA-256.
    Pinned(BTreeSet<Digest>),
}

/// What does the handshakes.
pub(crate) struct Handshakes(TlsAcceptor);

/// What a handshake showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// SHA-256 of the client's certificate.
    pub(crate) certificate: Option<Digest>,
    /// The group that keys were agreed in.
    pub(crate) group: &'static str,
    /// Whether HTTP/2 was agreed on.
    pub(crate) http2: bool,
}

/// HTTP/2 (RFC 9113 §3.2) and HTTP/1.1, as handshakes name them.
pub(crate) const HTTP2: &[u8] = b"h2";
pub(crate) const HTTP1: &[u8] = b"http/1.1";

impl Handshakes {
    pub(crate) fn new(tls: &Tls) -> Result<Self, ConfigError> {
        let provider = Arc::new(provider());
        let certificates = certificates(&tls.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|e| unusable(&tls.key, &e))?;
        let verifier = verifier(&tls.clients, &provider)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|e| unusable(&tls.certificate, &e))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(certificates, key)
            .map_err(|e| unusable(&tls.certificate, &e))?;
        let mut config = config;
        config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// One handshake, within its time.
    pub(crate) async fn shake(
        &self,
        stream: TcpStream,
        patience: Duration,
    ) -> std::io::Result<(TlsStream<TcpStream>, Shown)> {
        let shaken = tokio::time::timeout(patience, self.0.accept(stream)).await;
        let stream = shaken.map_err(|_| std::io::Error::other("the handshake took too long"))??;
        let (_, connection) = stream.get_ref();
        let certificate = connection.peer_certificates().and_then(<[_]>::first);
        let group = connection.negotiated_key_exchange_group().map(|group| group.name());
        let shown = Shown {
            certificate: certificate.map(|der| Digest::of(der)),
            group: group.map_or("none", name),
            http2: connection.alpn_protocol() == Some(HTTP2),
        };
        Ok((stream, shown))
    }
}

/// The hybrids before all others, toward clients and toward the upstream.
pub(crate) fn provider() -> CryptoProvider {
    let mut provider = default_provider();
    provider.kx_groups = vec![
        kx_group::X25519MLKEM768,
        kx_group::SECP256R1MLKEM768,
        kx_group::X25519,
        kx_group::SECP256R1,
        kx_group::SECP384R1,
    ];
    provider
}

/// The group's name in the registry of TLS.
fn name(group: NamedGroup) -> &'static str {
    const NAMES: [(NamedGroup, &str); 5] = [
        (NamedGroup::X25519MLKEM768, "X25519MLKEM768"),
        (NamedGroup::secp256r1MLKEM768, "SecP256r1MLKEM768"),
        (NamedGroup::X25519, "x25519"),
        (NamedGroup::secp256r1, "secp256r1"),
        (NamedGroup::secp384r1, "secp384r1"),
    ];
    NAMES.iter().find(|(known, _)| *known == group).map_or("other", |(_, name)| name)
}

pub(crate) fn unusable(path: &Path, error: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::Tls { path: path.to_owned(), reason: error.to_string() }
}

/// The certificates of a PEM file, of which there is one at least.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(all) if all.is_empty() => Err(unusable(path, &"it holds no certificate")),
        Ok(all) => Ok(all),
        Err(error) => Err(unusable(path, &error)),
    }
}

/// SHA-256 of the first certificate in a PEM file: the `x5t#S256` of RFC 8705.
///
/// # Errors
/// [`ConfigError::Tls`].
pub fn certificate_digest(path: &Path) -> Result<Digest, ConfigError> {
    let all = certificates(path)?;
    all.first().map(|der| Digest::of(der)).ok_or_else(|| unusable(path, &"it holds no certificate"))
}

fn verifier(
    clients: &TlsClients,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, ConfigError> {
    let algorithms = provider.signature_verification_algorithms;
    match clients {
        TlsClients::Any => Ok(Arc::new(Named { pins: None, algorithms })),
        TlsClients::Pinned(pins) => Ok(Arc::new(Named { pins: Some(pins.clone()), algorithms })),
        TlsClients::Authorities(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|e| unusable(path, &e))?;
            }
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
            verifier.build().map_err(|e| unusable(path, &e))
        }
    }
}

/// Takes certificates for what they show: a key, and whether it is one of those that were named.
#[derive(Debug)]
struct Named {
    pins: Option<BTreeSet<Digest>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for Named {
    fn client_auth_mandatory(&self) -> bool {
        self.pins.is_some()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let known = |pins: &BTreeSet<Digest>| pins.contains(&Digest::of(certificate));
        if self.pins.as_ref().is_none_or(known) {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
