//! One gateway with everything around it, in one process on loopback.

use crate::permits::{self, GRANT, TOKEN};
use crate::upstream::Upstream;
use bytes::Bytes;
use domain::{Digest, Span, Timestamp};
use gateway::{
    Account, Authority, Clock, Config, ContentStore, Control, Durability, Gateway, Limits,
    LiveReviews, Tls, UpstreamHttp, UpstreamTls, UseLog, UseRecord, UseSink,
};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// When the worlds begin: two hours into their window.
pub(crate) const START: &str = "2026-11-01T12:00:00Z";

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) upstream: Upstream,
    pub(crate) reviews: Arc<LiveReviews>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) control: Control,
    pub(crate) folder: TempDir,
    log: Option<Arc<UseLog>>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinSet<()>,
}

/// A clock that the test sets.
pub(crate) struct Hands(AtomicI64);

impl Hands {
    pub(crate) fn new() -> Self {
        let start: Timestamp = START.parse().expect("an instant");
        Self(AtomicI64::new(start.as_micros()))
    }
    pub(crate) fn pass(&self, span: Span) {
        self.0.fetch_add(i64::try_from(span.as_micros()).expect("small"), Ordering::SeqCst);
    }
    pub(crate) fn back(&self, span: Span) {
        self.0.fetch_sub(i64::try_from(span.as_micros()).expect("small"), Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).expect("in range")
    }
}

/// What a world differs in.
pub(crate) struct Setup {
    pub(crate) budget: u64,
    pub(crate) limits: Limits,
    pub(crate) terms: fn(&mut access::Limits),
    pub(crate) trusted_proxies: Vec<access::Network>,
    pub(crate) durability: Durability,
    pub(crate) sink: Option<Arc<dyn UseSink>>,
    pub(crate) authority: Option<Arc<dyn Authority>>,
    pub(crate) provider_key: Option<&'static str>,
    pub(crate) policies: Option<&'static str>,
    pub(crate) ceilings: Option<&'static str>,
    /// Read the ceilings that are in the folder.
    pub(crate) keep_ceilings: bool,
    pub(crate) upstream: Option<SocketAddr>,
    pub(crate) upstream_http: UpstreamHttp,
    /// Over TLS, with these files and by this name.
    pub(crate) upstream_tls: Option<UpstreamTls>,
    pub(crate) folder: Option<TempDir>,
    pub(crate) tls: Option<Tls>,
    pub(crate) credential: Digest,
    pub(crate) store: Option<Arc<dyn ContentStore>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            budget: 100_000,
            // proofs without a nonce are what most tests of proofs are about
            limits: Limits { proof_nonces: false, ..Limits::default() },
            terms: |_| {},
            trusted_proxies: Vec::new(),
            durability: Durability::Durable,
            sink: None,
            authority: None,
            provider_key: None,
            policies: None,
            ceilings: None,
            keep_ceilings: false,
            upstream: None,
            upstream_http: UpstreamHttp::default(),
            upstream_tls: None,
            folder: None,
            tls: None,
            credential: Digest::of(TOKEN.as_bytes()),
            store: None,
        }
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let folder = setup.folder.unwrap_or_else(|| tempfile::tempdir().expect("a folder"));
        let upstream = Upstream::start().await;
        let clock = Arc::new(Hands::new());
        let from = clock.now().before(Span::hours(2));
        let reviews =
            Arc::new(permits::review_under(setup.terms, setup.credential, setup.budget, from));
        let base = setup.upstream.unwrap_or(upstream.address);
        let base = match &setup.upstream_tls {
            None => format!("http://{base}/v1"),
            Some(_) => format!("https://localhost:{}/v1", base.port()),
        };
        let mut config = Config::new(base.parse().expect("a URI"));
        config.upstream_http = setup.upstream_http;
        config.upstream_tls = setup.upstream_tls.unwrap_or_default();
        config.limits = setup.limits;
        config.tls = setup.tls;
        config.trusted_proxies = setup.trusted_proxies;
        if let Some(key) = setup.provider_key {
            let path = folder.path().join("key");
            std::fs::write(&path, key).expect("written");
            config.provider_key_file = Some(path);
        }
        if let Some(policies) = setup.policies {
            let path = folder.path().join("policies.cedar");
            std::fs::write(&path, policies).expect("written");
            config.policy_file = Some(path);
        }
        let path = folder.path().join("ceilings.toml");
        if let Some(ceilings) = setup.ceilings {
            std::fs::write(&path, ceilings).expect("written");
        }
        config.ceilings_file = (setup.keep_ceilings || setup.ceilings.is_some()).then_some(path);
        let log = setup.sink.is_none().then(|| {
            let path = folder.path().join("uses.log");
            let opened = UseLog::open(&path, setup.durability, clock.now());
            Arc::new(opened.expect("a sound log").0)
        });
        let sink = setup.sink.or_else(|| log.clone().map(|l| l as _)).expect("one of the two");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let hands: Arc<dyn Clock> = Arc::<Hands>::clone(&clock);
        let authority = setup.authority.unwrap_or_else(|| Arc::<LiveReviews>::clone(&reviews) as _);
        let gateway = Gateway::new(&config, authority, sink, hands).expect("sound settings");
        let gateway = match setup.store {
            Some(store) => gateway.keeping(store),
            None => gateway,
        };
        let control = gateway.control();
        let (stop, stopped) = oneshot::channel();
        let mut serving = JoinSet::new();
        serving.spawn(gateway.serve(listener, async {
            // a dropped sender stops it too
            drop(stopped.await);
        }));
        let stop = Some(stop);
        Self { address, upstream, reviews, clock, control, folder, log, stop, serving }
    }

    pub(crate) fn withdraw(&self) {
        permits::withdraw(&self.reviews, self.clock.now());
    }

    pub(crate) fn account(&self) -> Account {
        self.control.account(&GRANT.parse().expect("an id"))
    }

    pub(crate) fn log(&self) -> &UseLog {
        self.log.as_ref().expect("this world has a log")
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.folder.path().join("uses.log")
    }

    /// Stops the gateway and closes the log; gives the folder and the upstream's view.
    pub(crate) async fn stop(mut self) -> TempDir {
        drop(self.stop.take());
        while self.serving.join_next().await.is_some() {}
        self.folder
    }

    /// Every use record on file, once `n` are there.
    pub(crate) async fn records(&self, n: usize) -> Vec<UseRecord> {
        let mut records = Vec::new();
        for _ in 0..200 {
            records.clear();
            UseLog::visit(&self.log_path(), &mut |r| records.push(r.clone())).expect("sound");
            if records.len() >= n {
                break;
            }
            pause(10).await;
        }
        assert!(records.len() >= n, "{n} records did not come: {records:?}");
        records
    }

    /// Waits until the grant's account is this one.
    pub(crate) async fn settles(&self, settled: u64) {
        let wanted = Account { settled, reserved: 0 };
        for _ in 0..200 {
            if self.account() == wanted {
                return;
            }
            pause(10).await;
        }
        assert_eq!(self.account(), wanted);
    }

    pub(crate) async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.expect("the gateway listens");
        stream.set_nodelay(true).expect("a socket");
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.expect("a connection");
        let mut task = JoinSet::new();
        task.spawn(async move {
            // cut connections end in an error
            drop(connection.await);
        });
        Client { sender, _task: task }
    }

    /// Asks as the credential's holder, with the mock's script.
    pub(crate) async fn ask(&self, script: &str) -> Answer {
        self.connect().await.ask(TOKEN, &prompt(script)).await
    }

    /// The same for at most so many tokens of answer.
    pub(crate) async fn ask_for(&self, tokens: u64, script: &str) -> Answer {
        let mut asked = prompt(script);
        asked.as_object_mut().expect("an object").insert("max_tokens".to_owned(), tokens.into());
        self.connect().await.ask(TOKEN, &asked).await
    }
}

