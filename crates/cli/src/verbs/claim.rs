//! Scan claims.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use domain::{ClaimId, Line, Span, Text, Timestamp};
use operations::act::Ctx;
use operations::finding::claims::{self, ClaimView, OverlapView};
use operations::finding::{Method, ScanClaim, Target};

/// Scan claims: who looks at what. Overlap is a warning, never a block.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Claim scan work, and learn who else is at it.
    Make {
        /// A new id.
        #[arg(long)]
        claim: ClaimId,
        /// What is looked at: a package URL without version, or a product's name.
        #[arg(long)]
        target: Line,
        /// One version or commit; all of them if not given.
        #[arg(long)]
        revision: Option<Line>,
        /// How it is looked at.
        #[arg(long, value_parser = method())]
        method: Method,
        /// By what right, and within what bounds: the authorised scope in your words.
        #[arg(long)]
        scope: Text,
        #[command(flatten)]
        lease: Lease,
    },
    /// Keep a claim for longer.
    Renew {
        /// The claim.
        #[arg(long)]
        claim: ClaimId,
        #[command(flatten)]
        lease: Lease,
    },
    /// Give a claim back.
    Release {
        /// The claim.
        #[arg(long)]
        claim: ClaimId,
        /// What came of it.
        #[arg(long)]
        note: Line,
    },
    /// List the claims that hold now.
    List {
        /// Ended claims too.
        #[arg(long)]
        all: bool,
    },
}

/// When a lease ends.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Lease {
    /// Until when.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// For how many days from now.
    #[arg(long, value_name = "N")]
    days: Option<u32>,
}

impl Lease {
    fn ends(&self, ctx: &Ctx) -> Timestamp {
        let days = Span::days(u64::from(self.days.unwrap_or(0)));
        self.until.unwrap_or_else(|| ctx.clock.now().after(days))
    }
}

const METHODS: [(&str, Method); 6] = [
    ("static-analysis", Method::StaticAnalysis),
    ("fuzzing", Method::Fuzzing),
    ("symbolic-execution", Method::SymbolicExecution),
    ("model", Method::Model),
    ("review", Method::Review),
    ("probing", Method::Probing),
];

fn method() -> impl clap::builder::TypedValueParser<Value = Method> {
    let names = PossibleValuesParser::new(METHODS.map(|(name, _)| name));
    names.map(|given| {
        let found = METHODS.iter().find(|(name, _)| *name == given);
        found.map_or(Method::Review, |(_, method)| *method)
    })
}

fn method_name(method: Method) -> &'static str {
    METHODS.iter().find(|(_, m)| *m == method).map_or("", |(name, _)| name)
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let request = global.request();
        match self {
            Self::Make { claim, target, revision, method, scope, lease } => {
                let (by, until) = (ctx.home.id().clone(), lease.ends(&ctx));
                let target = Target { name: target, revision };
                let terms = ScanClaim { claim, by, target, method, scope, until };
                let claimed = claims::claim(&ctx, terms, request).await?;
                if global.json {
                    show(true, &claimed, |_| String::new())?;
                } else {
                    done(false, &claimed.done)?;
                    if !claimed.overlaps.is_empty() {
                        let lines = |all: &Vec<_>| all.iter().map(warning).collect::<Vec<_>>();
                        show(false, &claimed.overlaps, |all| lines(all).join("\n"))?;
                    }
                }
            }
            Self::Renew { claim, lease } => {
                let until = lease.ends(&ctx);
                done(global.json, &claims::renew(&ctx, claim, until, request).await?)?;
            }
            Self::Release { claim, note } => {
                done(global.json, &claims::release(&ctx, claim, note, request).await?)?;
            }
            Self::List { all } => {
                let views = claims::list(&ctx, all).await?;
                show(global.json, &views, |views| {
                    views.iter().map(text).collect::<String>() + &format!("{} claims", views.len())
                })?;
            }
        }
        Ok(Exit::Done)
    }
}

fn warning(o: &OverlapView) -> String {
    format!(
        "  warning: {} is at it too until {} ({}, claim {}); talk to them. Your claim stands.",
        o.by,
        o.until,
        method_name(o.method),
        o.claim
    )
}

fn text(v: &ClaimView) -> String {
    let state = match (&v.released, v.holds) {
        (Some(note), _) => format!("given back: {note}"),
        (None, true) => format!("until {}", v.until),
        (None, false) => format!("expired {}", v.until),
    };
    let mut text = format!(
        "{:<20} {:<14} {} by {}, {state}\n",
        v.claim,
        v.by,
        v.target,
        method_name(v.method)
    );
    for o in &v.overlaps {
        text += &format!("{}\n", warning(o));
    }
    text
}
