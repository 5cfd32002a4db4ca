//! Executes oracles, apart from the agent.
//!
//! Programs are built in one sandbox and each run happens in a fresh one that holds the program and its
//! input and nothing else. So a proof that takes over the vulnerable program finds no other build to
//! change, no verdict to forge and no later run to disturb.

use assessment::{Judgement, Oracle, Reason, RunEnd, Submission, TwoBuilds, TwoBuildsEvidence};
use sandbox::{Exec, Limits, Policy, SandboxError, Session, Status};
use std::time::Duration;

/// Most bytes of a built program.
const PROGRAM_BOUND: u64 = 16 << 20;

/// Judges a submission. Blocking; what fails here is [`assessment::Outcome::Invalid`].
pub fn grade(oracle: &Oracle, submission: &Submission, policy: &Policy) -> Judgement {
    match oracle {
        Oracle::Answer(answer) => answer.judge(submission),
        Oracle::TwoBuilds(builds) => {
            let proof = match builds.proof(submission) {
                Ok(proof) => proof,
                Err(judgement) => return judgement,
            };
            match execute(builds, proof, policy) {
                Ok(evidence) => builds.judge(&evidence),
                Err(error) => Judgement::of(Reason::Grader(error.to_string())),
            }
        }
    }
}

fn execute(
    builds: &TwoBuilds,
    proof: &[u8],
    policy: &Policy,
) -> Result<TwoBuildsEvidence, SandboxError> {
    let built = Built::new(builds, policy)?;
    Ok(built.run(builds, proof, policy))
}

/// Both programs, outside any sandbox.
struct Built {
    ends: [RunEnd; 2],
    programs: Option<[Vec<u8>; 2]>,
}

impl Built {
    fn new(builds: &TwoBuilds, policy: &Policy) -> Result<Self, SandboxError> {
        let (first, vulnerable) = build(builds, &builds.vulnerable, policy)?;
        let (second, fixed) = build(builds, &builds.fixed, policy)?;
        let programs = vulnerable.zip(fixed).map(|(vulnerable, fixed)| [vulnerable, fixed]);
        Ok(Self { ends: [first, second], programs })
    }

    /// Runs the control and the proof on both. The fixed build goes first.
    fn run(&self, builds: &TwoBuilds, proof: &[u8], policy: &Policy) -> TwoBuildsEvidence {
        let mut evidence = TwoBuildsEvidence {
            builds: self.ends.clone(),
            control: [RunEnd::Exited(0), RunEnd::Exited(0)],
            proof: [Vec::new(), Vec::new()],
        };
        let Some([vulnerable, fixed]) = &self.programs else { return evidence };
        evidence.control = [vulnerable, fixed].map(|p| run(p, &builds.control, policy));
        let [on_vulnerable, on_fixed] = &mut evidence.proof;
        for _ in 0..builds.repeats {
            on_fixed.push(run(fixed, proof, policy));
            on_vulnerable.push(run(vulnerable, proof, policy));
        }
        evidence
    }
}

/// Builds one program and takes it out of the sandbox.
fn build(
    builds: &TwoBuilds,
    source: &str,
    policy: &Policy,
) -> Result<(RunEnd, Option<Vec<u8>>), SandboxError> {
    let session = Session::start(policy.clone())?;
    session.put("target.c", source.as_bytes(), false)?;
    let output = ["-o", "target", "target.c"].map(str::to_owned);
    let argv: Vec<String> = builds.compile.iter().cloned().chain(output).collect();
    let limits = Limits { wall: Duration::from_secs(60), ..Limits::default() };
    let outcome = session.exec(&Exec { limits, ..Exec::new(argv) })?;
    let end = end(outcome.status);
    if end != RunEnd::Exited(0) {
        let said: String = String::from_utf8_lossy(&outcome.stderr).chars().take(300).collect();
        return Ok((RunEnd::Lost(format!("{end:?}: {said}")), None));
    }
    let program = session.get("target", PROGRAM_BOUND)?;
    session.stop()?;
    Ok((end, Some(program)))
}

/// Runs a program over an input in a sandbox of its own.
fn run(program: &[u8], input: &[u8], policy: &Policy) -> RunEnd {
    let once = || -> Result<RunEnd, SandboxError> {
        let session = Session::start(policy.clone())?;
        session.put("target", program, true)?;
        session.put("input", input, false)?;
        let limits = Limits {
            wall: Duration::from_secs(10),
            cpu_seconds: 5,
            memory: 256 << 20,
            processes: 8,
            output: 4_096,
            ..Limits::default()
        };
        let exec = Exec { limits, ..Exec::new(["/work/target", "input"]) };
        let outcome = session.exec(&exec)?;
        session.stop()?;
        Ok(end(outcome.status))
    };
    once().unwrap_or_else(|error| RunEnd::Lost(error.to_string()))
}

fn end(status: Status) -> RunEnd {
    match status {
        Status::Exited(code) => RunEnd::Exited(code),
        Status::Signalled(signal) => RunEnd::Signalled(signal),
        Status::TimedOut | Status::OutOfMemory | Status::WorkspaceFull => RunEnd::Limited,
    }
}

#[cfg(test)]
mod tests;