/// A request of the usual shape. Its prompt is estimated at 9 to 20 tokens.
pub(crate) fn prompt(script: &str) -> Value {
    let plain = ["plain", "uncounted", "usage", "tools", "garbage", "status", "silent"];
    let stream = !plain.contains(&script.split(':').next().unwrap_or_default());
    json!({"model": "model-1", "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 100, "stream": stream, "user": script})
}

pub(crate) struct Client {
    sender: http1::SendRequest<Full<Bytes>>,
    _task: JoinSet<()>,
}

impl Client {
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    pub(crate) async fn try_send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, hyper::Error> {
        self.sender.ready().await?;
        Ok(Answer::of(self.sender.send_request(request).await?))
    }

    pub(crate) async fn ask(mut self, token: &str, body: &Value) -> Answer {
        let request = post(Some(token), Bytes::from(body.to_string()));
        let mut answer = self.send(request).await;
        answer.client = Some(self);
        answer
    }
}

pub(crate) fn post(token: Option<&str>, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/v1/chat/completions")
        .header(header::HOST, "gateway")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(Full::new(body)).expect("a request")
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    client: Option<Client>,
}

impl Answer {
    pub(crate) fn of(response: http::Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body, client: None }
    }

    /// Keeps the client's connection for as long as the answer is read.
    pub(crate) fn with(self, client: Client) -> Self {
        Self { client: Some(client), ..self }
    }

    /// The next bytes of the body.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, hyper::Error>> {
        loop {
            match self.body.frame().await? {
                Ok(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Some(Ok(bytes));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// The body to its end; `false` if it broke off.
    pub(crate) async fn rest(mut self) -> (String, bool) {
        let mut all = Vec::new();
        while let Some(next) = self.next().await {
            match next {
                Ok(bytes) => all.extend_from_slice(&bytes),
                Err(_) => return (String::from_utf8(all).expect("text"), false),
            }
        }
        drop(self.client);
        (String::from_utf8(all).expect("text"), true)
    }

    pub(crate) async fn text(self) -> String {
        let (text, whole) = self.rest().await;
        assert!(whole, "the body broke off after `{text}`");
        text
    }

    /// The error's status, class and code.
    pub(crate) async fn refusal(self) -> (u16, String, String) {
        let status = self.status.as_u16();
        let body: Value = serde_json::from_str(&self.text().await).expect("JSON");
        let field = |name: &str| body["error"][name].as_str().expect("text").to_owned();
        assert!(!field("message").is_empty());
        (status, field("type"), field("code"))
    }
}

#[expect(clippy::disallowed_methods, reason = "tests wait for other tasks")]
pub(crate) async fn pause(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}
