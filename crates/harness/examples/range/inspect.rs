//! Inspect AI on the same work: its mock model in its own process, which costs it no HTTP; its log in a temporary folder; no display. The
//! table with which it counts tokens comes from the network, so a cheap stub stands in.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The version that is measured.
const INSPECT: &str = "inspect-ai==0.3.285";

/// What it took.
pub(crate) struct Peer {
    /// Milliseconds from the start of the process to its end, with one sample.
    pub(crate) start: f64,
    /// Milliseconds a sample without sandbox.
    pub(crate) sample: f64,
    /// Milliseconds a sample with one call in its `local` sandbox, which isolates nothing.
    pub(crate) local: f64,
    /// Milliseconds a turn.
    pub(crate) turn: f64,
    /// MB of resident memory with a hundred samples.
    pub(crate) peak: f64,
}

const SCRIPT: &str = concat!(
    include_str!("../../src/inspect/no-tokens.py"),
    r#"
import resource, time
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessageUser, get_model
from inspect_ai.scorer import match
from inspect_ai.solver import generate, solver
from inspect_ai.util import sandbox
kind, n, turns, logs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
@solver
def work():
    async def solve(state, generate):
        if kind == "local":
            await sandbox().exec(["true"])
        for _ in range(turns):
            state = await generate(state)
            state.messages.append(ChatMessageUser(content="Go on."))
        return state
    return solve
task = Task(dataset=[Sample(input="q", target="a") for _ in range(n)], solver=work(), scorer=match(),
    sandbox="local" if kind == "local" else None)
started = time.perf_counter()
log = eval(task, model=get_model("mockllm/model"), log_dir=logs, display="none")[0]
assert log.status == "success", log.error
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"#
);

/// Measures it, if there is one.
pub(crate) fn measure(turns: u32) -> Result<Option<Peer>, Box<dyn Error>> {
    let Some(python) = python()? else {
        println!(
            "without the peer: VESTIBULE_INSTALL=1 lets this bench install {INSPECT}; VESTIBULE_INSPECT_PYTHON names a Python that has it"
        );
        return Ok(None);
    };
    let folder = tempfile::tempdir()?;
    let run = |kind: &str, n: u32, turns: u32| -> Result<(f64, f64, f64), Box<dyn Error>> {
        let started = Instant::now();
        let mut command = Command::new(&python);
        command.arg("-c").arg(SCRIPT).args([kind, &n.to_string(), &turns.to_string()]);
        let output = command.arg(folder.path()).output()?;
        let wall = started.elapsed().as_secs_f64();
        let text = String::from_utf8(output.stdout)?;
        let mut numbers = text.split_whitespace().rev().map(str::parse::<f64>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(peak)), Some(Ok(work))) => Ok((wall, work, peak)),
            _ => Err(format!("Inspect: {}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    };
    let one = run("plain", 1, 1)?;
    let hundred = run("plain", 100, 1)?;
    let (local_one, local) = (run("local", 1, 1)?, run("local", 100, 1)?);
    let long = run("plain", 20, turns)?;
    let short = run("plain", 20, 1)?;
    Ok(Some(Peer {
        start: one.0 * 1e3,
        sample: (hundred.1 - one.1) * 1e3 / 99.0,
        local: (local.1 - local_one.1) * 1e3 / 99.0,
        turn: (long.1 - short.1) * 1e3 / (20.0 * f64::from(turns - 1)),
        peak: hundred.2,
    }))
}

fn python() -> Result<Option<PathBuf>, Box<dyn Error>> {
    if let Ok(named) = std::env::var("VESTIBULE_INSPECT_PYTHON") {
        return Ok(Some(named.into()));
    }
    if std::env::var("VESTIBULE_INSTALL").as_deref() != Ok("1") {
        return Ok(None);
    }
    // where the test that reads our logs with Inspect installs it too
    let place = std::env::temp_dir().join("vestibule-inspect-0.3.285");
    let python = place.join("bin/python");
    let whole = place.join("installed");
    if !whole.exists() {
        let ran = |command: &mut Command| command.status().is_ok_and(|status| status.success());
        let pip = ["-m", "pip", "install", "--quiet", INSPECT];
        let made = ran(Command::new("python3").arg("-m").arg("venv").arg(&place))
            && ran(Command::new(&python).args(pip));
        if !made {
            return Ok(None);
        }
        std::fs::write::<&Path, _>(&whole, INSPECT)?;
    }
    Ok(Some(python))
}
