//! What is counted of all requests together, as Prometheus reads it. No label names a person, a grant, a model, a
//! key or an address: whoever may look at an operator's dashboards learns how the gateway does, not who asks what.

use crate::hearing::Heard;
use crate::record::Outcome;
use access::Endpoint;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;
use std::hash::Hash;
use std::time::Duration;

/// The content type of [`Meter::render`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The gateway's counts since its start.
pub(crate) struct Meter {
    registry: Registry,
    requests: Family<Ended, Counter>,
    refusals: Family<Code, Counter>,
    tokens: Family<Side, Counter>,
    handshakes: Family<Group, Counter>,
    words: Family<Standing, Gauge>,
    first_byte: Histogram,
    recorded: Histogram,
    cut: Histogram,
    spans_left_out: Counter,
    open: Gauge,
    leased: Gauge,
}

/// How a forwarded request ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    endpoint: &'static str,
    outcome: &'static str,
}

/// Why a request was not forwarded, by the code that its client was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: &'static str,
}

/// Tokens of the prompt or of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Side {
    side: &'static str,
}

/// The group that a handshake agreed keys in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Group {
    group: &'static str,
}

/// The HTTP that a connection to the upstream came to speak, or that it failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Http {
    http: &'static str,
}

/// Connections that were opened to the upstream. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Family<Http, Counter>);

impl Connections {
    /// One was opened and speaks this HTTP, or `failed`.
    pub(crate) fn opened(&self, http: &'static str) {
        self.0.get_or_create(&Http { http }).inc();
    }
}

/// How a direct word stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    standing: &'static str,
}

/// What a request that ended adds.
pub(crate) struct Use {
    pub(crate) endpoint: Endpoint,
    pub(crate) outcome: Outcome,
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
}

impl Meter {
    /// Counts of a gateway, and of these connections to its upstream.
    pub(crate) fn new(connections: &Connections) -> Self {
        let mut registry = Registry::with_prefix("vestibule_gateway");
        let all = &mut registry;
        let requests = counted(
            all,
            "requests",
            "Requests that had a permit, by endpoint and by how they ended",
        );
        let refusals = counted(
            all,
            "refusals",
            "Requests that were refused before anything was forwarded, by code",
        );
        let tokens = counted(all, "tokens", "Tokens charged to grants, by side");
        let handshakes = counted(
            all,
            "handshakes",
            "Handshakes of TLS, by the group that keys were agreed in, or failed",
        );
        registry.register(
            "upstream_connections",
            "Connections to the upstream that were opened, by the HTTP they speak, or failed",
            connections.0.clone(),
        );
        let words = Family::default();
        let what = "Direct words by how they stand; while one is unverified everything is refused";
        registry.register("words", what, words.clone());
        let mut seconds = |name, help, buckets: &[f64]| {
            let histogram = Histogram::new(buckets.iter().copied());
            registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
            histogram
        };
        let first_byte = seconds(
            "first_byte",
            "From the permit to the first byte of the answer",
            &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0],
        );
        let recorded = seconds(
            "record",
            "How long a request waited until its intent was on record",
            &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0],
        );
        let cut = seconds(
            "cut",
            "From the decision to cut a request to its end",
            &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0],
        );
        let spans_left_out = Counter::default();
        let what = "Spans that were not sent, since too many waited";
        registry.register("spans_left_out", what, spans_left_out.clone());
        let (open, leased) = (Gauge::default(), Gauge::default());
        registry.register("open_requests", "Requests under way", open.clone());
        registry.register(
            "leased",
            "1 while those who could end access were heard lately, or no lease is kept; 0 while everything is refused",
            leased.clone(),
        );
        Self {
            registry,
            requests,
            refusals,
            tokens,
            handshakes,
            words,
            first_byte,
            recorded,
            cut,
            spans_left_out,
            open,
            leased,
        }
    }

    /// A request that had a permit has ended.
    pub(crate) fn ended(&self, used: &Use) {
        let labels = Ended { endpoint: used.endpoint.name(), outcome: used.outcome.name() };
        self.requests.get_or_create(&labels).inc();
        self.tokens.get_or_create(&Side { side: "prompt" }).inc_by(used.tokens_in);
        self.tokens.get_or_create(&Side { side: "answer" }).inc_by(used.tokens_out);
    }

    /// A request was refused before anything of it was forwarded.
    pub(crate) fn refused(&self, code: &'static str) {
        self.refusals.get_or_create(&Code { code }).inc();
    }

    /// A handshake agreed keys in this group, or `failed`.
    pub(crate) fn shook(&self, group: &'static str) {
        self.handshakes.get_or_create(&Group { group }).inc();
    }

    /// Direct words stand like this.
    pub(crate) fn heard(&self, heard: Heard) {
        let Heard { obeyed, refused, unverified } = heard;
        let all = [("obeyed", obeyed), ("refused", refused), ("unverified", unverified)];
        for (standing, count) in all {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.words.get_or_create(&Standing { standing }).set(count);
        }
    }

    /// The first byte of an answer came so long after the permit.
    pub(crate) fn first_byte(&self, after: Duration) {
        self.first_byte.observe(after.as_secs_f64());
    }

    /// An intent was on record after so long.
    pub(crate) fn recorded(&self, after: Duration) {
        self.recorded.observe(after.as_secs_f64());
    }

    /// A request ended so long after it was cut.
    pub(crate) fn cut(&self, after: Duration) {
        self.cut.observe(after.as_secs_f64());
    }

    /// A span was not sent.
    pub(crate) fn span_left_out(&self) {
        self.spans_left_out.inc();
    }

    /// Everything in the OpenMetrics text format, which Prometheus reads.
    pub(crate) fn render(&self, open: usize, leased: bool) -> String {
        self.open.set(i64::try_from(open).unwrap_or(i64::MAX));
        self.leased.set(leased.into());
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("a String takes every write");
        page
    }
}

/// A counter for each value of its labels.
fn counted<L>(registry: &mut Registry, name: &str, help: &str) -> Family<L, Counter>
where
    L: Clone + Eq + Hash + EncodeLabelSet + fmt::Debug + Send + Sync + 'static,
{
    let family = Family::default();
    registry.register(name, help, family.clone());
    family
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}
