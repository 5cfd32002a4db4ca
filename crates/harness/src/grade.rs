//! Executes oracles, apart from the agent.
//!
//! Programs are built in one sandbox and each run happens in a fresh one that holds the program and its
//! input and nothing else. So a proof that takes over the vulnerable program finds no other build to
//! change, no verdict to forge and no later run to disturb. How a run ended is told by the sandbox's
//! first process over a pipe that no guest holds; what counts is decided in this process.

pub(crate) mod own;
mod trials;

use assessment::{
    Build, Judgement, Oracle, Reason, RunEnd, Submission, TwoBuilds, TwoBuildsEvidence,
};
use sandbox::{Exec, Limits, Policy, SandboxError, Session, Status, Tier};
use std::sync::OnceLock;
use std::time::Duration;

/// Most bytes of a built program.
const PROGRAM_BOUND: u64 = 16 << 20;

/// Judges a submission. Blocking; what fails here is [`assessment::Outcome::Invalid`].
pub fn grade(oracle: &Oracle, submission: &Submission, policy: &Policy) -> Judgement {
    Grader::new(oracle, policy).judge(submission)
}

/// Judges several submissions to one oracle. What does not depend on them is built once, when it is
/// first needed.
#[derive(Debug)]
pub struct Grader<'a> {
    oracle: &'a Oracle,
    policy: &'a Policy,
    two: OnceLock<Result<Built, String>>,
    programs: OnceLock<Result<trials::Programs, String>>,
}

impl<'a> Grader<'a> {
    /// A grader that has built nothing yet.
    pub fn new(oracle: &'a Oracle, policy: &'a Policy) -> Self {
        Self { oracle, policy, two: OnceLock::new(), programs: OnceLock::new() }
    }

    /// Judges a submission. Blocking.
    pub fn judge(&self, submission: &Submission) -> Judgement {
        self.judged(submission).unwrap_or_else(|why| Judgement::of(Reason::Grader(why)))
    }

    fn judged(&self, submission: &Submission) -> Result<Judgement, String> {
        let told = |e: SandboxError| e.to_string();
        match self.oracle {
            Oracle::Answer(answer) => Ok(answer.judge(submission)),
            Oracle::TwoBuilds(builds) => {
                let proof = match builds.proof(submission) {
                    Ok(proof) => proof,
                    Err(judgement) => return Ok(judgement),
                };
                let built = || Built::new(builds, self.policy).map_err(told);
                let built = self.two.get_or_init(built).as_ref().map_err(Clone::clone)?;
                Ok(builds.judge(&built.run(builds, proof, self.policy)))
            }
            Oracle::Own(check) => {
                let left = match check.left(submission) {
                    Ok(left) => left,
                    Err(judgement) => return Ok(judgement),
                };
                Ok(check.judge(&own::run(check, left, self.policy).map_err(told)?))
            }
            Oracle::Trials(oracle) => {
                let proof = match oracle.proof(submission) {
                    Ok(proof) => proof,
                    Err(judgement) => return Ok(judgement),
                };
                let built = || trials::Programs::new(oracle, self.policy).map_err(told);
                let built = self.programs.get_or_init(built).as_ref().map_err(Clone::clone)?;
                Ok(oracle.judge(&built.run(oracle, proof, self.policy).map_err(told)?))
            }
        }
    }
}

/// Both programs, outside any sandbox, and how the control ended on them.
#[derive(Debug)]
struct Built {
    ends: [RunEnd; 2],
    control: [RunEnd; 2],
    programs: Option<[Vec<u8>; 2]>,
}

impl Built {
    fn new(builds: &TwoBuilds, policy: &Policy) -> Result<Self, SandboxError> {
        let (first, vulnerable) = build(builds, &builds.vulnerable, policy)?;
        let (second, fixed) = build(builds, &builds.fixed, policy)?;
        let programs = vulnerable.zip(fixed).map(|(vulnerable, fixed)| [vulnerable, fixed]);
        // what was not built decides before any control
        let control = programs.as_ref().map_or([RunEnd::Exited(0), RunEnd::Exited(0)], |both| {
            both.each_ref().map(|program| run(program, &builds.control, policy))
        });
        Ok(Self { ends: [first, second], control, programs })
    }

    /// Runs the proof on both, the fixed build first, until a run decides that it is none.
    fn run(&self, builds: &TwoBuilds, proof: &[u8], policy: &Policy) -> TwoBuildsEvidence {
        let mut evidence = TwoBuildsEvidence {
            builds: self.ends.clone(),
            control: self.control.clone(),
            proof: [Vec::new(), Vec::new()],
        };
        let Some([vulnerable, fixed]) = &self.programs else { return evidence };
        for _ in 0..builds.repeats {
            for (build, program, at) in
                [(Build::Fixed, fixed, 1), (Build::Vulnerable, vulnerable, 0)]
            {
                let end = run(program, proof, policy);
                let met = TwoBuilds::met(build, &end);
                evidence.proof[at].push(end);
                if !met {
                    return evidence;
                }
            }
        }
        evidence
    }
}

