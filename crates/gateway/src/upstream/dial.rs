//! New connections to the model's server: over TCP, and TLS with the authorities and the certificate that the operator names.

use super::UpstreamError;
use crate::config::{Config, ConfigError, Target, UpstreamHttp, UpstreamTls};
use crate::tls::{HTTP1, HTTP2, certificates, provider, unusable};
use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpStream;
use tower_service::Service;

/// A connection's bytes.
pub(super) type Io = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Opens connections.
pub(super) struct Dialer {
    origin: Uri,
    http: UpstreamHttp,
    tcp: HttpConnector,
    files: UpstreamTls,
    /// None for a server without TLS.
    tls: Option<RwLock<Arc<ClientConfig>>>,
}

impl Dialer {
    pub(super) fn new(config: &Config, target: &Target) -> Result<Self, ConfigError> {
        let (http, files) = (config.upstream_http, config.upstream_tls.clone());
        if !target.tls && files != UpstreamTls::default() {
            return Err(ConfigError::PlainUpstream { given: config.upstream.to_string() });
        }
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let tls = target.tls.then(|| trust(&files, http)).transpose()?;
        let tls = tls.map(|tls| RwLock::new(Arc::new(tls)));
        Ok(Self { origin: target.origin.clone(), http, tcp, files, tls })
    }

    /// Reads certificates and key again; on failure those in use stay. Open connections go on with what they began with.
    pub(super) fn renew(&self) -> Result<(), ConfigError> {
        if let Some(tls) = &self.tls {
            let fresh = Arc::new(trust(&self.files, self.http)?);
            *tls.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        Ok(())
    }

    /// Whether a first connection may turn out to speak HTTP/2.
    pub(super) fn may_speak_http2(&self) -> bool {
        match self.http {
            UpstreamHttp::Agreed => self.tls.is_some(),
            UpstreamHttp::Http1 => false,
            UpstreamHttp::Http2 => true,
        }
    }

    /// A new connection, and whether HTTP/2 is spoken on it.
    pub(super) async fn dial(&self) -> Result<(Io, bool), UpstreamError> {
        let refused = |reason: String| UpstreamError::Connect(reason);
        let (mut tcp, origin) = (self.tcp.clone(), self.origin.clone());
        let Some(tls) = &self.tls else {
            let io = tcp.call(origin).await.map_err(|e| refused(e.to_string()))?;
            return Ok((MaybeHttpsStream::Http(io), self.http == UpstreamHttp::Http2));
        };
        let config = Arc::clone(&tls.read().unwrap_or_else(PoisonError::into_inner));
        let connected = HttpsConnector::from((tcp, config)).call(origin).await;
        let io = connected.map_err(|e| refused(e.to_string()))?;
        let http2 = io.connected().is_negotiated_h2();
        if self.http == UpstreamHttp::Http2 && !http2 {
            return Err(refused(
                "it does not agree on HTTP/2, and nothing else was allowed".to_owned(),
            ));
        }
        Ok((io, http2))
    }
}

/// Whom the gateway believes to be the server, and what it shows of itself.
fn trust(files: &UpstreamTls, http: UpstreamHttp) -> Result<ClientConfig, ConfigError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(provider()));
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|e| ConfigError::UpstreamTls { reason: e.to_string() })?;
    let builder = match &files.authority {
        None => builder.with_native_roots().map_err(ConfigError::Roots)?,
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|e| unusable(path, &e))?;
            }
            builder.with_root_certificates(roots)
        }
    };
    let mut config = match &files.certificate {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|e| unusable(key, &e))?;
            let chain = certificates(certificate)?;
            builder.with_client_auth_cert(chain, private).map_err(|e| unusable(certificate, &e))?
        }
    };
    config.alpn_protocols = match http {
        UpstreamHttp::Agreed => vec![HTTP2.to_vec(), HTTP1.to_vec()],
        UpstreamHttp::Http1 => vec![HTTP1.to_vec()],
        UpstreamHttp::Http2 => vec![HTTP2.to_vec()],
    };
    Ok(config)
}
