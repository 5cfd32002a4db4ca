//! Executes [`Trials`]: builds, then trials in order until one is missed.

use super::{compile, end, small};
use assessment::{OUTPUT_BOUND, Program, Ran, RunEnd, Trial, Trials, TrialsEvidence};
use sandbox::{Exec, Policy, SandboxError, Session};

/// The programs that do not depend on a submission, outside any sandbox; none where one does.
#[derive(Debug)]
pub(super) struct Programs(Vec<Option<(RunEnd, Option<Vec<u8>>)>>);

impl Programs {
    pub(super) fn new(oracle: &Trials, policy: &Policy) -> Result<Self, SandboxError> {
        let fixed = oracle
            .programs
            .iter()
            .map(|program| (!program.handed_in()).then(|| build(program, &[], policy)).transpose());
        fixed.collect::<Result<_, _>>().map(Self)
    }

    /// Tries a submission.
    pub(super) fn run(
        &self,
        oracle: &Trials,
        submission: &[u8],
        policy: &Policy,
    ) -> Result<TrialsEvidence, SandboxError> {
        let mut evidence = TrialsEvidence::default();
        let mut programs = Vec::new();
        for (program, fixed) in oracle.programs.iter().zip(&self.0) {
            let own;
            let (end, built) = if let Some(fixed) = fixed {
                fixed
            } else {
                own = build(program, submission, policy)?;
                &own
            };
            evidence.builds.push(end.clone());
            programs.push(built.clone());
            if built.is_none() {
                break;
            }
        }
        if programs.len() < oracle.programs.len() || programs.iter().any(Option::is_none) {
            // what was not built is not missing: the first that failed decides
            evidence.builds.resize(oracle.programs.len(), RunEnd::Exited(0));
            return Ok(evidence);
        }
        for trial in &oracle.trials {
            let program = trial.program.and_then(|i| programs.get(i)?.as_deref());
            let mut runs = Vec::new();
            let mut met = true;
            for _ in 0..oracle.repeats {
                let ran = once(trial, program, submission, policy);
                met = trial.met(&ran);
                runs.push(ran);
                if !met {
                    break;
                }
            }
            evidence.runs.push(runs);
            if !met {
                break;
            }
        }
        Ok(evidence)
    }
}

fn build(
    program: &Program,
    submission: &[u8],
    policy: &Policy,
) -> Result<(RunEnd, Option<Vec<u8>>), SandboxError> {
    let sources: Vec<_> =
        program.sources.iter().map(|(path, s)| (path.as_str(), s.given(submission))).collect();
    let inputs = sources.iter().filter(|(path, _)| path.ends_with(".c"));
    let inputs = inputs.map(|(path, _)| (*path).to_owned());
    let output = ["-o", "program"].map(str::to_owned);
    let argv = program.compile.iter().cloned().chain(output).chain(inputs).collect();
    let built = compile(&sources, argv, "program", policy)?;
    // the sandbox's own codes for a compiler that is not there
    let absent = matches!(built.end, RunEnd::Exited(126 | 127));
    if built.program.is_none() && (absent || !program.handed_in()) {
        return Ok((RunEnd::Lost(format!("{:?}: {}", built.end, built.said)), None));
    }
    Ok((built.end, built.program))
}

fn once(trial: &Trial, program: Option<&[u8]>, submission: &[u8], policy: &Policy) -> Ran {
    let run = || -> Result<Ran, SandboxError> {
        let session = Session::start(policy.clone())?;
        if let Some(program) = program {
            session.put("program", program, true)?;
        }
        for (path, input) in &trial.files {
            session.put(path, input.given(submission), false)?;
        }
        let stdin = trial.stdin.given(submission).to_vec();
        let limits = small(OUTPUT_BOUND);
        let exec = Exec { stdin, limits, ..Exec::new(trial.argv.iter().cloned()) };
        let outcome = session.exec(&exec)?;
        session.stop()?;
        let stdout = (!outcome.stdout_truncated).then_some(outcome.stdout);
        Ok(Ran { end: end(outcome.status), stdout })
    };
    run().unwrap_or_else(|error| Ran { end: RunEnd::Lost(error.to_string()), stdout: None })
}
