//! Attempts at fresh tasks without sealed criteria: a real endpoint, or the ladder of scripted solvers.

use super::budget::PerSample;
use super::watch::{How, Live, Showing, spell};
use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use assessment::{Cell, Elicitation, MasterSeed};
use domain::RunId;
use harness::foreign::Ready;
use harness::practice::{self, Asked, Practised};
use harness::solver::{Skill, serve};
use harness::{ApiKey, Endpoint, Wire};
use measurement::{Lack, Needs};
use operations::ctx::{Random as _, SystemRandom};
use operations::files;
use sandbox::Policy;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Turns and tokens that scripted solvers have at least: they ask a service once a turn, where a model would write a loop.
const SCRIPTED: (u32, u64) = (400, 50_000_000);

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The model's base URL, such as `http://127.0.0.1:8000/v1`. If not given, the scripted solvers attempt the tasks, strongest first.
    #[arg(long, value_name = "URL", requires = "model_name")]
    endpoint: Option<String>,
    /// The model's name at the endpoint.
    #[arg(long, value_name = "NAME")]
    model_name: Option<String>,
    /// What the endpoint speaks: `openai` or `anthropic`.
    #[arg(long, default_value = "openai")]
    wire: Wire,
    /// A file with the endpoint's API key, or a grant's credential.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Tasks: a family with dials from 1 to 5, such as `keystream-recovery=1,3-5`; repeat. All that this machine can do if not given.
    #[arg(long = "family", value_name = "NAME=DIALS")]
    families: Vec<String>,
    /// An imported task, by its name in `assess list`; repeat. It needs `--endpoint`: no scripted solver knows it.
    #[arg(long = "task", value_name = "NAME", requires = "endpoint")]
    tasks: Vec<RunId>,
    /// Fresh instances of each task.
    #[arg(long, default_value_t = 1)]
    instances: u32,
    /// Most samples under way.
    #[arg(long, default_value_t = 8)]
    at_once: usize,
    /// A file with the master seed: 64 hexadecimal digits, or sealed to this home by `assess seed`. If not given, one is drawn and printed.
    #[arg(long, value_name = "FILE")]
    master_seed_file: Option<PathBuf>,
    #[command(flatten)]
    sample: PerSample,
    /// Begin no sample once all together have cost so much.
    #[arg(long, value_name = "DOLLARS", value_parser = measurement::dollars, requires = "price")]
    most: Option<u64>,
    /// Write what passes here (0600), for `assess show` and other readers.
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    #[command(flatten)]
    showing: Showing,
}

/// What one solver or model came to.
#[derive(Serialize)]
struct Tried {
    solver: String,
    #[serde(flatten)]
    practised: Practised,
}

/// All of it.
#[derive(Serialize)]
struct Told {
    /// The master seed that was drawn; none when a file gave it.
    master_seed: Option<String>,
    tried: Vec<Tried>,
    /// Whether the scripted solvers order as built; none for a real endpoint.
    ordered: Option<bool>,
    /// Families that this machine can't do, when none were named.
    left_out: Vec<Lack>,
}

impl Options {
    pub(crate) async fn run(mut self, global: &Global) -> anyhow::Result<Exit> {
        let (seed, drawn) = self.seed(global)?;
        let mut policy = Policy::default();
        policy.guest = Some(super::escapes::guest()?);
        let given = self.given(global)?;
        let (cells, left_out) = match given.is_empty() || !self.families.is_empty() {
            true => self.cells(&policy).await?,
            false => (Vec::new(), Vec::new()),
        };
        let how = self.showing.how(global.json);
        let mut tried = Vec::new();
        let mut ordered = None;
        if let Some(base) = self.endpoint.take() {
            let key = self.key.as_deref().map(ApiKey::from_file).transpose()?;
            let name = self.model_name.take().unwrap_or_default();
            let endpoint = Endpoint::speaking(self.wire, &base, &name, key)?;
            let asked =
                self.asked((endpoint, &policy), (&cells, &given), seed, self.transcript.clone());
            tried.push(attempt(how, name, &asked).await?);
        } else {
            for (skill, name) in Skill::ALL {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                let base = format!("http://{}/v1", listener.local_addr()?);
                let transcript = self
                    .transcript
                    .as_ref()
                    .map(|path| path.with_extension(format!("{name}.jsonl")));
                let endpoint = Endpoint::new(&base, name, None)?;
                let mut asked = self.asked((endpoint, &policy), (&cells, &given), seed, transcript);
                asked.budget.turns = asked.budget.turns.max(SCRIPTED.0);
                asked.budget.tokens = asked.budget.tokens.max(SCRIPTED.1);
                let done = tokio::select! {
                    served = serve(listener, skill) => {
                        served?;
                        anyhow::bail!("the scripted solver ended")
                    }
                    done = attempt(how, name.to_owned(), &asked) => done?,
                };
                tried.push(done);
            }
            ordered = Some(orders(&tried));
        }
        let master_seed = drawn.then(|| seed.iter().map(|b| format!("{b:02x}")).collect());
        show(global.json, &Told { master_seed, tried, ordered, left_out }, told)?;
        Ok(if ordered == Some(false) { Exit::No } else { Exit::Done })
    }