/// A compilation: how it ended, what the compiler complained, and the program if there is one.
struct Compiled {
    end: RunEnd,
    said: String,
    program: Option<Vec<u8>>,
}

/// Compiles sources in a sandbox of their own and takes the program out. A compiler that was killed each time, which no source does, is lost.
fn compile(
    sources: &[(&str, &[u8])],
    argv: &[String],
    output: &str,
    policy: &Policy,
) -> Result<Compiled, SandboxError> {
    let once = || compile_once(sources, argv.to_vec(), output, policy);
    let compiled = undisturbed(once, |compiled| compiled.as_ref().is_ok_and(killed))?;
    if killed(&compiled) {
        let end = RunEnd::Lost(format!("the compiler was killed: {}", compiled.said));
        return Ok(Compiled { end, ..compiled });
    }
    Ok(compiled)
}

fn compile_once(
    sources: &[(&str, &[u8])],
    argv: Vec<String>,
    output: &str,
    policy: &Policy,
) -> Result<Compiled, SandboxError> {
    let session = Session::start(policy.clone())?;
    for (path, bytes) in sources {
        session.put(path, bytes, false)?;
    }
    let limits = Limits { wall: Duration::from_secs(60), ..Limits::default() };
    let outcome = session.exec(&Exec { limits, ..Exec::new(argv) })?;
    let end = end(outcome.status);
    let said: String = String::from_utf8_lossy(&outcome.stderr).chars().take(300).collect();
    let built = end == RunEnd::Exited(0);
    let program = built.then(|| session.get(output, PROGRAM_BOUND)).transpose()?;
    session.stop()?;
    Ok(Compiled { end, said, program })
}

/// Builds one program and takes it out of the sandbox.
fn build(
    builds: &TwoBuilds,
    source: &str,
    policy: &Policy,
) -> Result<(RunEnd, Option<Vec<u8>>), SandboxError> {
    let output = ["-o", "target", "target.c"].map(str::to_owned);
    let argv: Vec<_> = builds.compile.iter().cloned().chain(output).collect();
    let built = compile(&[("target.c", source.as_bytes())], &argv, "target", policy)?;
    if built.program.is_none() {
        return Ok((RunEnd::Lost(format!("{:?}: {}", built.end, built.said)), None));
    }
    Ok((built.end, built.program))
}

/// The bounds of one run of a small program. Processor time is what it may use; the wall only stops who
/// sleeps, and leaves room for a host so busy that a program waits long for its turn.
fn small(output: usize) -> Limits {
    Limits {
        wall: Duration::from_secs(60),
        cpu_seconds: 5,
        memory: 256 << 20,
        processes: 8,
        output,
        ..Limits::default()
    }
}

/// Makes a run again that ended by SIGKILL, at most twice. None of our limits ends a program in that way, and nothing inside an unkillable run
/// can, so somebody outside did, and what it does undisturbed is what counts. So nobody gains by killing: not from outside, and not by
/// handing in what would kill itself.
fn undisturbed<T>(mut once: impl FnMut() -> T, killed: impl Fn(&T) -> bool) -> T {
    let mut last = once();
    for _ in 0..2 {
        if !killed(&last) {
            break;
        }
        last = once();
    }
    last
}

/// The number of SIGKILL.
const KILL: RunEnd = RunEnd::Signalled(9);

/// Whether a compilation, or a part of it, was killed. The compiler says the latter in a line of its own, which no source can make it say.
fn killed(compiled: &Compiled) -> bool {
    let tells = |line: &str| {
        line.contains("fatal error: Killed signal terminated program ")
            && !line.contains(": error: ")
            && !line.contains(".c:")
    };
    compiled.end == KILL || (compiled.end != RunEnd::Limited && compiled.said.lines().any(tells))
}

/// Runs a program over an input in a sandbox of its own.
fn run(program: &[u8], input: &[u8], policy: &Policy) -> RunEnd {
    let once = || -> Result<RunEnd, SandboxError> {
        let session = Session::start(policy.clone())?;
        session.put("target", program, true)?;
        session.put("input", input, false)?;
        let limits = small(4_096);
        let exec = Exec { limits, unkillable: true, ..Exec::new(["/work/target", "input"]) };
        let outcome = session.exec(&exec)?;
        session.stop()?;
        Ok(end(outcome.status))
    };
    let once = || once().unwrap_or_else(|error| RunEnd::Lost(error.to_string()));
    from_outside(undisturbed(once, |end| *end == KILL), policy)
}

/// A run that was killed each time: nothing inside could do that, so it is lost. In tier 1, whose kernel takes no filter, a program may
/// have killed itself, and what it does counts.
fn from_outside(end: RunEnd, policy: &Policy) -> RunEnd {
    if end == KILL && policy.tier != Tier::UserSpaceKernel {
        return RunEnd::Lost("it was killed from outside, three times".to_owned());
    }
    end
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
