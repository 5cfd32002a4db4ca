//! The HTTP below object storage: the client that every other part uses too, with limits on time and size.
//!
//! `object_store` brings a client of its own only with a second HTTP stack; this one is hyper with rustls. It follows no
//! redirect and reads no proxy from the environment.

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::TokioExecutor;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpService,
};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

/// Largest answer that is read, in bytes: above any bundle of a full batch.
const LIMIT: usize = 256 << 20;
/// Longest that one exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest that a connection may take to open.
const TO_CONNECT: Duration = Duration::from_secs(5);

/// Makes clients.
#[derive(Debug)]
pub(super) struct Connector;

/// A client with a connection pool.
#[derive(Debug)]
struct Service(Client<HttpsConnector<Tcp>, HttpRequestBody>);

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(TO_CONNECT));
        let tls = HttpsConnectorBuilder::new().with_native_roots();
        let tls =
            tls.map_err(|e| object_store::Error::Generic { store: "S3", source: e.into() })?;
        let connector = tls.https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(HttpClient::new(Service(client)))
    }
}

/// Whether a request that failed may be sent again is decided by its kind.
fn kind(error: &hyper_util::client::legacy::Error) -> HttpErrorKind {
    if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted }
}

async fn exchange(
    client: Client<HttpsConnector<Tcp>, HttpRequestBody>,
    request: HttpRequest,
) -> Result<HttpResponse, HttpError> {
    let answer = client.request(request).await.map_err(|e| HttpError::new(kind(&e), e))?;
    let (parts, body) = answer.into_parts();
    let body: Bytes = match Limited::new(body, LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(e) => return Err(HttpError::new_boxed(HttpErrorKind::Interrupted, e)),
    };
    Ok(HttpResponse::from_parts(parts, body.into()))
}

impl HttpService for Service {
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        let work = exchange(self.0.clone(), request);
        Box::pin(async {
            let late = || {
                let why = format!("no answer within {} s", PATIENCE.as_secs());
                HttpError::new(HttpErrorKind::Timeout, io::Error::other(why))
            };
            tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(late()))
        })
    }
}
