//! The developer's gateway, and what its operator asks of it.

mod canary;
mod client;
mod confine;
mod content;
mod doctor;
mod drill;
mod signals;
mod usage;
mod words;

pub(crate) use client::thumbprint;

use self::confine::Isolation;
use crate::context::{Global, ended, environment};
use crate::exit::Exit;
use crate::log::say;
use crate::output::show;
use anyhow::Context;
use operations::files;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Run the developer's gateway: a proxy for OpenAI and Anthropic clients that forwards only with a permit.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Gateway {
    #[command(flatten)]
    serve: Serve,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What else an operator asks for.
#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Try everything that a gateway with these options needs, and say what to do where it fails.
    ///
    /// Exit code 1 when the gateway would refuse or forward nothing.
    Doctor(Box<Serve>),
    /// Open streams at your gateways, withdraw in a case made for it, and tell how long each stream outlived the word.
    ///
    /// Exit code 1 when one outlived it by a second.
    Drill(drill::Drill),
    /// What is kept of a request, as a file to hand out: sealed to whoever asked, or open where terms say `visible`.
    Content(content::Content),
    /// Open content that is sealed to this party, and check it against the log.
    ///
    /// Exit code 1 when it is not what was recorded.
    Open(content::Open),
    /// Check opened content against this party's own copy of the log.
    ///
    /// Exit code 1 when it is not what was recorded.
    Check(content::Check),
    /// Signals of misuse by those who have access, from this gateway's use log: the rule, the figures, the records, and what it
    /// may be that is innocent. A person decides; `review act-on-signal` says and does what follows.
    ///
    /// Exit code 1 when there is one.
    Signals(signals::Signals),
    /// Make a client's key for proofs (DPoP), with the public half as a JWK for `review request-grant --dpop-key`.
    ClientKey(client::ClientKey),
    /// Let another key use a credential that is bound or delegated to yours, for less. Asks nobody.
    Delegate(client::Delegate),
    /// Words to plant in what a grant's holder is given: six in a row that nobody else is. This gateway looks for them in others'
    /// prompts where terms make content visible.
    Canary(canary::Canary),
    /// A copy of a text for each recipient, each with a mark of its own at the end.
    Mark(canary::Mark),
    /// Whose marked copy a text is. Exit code 1 when it is nobody's.
    Whose(canary::Whose),
    /// What each grant has used by day, from the log: the lab sees every use, an organisation its own.
    Usage(usage::Usage),
    /// The direct words that this home's gateway has, and how each stands; with FILEs, takes over words that another home signed.
    ///
    /// Exit code 1 when one is not obeyed.
    Words(words::Words),
}

impl Gateway {
    /// Gives up what a gateway does not need, where one is to be served.
    pub(crate) fn confine(&self, global: &Global) -> anyhow::Result<()> {
        if self.verb.is_none() { self.serve.confine(global) } else { Ok(()) }
    }

    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self.verb {
            None => self.serve.run(global).await,
            Some(Verb::Doctor(serve)) => serve.examine(global).await,
            Some(Verb::Drill(verb)) => verb.run(global).await,
            Some(Verb::Content(verb)) => verb.run(global),
            Some(Verb::Open(verb)) => verb.run(global).await,
            Some(Verb::Check(verb)) => verb.run(global).await,
            Some(Verb::Signals(verb)) => verb.run(global).await,
            Some(Verb::ClientKey(verb)) => verb.run(global),
            Some(Verb::Delegate(verb)) => verb.run(global),
            Some(Verb::Canary(verb)) => verb.run(global),
            Some(Verb::Mark(verb)) => verb.run(global),
            Some(Verb::Whose(verb)) => verb.run(global),
            Some(Verb::Usage(verb)) => verb.run(global).await,
            Some(Verb::Words(verb)) => verb.run(global),
        }
    }
}

/// When a proof needs a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Nonces {
    Always,
    Late,
}

/// Which HTTP is spoken with the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Http {
    Auto,
    #[value(name = "1")]
    One,
    #[value(name = "2")]
    Two,
}

