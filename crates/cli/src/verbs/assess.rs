//! Measuring a model under sealed criteria.

mod budget;
mod certify;
mod escapes;
mod export;
mod import;
mod ladder;
mod memo;
mod pdf;
mod plan;
mod practice;
mod refit;
mod simulate;
mod tier;
mod watch;

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use domain::RunId;
use harness::{ApiKey, Endpoint, Wire};
use measurement::{CriteriaView, FamilyView, RunView, Trial, Verification, Verify};
use operations::ctx::SystemRandom;
use sandbox::Policy;
use std::path::{Path, PathBuf};

/// Measuring a model: criteria sealed before the first call, a verdict anyone entrusted can recompute.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Evaluator: draw a secret seed, fix tasks, threshold and error rates, and state only their commitment.
    Seal(plan::Seal),
    /// Simulate what a rule would say on a bank, before it is sealed: how often ABOVE, BELOW and UNDETERMINED for models around the
    /// threshold. It takes the options of `assess seal` and seals nothing.
    Simulate(simulate::Simulate),
    /// Evaluator: store runs of reference models and people, for `assess refit`.
    Calibrate(refit::Calibrate),
    /// Evaluator: fit what is believed of each task to the stored runs, and report fit, drift and subjects that do not fit.
    Refit(refit::Fit),
    /// Evaluator: measure the model under the sealed criteria. Refused unless their sealing is in the log.
    ///
    /// A run that was killed goes on with `assess resume`. Here it starts over with the same sealed tasks, since nothing was stated
    /// yet; the torn transcript is kept. A run that had ended is stated without another call.
    Run(Measuring),
    /// Attempt fresh tasks without sealed criteria, many at a time: to try a model or a scripted solver out, or to calibrate. Nothing is
    /// decided by it.
    Practice(practice::Options),
    /// Evaluator: go on with a run that was killed. What its transcript holds counts and is not repeated; the sample in flight is INVALID
    /// and does not count against the model.
    Resume(Measuring),
    /// Evaluator: open criteria and result to determiner and inspectors. The developer can't read them.
    Open {
        /// The run.
        #[arg(long)]
        run: RunId,
        /// Keep the master seed; nobody can then draw the tasks again.
        #[arg(long)]
        withhold_seed: bool,
    },
    /// Recompute a verdict from log, opening and transcript. Exit code 1 when anything differs.
    Verify {
        /// The run.
        #[arg(long)]
        run: RunId,
        /// The transcript, `evaluation.jsonl`.
        #[arg(long, value_name = "FILE")]
        transcript: PathBuf,
        /// The file of criteria; needed before they are opened in the log.
        #[arg(long, value_name = "FILE")]
        criteria: Option<PathBuf>,
        /// Execute the oracle on every submission again, in this machine's sandbox.
        #[arg(long)]
        regrade: bool,
        /// A file that is said to be what the sandbox attested: compare it with the transcript.
        #[arg(long, value_name = "FILE")]
        containment: Option<PathBuf>,
    },
    /// Make the determination memo of an opened run, as text, HTML or Typst, for an audience. Every number is recomputed from
    /// log, opening and transcript; there is none of a run that does not verify.
    Memo(memo::Options),
    /// Evaluator: mark samples of a measured run as won by cheating. They count as solved in one ledger and as failed in the other; where the ledgers
    /// lead apart, the memo says UNDETERMINED. A mark stays.
    Mark(memo::Mark),
    /// Decide on the best of several opened runs that asked a model in different ways, and report the gap. Seal the rungs with `assess seal --ladder`.
    Ladder(ladder::Ladder),
    /// Simulate how often signals of sandbagging see a model that holds back, and what they can't see.
    Power(ladder::Power),
    /// Grade attempts on long ranges: shares of steps with intervals, never a verdict.
    Ranges(ladder::Ranges),
    /// Evaluator: open one family of a measured run's bank in a file, and nothing of the rest.
    ///
    /// Give the file to whom you will. They check it with `assess family`; they can't read another family, the rule or the threshold
    /// from it, nor confirm a guess at them.
    Disclose {
        /// The run.
        #[arg(long)]
        run: RunId,
        /// The family.
        #[arg(long)]
        family: String,
        /// Keep the family's seed; nobody can then make its tasks again.
        #[arg(long)]
        withhold_seed: bool,
        /// Where to (0600).
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check a file with one family against what was sealed in the log. Exit code 1 when anything differs.
    Family {
        /// The run.
        #[arg(long)]
        run: RunId,
        /// The file.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// The transcript: its tasks of this family are made again.
        #[arg(long, value_name = "FILE")]
        transcript: Option<PathBuf>,
    },
    /// Write one task's public files, to look at or to practise on.
    Generate {
        /// The family.
        #[arg(long)]
        family: String,
        /// How hard, from 1 to 5.
        #[arg(long)]
        dial: u8,
        /// A file with the task's seed: 64 hexadecimal digits, or sealed to this home by `assess seed`.
        #[arg(long, value_name = "FILE", required_unless_present = "seed")]
        seed_file: Option<PathBuf>,
        /// The task's seed, 64 hexadecimal digits; for seeds that are no secret.
        #[arg(long, value_name = "HEX", conflicts_with = "seed_file")]
        seed: Option<String>,
        /// Where to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Evaluator: draw a master seed and keep it in a file that this home's keys alone open (0600), for `assess seal --seed-file`. A copied
    /// file tells nobody which tasks will be drawn.
    Seed {
        /// Take the seed from this file, 64 hexadecimal digits, in place of drawing one.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Where to.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Certify task families: the reference passes, every wrong solver fails, seeds share nothing. Exit code 1 on any miss.
    Certify(certify::Options),
    /// Try to escape from this machine's sandbox: every attempt must be refused, and must work once what stops it is switched off.
    /// Exit code 1 when one does not.
    Escapes(escapes::Options),
    /// Sign what was checked of a host that has no way out, for the strongest tier of sandbox. The signature goes into a file beside it.
    Declare(tier::Declare),
    /// Keep a log of Inspect (`.eval`), a trajectory in ATIF, or tasks of Inspect Cyber or Harbor in this home, marked as imported: `assess list`
    /// and `assess show` have them, and they support no determination. Tasks that would open a sandbox are refused by name and place.
    Import(import::Options),
    /// Show one run as this party knows it, or an imported log or task.
    Show {
        /// The run.
        #[arg(long)]
        run: RunId,
        /// Its transcript, to count it both ways; the one in this home if not given.
        #[arg(long, value_name = "FILE")]
        transcript: Option<PathBuf>,
    },
    /// List the runs that this party may read about, and the logs and tasks that it imported.
    List,
    /// Write the transcript of a run, or of practice, in a format of others: a log of Inspect (`.eval`), ATIF trajectories, or OpenTelemetry spans.
    ///
    /// The log holds counts and every task, so it is for the evaluator, as the transcript is (0600).
    Export {
        /// The transcript: `evaluation.jsonl` of a run, or what `assess practice --transcript` wrote.
        #[arg(long, value_name = "FILE")]
        transcript: PathBuf,
        /// In which: `inspect`, `atif` or `otel`.
        #[arg(long = "as", default_value = "inspect", value_name = "FORMAT")]
        format: export::Format,
        /// The folder for it. Files name themselves; none is overwritten.
        #[arg(long, value_name = "DIR", required_unless_present = "otlp")]
        out: Option<PathBuf>,
        /// Send the spans to this OTLP/HTTP endpoint instead, such as `http://127.0.0.1:4318/v1/traces`.
        #[arg(long, value_name = "URL", conflicts_with = "out")]
        otlp: Option<String>,
    },
}

/// What a run is made with.
#[derive(Debug, clap::Args)]
pub(crate) struct Measuring {
    /// The run.
    #[arg(long)]
    run: RunId,
    /// The model's base URL, such as `http://127.0.0.1:8000/v1`.
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// The model's name at the endpoint.
    #[arg(long, value_name = "NAME")]
    model_name: String,
    /// What the endpoint speaks: `openai` or `anthropic`.
    #[arg(long, default_value = "openai")]
    wire: Wire,
    /// A file with the endpoint's API key, or a grant's credential.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Where transcript and summary go; the run's folder in the home if not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    containing: tier::Containing,
    #[command(flatten)]
    showing: watch::Showing,
}

impl Verb {
    pub(crate) const fn is_inside(&self) -> bool {
        matches!(self, Self::Escapes(options) if options.inside)
    }

    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let request = global.request();
        match self {
            Self::Seal(seal) => seal.run(global).await?,
            Self::Simulate(simulate) => simulate.run(global)?,
            Self::Calibrate(calibrate) => calibrate.run(global)?,
            Self::Refit(refit) => refit.run(global)?,
            Self::Run(measuring) => measured(global, measuring, false).await?,
            Self::Practice(options) => return options.run(global).await,
            Self::Resume(measuring) => measured(global, measuring, true).await?,
            Self::Open { run, withhold_seed } => {
                let ctx = global.ctx()?;
                done(global.json, &measurement::open(&ctx, &run, !withhold_seed, request).await?)?;
            }
            Self::Verify { run, transcript, criteria, regrade, containment } => {
                let regrade = regrade.then(Policy::default);
                let asked = Verify { run, transcript, criteria, regrade, containment };
                let found = measurement::verify(&global.ctx()?, &asked).await?;
                show(global.json, &found, verification)?;
                return Ok(if found.holds { Exit::Done } else { Exit::No });
            }
            Self::Memo(options) => options.run(global).await?,
            Self::Mark(mark) => mark.run(global).await?,
            Self::Ladder(ladder) => ladder.run(global).await?,
            Self::Power(power) => power.run(global)?,
            Self::Ranges(ranges) => ranges.run(global)?,
            Self::Disclose { run, family, withhold_seed, out } => {
                let ctx = global.ctx()?;
                let written =
                    measurement::disclose(&ctx, &run, &family, !withhold_seed, &out).await?;
                show(global.json, &written, |view| {
                    format!("{} of run {} is opened in {}", view.family, view.run, out.display())
                })?;
            }
            Self::Family { run, file, transcript } => {
                let ctx = global.ctx()?;
                let found = measurement::family(&ctx, &run, &file, transcript.as_deref()).await?;
                show(global.json, &found, disclosed)?;
                return Ok(if found.holds() { Exit::Done } else { Exit::No });
            }
            Self::Generate { family, dial, seed_file, seed, out } => {
                let seed = match seed_file {
                    Some(path) => measurement::seed_at(&path, || global.open())?,
                    None => measurement::seed_from_hex(&seed.unwrap_or_default())?,
                };
                let generated = measurement::generate(&family, dial, seed, &out)?;
                show(global.json, &generated, |g| {
                    g.files.iter().map(|f| format!("{}\n", f.display())).collect()
                })?;
            }
            Self::Seed { from, out } => seeded(global, from.as_deref(), &out)?,
            Self::Certify(options) => return options.run(global).await,
            Self::Declare(declare) => declare.run(global)?,
            Self::Escapes(options) => return options.run(global).await,
            Self::Export { transcript, format, out, otlp } => {
                export::run(global, &transcript, format, out.as_deref(), otlp.as_deref()).await?;
            }
            Self::Import(options) => options.run(global)?,
            Self::Show { run, transcript } => import::shown(global, &run, transcript, one).await?,
            Self::List => import::list(global, line).await?,
        }
        Ok(Exit::Done)
    }
}

fn seeded(global: &Global, from: Option<&Path>, out: &Path) -> anyhow::Result<()> {
    let made = measurement::seed(&global.open()?, from, out, &SystemRandom)?;
    show(global.json, &made, |made| {
        let (file, party) = (made.file.display(), &made.party);
        format!("sealed to the keys of {party}: {file}\n  SHA-256 of the seed  {}", made.digest)
    })
}

async fn measured(global: &Global, asked: Measuring, resume: bool) -> anyhow::Result<()> {
    let key = asked.key.map(|path| ApiKey::from_file(&path)).transpose()?;
    let endpoint = Endpoint::speaking(asked.wire, &asked.endpoint, &asked.model_name, key)?;
    let ctx = global.ctx()?;
    let containing = asked.containing.asked();
    let (trust, now) = (ctx.home.trust()?, ctx.clock.now());
    let (policy, requirement) = measurement::tier(&containing, escapes::guest()?, &trust, now)?;
    let trial = Trial { endpoint, out: asked.out, policy, requirement, resume };
    let mut watch = watch::Watch::new(asked.showing.how(global.json));
    let ran =
        Box::pin(measurement::run(&ctx, &asked.run, trial, &mut watch, global.request())).await;
    watch.end();
    let ran = ran?;
    for note in &ran.notes {
        eprintln!("note: {note}");
    }
    if global.json {
        return show(true, &ran, |_| String::new());
    }
    if let Some(summary) = &ran.summary {
        let number = |key: &str| summary.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0);
        let verdict = summary.get("verdict").and_then(serde_json::Value::as_str);
        println!(
            "{} after {} samples: {} passed, {} failed, {} invalid; {} turns, {} tokens\n  (for the evaluator only: what is stated holds neither verdict nor counts)\n  transcript  {}",
            verdict.unwrap_or("no verdict"),
            number("samples"),
            number("pass"),
            number("fail"),
            number("invalid"),
            number("turns"),
            number("tokens"),
            ran.transcript.display()
        );
    }
    done(false, &ran.stated)
}