    fn seed(&self, global: &Global) -> anyhow::Result<([u8; 32], bool)> {
        if let Some(path) = &self.master_seed_file {
            return Ok((measurement::seed_at(path, || global.open())?, false));
        }
        let mut seed = [0; 32];
        SystemRandom.fill(&mut seed);
        Ok((seed, true))
    }

    /// The imported tasks that are named.
    fn given(&self, global: &Global) -> anyhow::Result<Vec<Ready>> {
        if self.tasks.is_empty() {
            return Ok(Vec::new());
        }
        let home = global.open()?;
        let one = |run: &RunId| {
            let task = measurement::task(&home, run)?.ok_or_else(|| {
                anyhow::anyhow!(
                    "`{run}`: this home has no imported task of this name; `assess list` has them"
                )
            })?;
            task.ready().ok_or_else(|| {
                anyhow::anyhow!("`{run}` can't be run here: it needs {}", task.lacks.join("; "))
            })
        };
        self.tasks.iter().map(one).collect()
    }

    /// The tasks. Where none are named, those of families that this machine can't do are left out.
    async fn cells(&self, policy: &Policy) -> anyhow::Result<(Vec<Cell>, Vec<Lack>)> {
        let mut cells = measurement::cells(&self.families)?;
        let (needs, policy) = (Needs::of_cells(&cells), policy.clone());
        let named = !self.families.is_empty();
        let looked = tokio::task::spawn_blocking(move || {
            if named {
                return measurement::machine(policy, &needs).map(|()| Vec::new());
            }
            measurement::lacks(policy, &needs)
        });
        let left_out = looked.await??;
        let lacks =
            |cell: &Cell| left_out.iter().any(|l| l.families.contains(&cell.family.as_str()));
        cells.retain(|cell| !lacks(cell));
        Ok((cells, left_out))
    }

    fn asked(
        &self,
        (endpoint, policy): (Endpoint, &Policy),
        (cells, given): (&[Cell], &[Ready]),
        seed: [u8; 32],
        transcript: Option<PathBuf>,
    ) -> Asked {
        Asked {
            endpoint,
            policy: policy.clone(),
            seed: MasterSeed::new(seed),
            tasks: cells.iter().map(|cell| (cell.family.to_string(), cell.dial)).collect(),
            given: given.to_vec(),
            instances: self.instances,
            budget: self.sample.budget(),
            how: Elicitation::BARE,
            at_once: self.at_once,
            dollars: self.most,
            transcript,
        }
    }
}

async fn attempt(how: How, solver: String, asked: &Asked) -> anyhow::Result<Tried> {
    let mut live = Live::new(how, &solver);
    let practised = Box::pin(practice::practice(asked, &mut live)).await;
    live.end();
    if let Some(path) = asked.transcript.as_ref().filter(|path| path.exists()) {
        files::protect(path)?;
    }
    Ok(Tried { solver, practised: practised? })
}

/// Whether each solver did what it was built to do, in this order.
fn orders(tried: &[Tried]) -> bool {
    let rates: Vec<_> = tried.iter().map(|t| (t.practised.all.passed, &t.practised)).collect();
    let [(strong, all), (middling, plain), (weak, _)] = rates.as_slice() else { return false };
    // the middling one has the least effort, which reaches dials 1 and 2
    let hard = plain.rows.values().any(|dials| dials.keys().any(|dial| *dial > 2));
    let between = if hard { strong > middling } else { strong >= middling };
    *strong == all.all.tried && between && middling >= weak && *weak == 0
}

fn told(told: &Told) -> String {
    let mut text = String::new();
    for Tried { solver, practised } in &told.tried {
        for (family, dials) in &practised.rows {
            let cells: Vec<_> = dials
                .iter()
                .map(|(dial, row)| format!("{dial}: {}/{}", row.passed, row.tried))
                .collect();
            let _ = writeln!(text, "{solver:<12} {family:<20} {}", cells.join("  "));
        }
        let all = &practised.all;
        let _ = writeln!(
            text,
            "{solver:<12} {:<20} {} of {} passed, {} invalid; {} turns, {} tokens{}",
            "all",
            all.passed,
            all.tried,
            all.invalid,
            all.turns,
            all.tokens,
            spell(practised.cost)
        );
        if practised.left > 0 {
            let _ = writeln!(
                text,
                "{solver:<12} {} samples were not begun: the money is spent",
                practised.left
            );
        }
    }
    for lack in &told.left_out {
        let _ = writeln!(text, "left out: {}: {}", lack.families.join(", "), lack.why);
    }
    if let Some(seed) = &told.master_seed {
        let _ = writeln!(text, "master seed {seed}");
    }
    match told.ordered {
        Some(true) => text + "the scripted solvers order as built",
        Some(false) => text + "the scripted solvers do NOT order as built",
        None => text + "nothing is decided by this: no criteria were sealed",
    }
}
