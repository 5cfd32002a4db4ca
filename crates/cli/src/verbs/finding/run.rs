//! Validation and publication.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use domain::{AdvisoryId, FindingId};
use operations::act::Ctx;
use operations::finding::act;
use operations::finding::publish;
use operations::finding::{Policy, Verdict};
use operations::validate::{COMPILE, Plan, Ran};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Validate {
    /// The finding.
    #[arg(long)]
    finding: FindingId,
    /// The vulnerable build, or its C source.
    #[arg(long, value_name = "FILE")]
    vulnerable: PathBuf,
    /// The fixed build, or its C source.
    #[arg(long, value_name = "FILE")]
    fixed: PathBuf,
    /// The proof of vulnerability.
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// A benign input that must work on both.
    #[arg(long, value_name = "FILE")]
    control: PathBuf,
    /// How often the four runs are repeated after the first time.
    #[arg(long, value_name = "N", default_value_t = 2)]
    repeat: usize,
    /// An argument of the program; repeat. `@@` is the input's path; `@@` alone if none is given.
    #[arg(long = "argument", value_name = "ARG", allow_hyphen_values = true)]
    arguments: Vec<String>,
    /// Give the program no arguments, and the input on standard input.
    #[arg(long, conflicts_with = "arguments")]
    stdin: bool,
    /// A further argument of the compiler; repeat.
    #[arg(long = "compile", value_name = "ARG", allow_hyphen_values = true)]
    compile: Vec<String>,
    /// How long one run may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    seconds: u64,
}

impl Validate {
    pub(super) async fn run(self, global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
        let mut plan = Plan::new(self.vulnerable, self.fixed, self.proof, self.control);
        plan.repeat = self.repeat;
        plan.wall = Duration::from_secs(self.seconds.clamp(1, 600));
        if self.stdin {
            plan.arguments.clear();
        } else if !self.arguments.is_empty() {
            plan.arguments = self.arguments;
        }
        plan.compile = COMPILE.map(str::to_owned).into_iter().chain(self.compile).collect();
        let request = global.request();
        let validated = act::validate(ctx, self.finding, plan, Policy::default(), request).await?;
        if global.json {
            show(true, &validated, |_| String::new())?;
        } else {
            if let Some(ran) = &validated.ran {
                show(false, ran, Ran::text)?;
            }
            done(false, &validated.done)?;
        }
        let confirmed = validated.verdict == Verdict::Confirmed;
        Ok(if confirmed { Exit::Done } else { Exit::No })
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Publish {
    /// The finding.
    #[arg(long)]
    finding: FindingId,
    /// The advisory's public id, with your prefix, such as EXAMPLE-2026-0001.
    #[arg(long)]
    advisory: AdvisoryId,
    /// An `https` address that you control; it names you in CSAF.
    #[arg(long, value_name = "URL")]
    namespace: String,
    /// The package, as a package URL without version; the finding's target if not given.
    #[arg(long, value_name = "PURL")]
    package: Option<String>,
    /// The first affected version; all before the fix if not given.
    #[arg(long, value_name = "VERSION")]
    introduced: Option<String>,
    /// One line; the report's title if not given.
    #[arg(long)]
    title: Option<String>,
    /// What is wrong and what to do. If not given: versions and fix, and nothing of the report.
    #[arg(long)]
    summary: Option<String>,
    /// An id of the same flaw elsewhere, such as its CVE; repeat.
    #[arg(long = "alias", value_name = "ID")]
    aliases: Vec<String>,
    /// A CVSS 3.0, 3.1 or 4.0 vector.
    #[arg(long, value_name = "VECTOR")]
    severity: Option<String>,
    /// A link to more; repeat.
    #[arg(long = "link", value_name = "URL")]
    links: Vec<String>,
    /// Where to write `csaf/` and `osv/`.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Publish {
    pub(super) async fn run(self, global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
        let plan = publish::Plan {
            finding: self.finding,
            advisory: self.advisory,
            namespace: self.namespace,
            package: self.package,
            introduced: self.introduced,
            title: self.title,
            summary: self.summary,
            aliases: self.aliases,
            severity: self.severity,
            links: self.links,
            out: self.out,
        };
        let published = publish::publish(ctx, &plan, global.request()).await?;
        if global.json {
            show(true, &published, |_| String::new())?;
        } else {
            show(false, &published, |p| {
                format!("written: {}\n         {}", p.csaf.display(), p.osv.display())
            })?;
            done(false, &published.done)?;
        }
        Ok(Exit::Done)
    }
}