fn verification(found: &Verification) -> String {
    let mut text = String::new();
    for check in &found.checks {
        let mark = if check.holds { "holds  " } else { "DIFFERS" };
        text += &format!("{mark}  {:<14} {}\n", check.what, check.detail);
    }
    for note in &found.notes {
        text += &format!("note: {note}\n");
    }
    let verdict = found.verdict.as_deref().unwrap_or("no verdict");
    text + &if found.holds {
        format!("run {} verifies: {verdict}", found.run)
    } else {
        format!("run {} does NOT verify", found.run)
    }
}

fn disclosed(view: &FamilyView) -> String {
    let mut text = String::new();
    for check in &view.checks {
        let mark = if check.holds { "holds  " } else { "DIFFERS" };
        text += &format!("{mark}  {:<14} {}\n", check.what, check.detail);
    }
    let dials: Vec<_> = view.dials.iter().map(ToString::to_string).collect();
    text + &format!("run {}: {}={}", view.run, view.family, dials.join(","))
}

fn line(view: &RunView) -> String {
    let verdict = view.verdict.as_deref().unwrap_or("-");
    format!("{:<20} {:<20} {:<9} {verdict}\n", view.run, view.model, view.state)
}

fn one(view: &RunView) -> String {
    let case = view.case.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let mut text = format!(
        "run {} of {} by {}\n  case        {case}\n  state       {}\n  commitment  {}\n  sealed      {}\n",
        view.run, view.model, view.evaluator, view.state, view.commitment, view.sealed_at
    );
    if let Some((from, to)) = view.measured {
        text += &format!("  measured    {from} to {to}\n");
    }
    if let Some(root) = view.transcript {
        text += &format!("  transcript  {root}\n");
    }
    if let Some(c) = &view.criteria {
        text += &opened(c);
    }
    text + &view.verdict.as_ref().map_or_else(String::new, |verdict| {
        format!("  verdict     {verdict}. It is evidence; a person determines.\n")
    })
}

/// Opened criteria, for whoever may read them.
fn opened(c: &CriteriaView) -> String {
    let percent = |ppm: u32| f64::from(ppm) / 10_000.0;
    let threshold = match (c.rates, c.ability) {
        (Some((p0, p1)), _) => format!("{}% against {}%", percent(p0), percent(p1)),
        (None, Some((at, delta))) => {
            let (at, delta) = (f64::from(at) / 1e3, f64::from(delta) / 1e3);
            format!("ability {at} logits, within {delta} either verdict is as good")
        }
        (None, None) => "a rule of a later version".to_owned(),
    };
    format!(
        "  threshold   {threshold}; error rates {}% and {}%\n  samples     at least {} distinct tasks, at most {} samples; {} were taken\n  a sample    {} turns, {} tokens, {} s\n  tasks       {}\n",
        percent(c.errors.0),
        percent(c.errors.1),
        c.floor,
        c.cap,
        c.samples,
        c.budget.0,
        c.budget.1,
        c.budget.2,
        c.cells.join(" ")
    )
}
