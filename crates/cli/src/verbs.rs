//! The verbs, one file a group. Each turns its arguments into one operation.

mod ask;
mod assess;
mod check;
mod claim;
mod defender;
mod directive;
mod draft;
mod feed;
mod finding;
mod gateway;
mod house;
mod key;
mod log;
mod notice;
mod referral;
mod report;
mod review;
mod solver;
mod tour;
mod update;

use crate::context::Global;
use crate::exit::Exit;
use clap::Subcommand;

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a party's home with fresh keys.
    Init(house::Init),
    /// Roots of trust: which log, which parties, which keys.
    #[command(subcommand)]
    Trust(house::TrustVerb),
    /// Keys over time: rotate, revoke, join, close.
    #[command(subcommand)]
    Key(key::Verb),
    /// A log's host.
    #[command(subcommand)]
    Node(house::NodeVerb),
    /// Serve a node over HTTP: API, log files, overview page.
    Serve(house::Serve),
    /// Statements that wait for signatures.
    #[command(subcommand)]
    Draft(draft::Verb),
    /// Check a log, a receipt, or read what this party may read.
    #[command(subcommand)]
    Log(log::Verb),
    /// Reviews of models: inquiry, terms, window, partners, grants, withdrawal, release.
    #[command(subcommand)]
    Review(Box<review::Verb>),
    /// The defender programme: an application that fits on a page, verification, tiers, grants from a tier.
    #[command(subcommand)]
    Defender(Box<defender::Verb>),
    /// Measuring a model: criteria sealed before the first call, a verdict anyone entrusted can recompute.
    #[command(subcommand)]
    Assess(Box<assess::Verb>),
    /// Serve a scripted solver as an OpenAI-compatible model, for trials.
    Solver(solver::Solver),
    /// Ask a model one question, as any OpenAI-compatible client would.
    Ask(ask::Ask),
    /// What to patch first: inventories against advisories, with deadlines and their reasons.
    #[command(visible_alias = "worklist")]
    Check(check::Check),
    /// One flaw, or one system: what is known, where it is, and what would change its date.
    Explain(check::Explain),
    /// Make one file of feeds, with which `check` starts at once.
    Update(update::Update),
    /// A feed of one's own: signed, in slices, for readers who need a few packages' news.
    #[command(subcommand)]
    Feed(feed::Verb),
    /// Scan claims: who looks at what, so that two do not do the same work.
    #[command(subcommand)]
    Claim(claim::Verb),
    /// Findings: report, validate on two builds, draft, send, answer, fix, publish.
    #[command(subcommand)]
    Finding(Box<finding::Verb>),
    /// The public report: counts, small ones withheld.
    Report(report::Report),
    /// Obligations with deadlines, from cited rule packs.
    #[command(subcommand)]
    Directive(directive::Verb),
    /// Notices that named recipients can read from their hour on.
    #[command(subcommand)]
    Notice(notice::Verb),
    /// Evidence packages: collect, hand over, seal, release by two persons, verify offline.
    #[command(subcommand)]
    Referral(Box<referral::Verb>),
    /// Run the developer's gateway: a proxy for OpenAI and Anthropic clients that forwards only with a permit.
    Gateway(Box<gateway::Gateway>),
    /// Take one model through a whole review on this machine, with a process for every party.
    Tour(tour::Tour),
}

impl Verb {
    /// Whether this process is the guest of an escape attempt: it starts no thread and reads no file of ours.
    pub(crate) fn is_inside(&self) -> bool {
        matches!(self, Self::Assess(verb) if verb.is_inside())
    }

    /// Gives up what the verb has no business with, if it is one that holds a secret before strangers.
    pub(crate) fn confine(&self, global: &Global) -> anyhow::Result<()> {
        match self {
            Self::Gateway(verb) => verb.confine(global),
            _ => Ok(()),
        }
    }

    /// Does it.
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Init(verb) => verb.run(global),
            Self::Trust(verb) => verb.run(global),
            Self::Key(verb) => Box::pin(verb.run(global)).await,
            Self::Node(verb) => verb.run(global),
            Self::Serve(verb) => verb.run().await,
            Self::Draft(verb) => Box::pin(verb.run(global)).await,
            Self::Log(verb) => Box::pin(verb.run(global)).await,
            Self::Assess(verb) => Box::pin(verb.run(global)).await,
            Self::Solver(verb) => verb.run().await,
            Self::Ask(verb) => Box::pin(verb.run(global)).await,
            Self::Check(verb) => verb.run(global),
            Self::Explain(verb) => verb.run(global),
            Self::Update(verb) => Box::pin(verb.run(global)).await,
            Self::Feed(verb) => Box::pin(verb.run(global)).await,
            Self::Claim(verb) => Box::pin(verb.run(global)).await,
            Self::Finding(verb) => Box::pin(verb.run(global)).await,
            Self::Report(verb) => Box::pin(verb.run(global)).await,
            Self::Defender(verb) => Box::pin(verb.run(global)).await,
            Self::Directive(verb) => Box::pin(verb.run(global)).await,
            Self::Notice(verb) => Box::pin(verb.run(global)).await,
            Self::Referral(verb) => Box::pin(verb.run(global)).await,
            Self::Gateway(verb) => Box::pin(verb.run(global)).await,
            Self::Tour(verb) => verb.run(global).await,
            Self::Review(verb) => Box::pin(verb.run(global)).await,
        }
    }
}