/// A gateway's options.
#[derive(Debug, clap::Args)]
struct Serve {
    /// The model's base URL, such as `http://127.0.0.1:8000/v1`.
    #[arg(long, value_name = "URL", required = true)]
    upstream: Option<String>,
    /// Which HTTP to speak with the upstream: `auto`, what its TLS agrees on, HTTP/2 before HTTP/1.1, and HTTP/1.1 without TLS;
    /// `1`, HTTP/1.1 alone; `2`, HTTP/2 alone, also without TLS.
    #[arg(long, value_name = "HTTP", value_enum, default_value_t = Http::Auto)]
    upstream_http: Http,
    /// Believe only the authorities in this PEM file to speak for the upstream, in place of the system's.
    #[arg(long, value_name = "FILE")]
    upstream_ca: Option<PathBuf>,
    /// The gateway's own certificate toward an upstream that asks for one, and those above it, as PEM; with `--upstream-key`.
    #[arg(long, value_name = "FILE", requires = "upstream_key")]
    upstream_cert: Option<PathBuf>,
    /// The private key of `--upstream-cert`, as PEM.
    #[arg(long, value_name = "FILE", requires = "upstream_cert")]
    upstream_key: Option<PathBuf>,
    /// A file with the upstream's API key. Default: the systemd credential `provider-key`, if there is one.
    #[arg(long, value_name = "FILE")]
    provider_key: Option<PathBuf>,
    /// Your own policies in Cedar. They can refuse what the terms allow, and allow nothing.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Your own ceilings beside the terms: requests, tokens and money of a day, and requests at once, for each grant, person and
    /// organisation. They can refuse what the terms allow, and allow nothing.
    #[arg(long, value_name = "FILE")]
    ceilings: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:7481")]
    listen: SocketAddr,
    /// The gateway's own certificate and those above it, as PEM; with `--tls-key`. Without both it speaks plain HTTP.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of `--tls-cert`, as PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Only clients with a certificate of an authority in this PEM file may connect.
    #[arg(long, value_name = "FILE", requires = "tls_cert", conflicts_with = "client_cert")]
    client_ca: Option<PathBuf>,
    /// Only clients with a certificate of this SHA-256 (of its DER, 64 hexadecimal digits) may connect; repeat.
    #[arg(long, value_name = "DIGEST", requires = "tls_cert")]
    client_cert: Vec<domain::Digest>,
    /// How long to forward without hearing from the log, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    lease: u32,
    /// Where several gateways serve the same grants: most tokens of one grant that this one spends or sets aside before the
    /// log counts them. It bounds by how much all together can go over a budget.
    #[arg(long, value_name = "TOKENS", value_parser = clap::value_parser!(u64).range(1..))]
    unstated_tokens: Option<u64>,
    /// When a DPoP proof must carry a nonce of this gateway: `always`, so that a proof which was taken here is none at another
    /// gateway; `late`, where its age can't be told otherwise, which spares a client its first question.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Nonces::Always)]
    dpop_nonces: Nonces,
    /// A proxy in front of the gateway whose `X-Forwarded-For` is believed, as a network such as `192.0.2.0/24`; repeat.
    #[arg(long, value_name = "NETWORK")]
    trusted_proxy: Vec<access::Network>,
    /// When the record of a use is safe: `durable`, on disk; `relaxed`, with the operating system, so that a machine
    /// that loses power loses some 30 seconds of records. Terms must agree to the latter.
    #[arg(long, value_name = "MODE", default_value = "durable")]
    recording: access::Recording,
    /// What to do where this machine can't confine the process: `best`, say so and serve; `require`, don't serve; `off`,
    /// don't confine it.
    #[arg(long, value_enum, default_value_t = Isolation::Best)]
    isolation: Isolation,
    /// Where your own machines may ask how it does: `/metrics` for Prometheus, `/readyz`, `/healthz`. It names nobody, and
    /// takes no orders; keep it from clients all the same.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// Send a span of each request to this OTLP/HTTP address, such as `http://127.0.0.1:4318/v1/traces`: what it cost and how
    /// it ended, not who made it and nothing of what was said. Without it none is sent.
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// How long a grant that was slowed over a signal waits between two requests, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    slow: u32,
    /// How long open answers may go on once the gateway is asked to end, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=3_600))]
    drain: u32,
    /// Write the address that was bound here, once ready.
    #[arg(long, value_name = "FILE")]
    ready: Option<PathBuf>,
}

impl Serve {
    /// The upstream as it was given; the parser has seen to it.
    fn upstream(&self) -> anyhow::Result<&str> {
        self.upstream.as_deref().context("`--upstream` is missing")
    }

    /// What the gateway is told, from the options.
    fn config(&self) -> anyhow::Result<gateway::Config> {
        let given = self.upstream()?;
        let upstream = given.parse().with_context(|| format!("`{given}`"))?;
        let mut config = gateway::Config::new(upstream);
        config.upstream_http = match self.upstream_http {
            Http::Auto => gateway::UpstreamHttp::Agreed,
            Http::One => gateway::UpstreamHttp::Http1,
            Http::Two => gateway::UpstreamHttp::Http2,
        };
        config.upstream_tls = gateway::UpstreamTls {
            authority: self.upstream_ca.clone(),
            certificate: self.upstream_cert.clone().zip(self.upstream_key.clone()),
        };
        config.provider_key_file = self.key_file();
        config.policy_file.clone_from(&self.policy);
        config.ceilings_file.clone_from(&self.ceilings);
        config.trusted_proxies.clone_from(&self.trusted_proxy);
        config.limits.lease = domain::Span::millis(self.lease.into());
        config.limits.slow_gap = domain::Span::seconds(self.slow.into());
        config.limits.proof_nonces = self.dpop_nonces == Nonces::Always;
        config.limits.drain = domain::Span::seconds(self.drain.into());
        config.limits.unstated_tokens = self.unstated_tokens.unwrap_or(u64::MAX);
        config.tls = self.tls_cert.clone().zip(self.tls_key.clone()).map(|(certificate, key)| {
            let clients = match (&self.client_ca, self.client_cert.as_slice()) {
                (Some(file), _) => gateway::TlsClients::Authorities(file.clone()),
                (None, []) => gateway::TlsClients::Any,
                (None, pins) => gateway::TlsClients::Pinned(pins.iter().copied().collect()),
            };
            gateway::Tls { certificate, key, clients }
        });
        Ok(config)
    }

    /// The file of the upstream's key.
    fn key_file(&self) -> Option<PathBuf> {
        let credential = || {
            let folder = environment("CREDENTIALS_DIRECTORY")?;
            Some(PathBuf::from(folder).join("provider-key")).filter(|file| file.exists())
        };
        self.provider_key.clone().or_else(credential)
    }

    async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let config = self.config()?;
        let durability = match self.recording {
            access::Recording::Durable => gateway::Durability::Durable,
            access::Recording::Relaxed => gateway::Durability::Relaxed,
        };
        let listener = tokio::net::TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("can't listen on {}", self.listen))?;
        let operators = match self.metrics {
            None => None,
            Some(address) => Some(
                tokio::net::TcpListener::bind(address)
                    .await
                    .with_context(|| format!("can't listen on {address}"))?,
            ),
        };
        let scheme = if self.tls_cert.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://{}/v1", listener.local_addr()?);
        let upstream = self.upstream()?;
        // whoever reads that it is ready may ask it to end at once
        let ended = ended();
        let renew = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok();
        let collector = self.otlp.as_deref().map(operations::otlp::Collector::at).transpose();
        let collector = collector.map_err(anyhow::Error::msg)?;
        let at = operators.as_ref().map(|o| o.local_addr()).transpose()?;
        let (begins, begun) = tokio::sync::oneshot::channel();
        let told = async {
            // where it does not come to serving, the error says why
            if begun.await.is_err() {
                return Ok(());
            }
            let object = serde_json::json!({"forwarding": base, "upstream": upstream});
            say(global.json, &format!("forwarding {base} to {upstream}"), &object);
            if let Some(ready) = &self.ready {
                files::write(ready, format!("{base}\n").as_bytes(), files::Access::Shared)?;
            }
            if let Some(at) = at {
                let at = format!("http://{at}/metrics");
                let object = serde_json::json!({"metrics": at});
                say(global.json, &format!("metrics at {at}"), &object);
            }
            Ok(())
        };
        let edge = operations::gate::Edge {
            clients: listener,
            operators,
            renew,
            collector,
            begun: begins,
        };
        // the future of a whole gateway is large
        let serving = Box::pin(operations::gate::serve(&ctx, &config, durability, edge, ended));
        let serving = async { serving.await.map_err(anyhow::Error::from) };
        let (served, ()) = tokio::try_join!(serving, told)?;
        show(global.json, &served, |s| {
            let logged = format!("{} minutes of uses logged", s.minutes_logged);
            match s.minutes_left {
                0 => logged,
                left => format!("{logged}; {left} left to log at the next start"),
            }
        })?;
        Ok(Exit::Done)
    }
}
