//! A check that came with a task of others: what an agent left is taken out of its sandbox, and the check runs over it in another.

use super::{KILL, end, undisturbed};
use assessment::{Left, OwnCheck, OwnCheckRan, REWARD_BOUND, RunEnd};
use sandbox::{Exec, Limits, Named, Policy, SandboxError, Session, Status};
use std::io::ErrorKind;
use std::time::Duration;

/// Most files that are taken out.
const FILES: usize = 2_000;
/// Most bytes of them together.
const BYTES: u64 = 32 << 20;
/// Most bytes of what a check says.
const SAID: usize = 64 << 10;

/// Takes every plain file out of an agent's sandbox. What is no plain file, or has a name that is no text, stays there.
///
/// # Errors
/// More than is taken out, which is the agent's doing; or, outside, a sandbox that fails.
pub(crate) fn left(session: &Session) -> Result<Result<Vec<Left>, String>, SandboxError> {
    let limits = Limits { wall: Duration::from_secs(60), output: 1 << 20, ..Limits::default() };
    let list = ["find", ".", "-type", "f", "-printf", "%m %P\\0"];
    let listed = session.exec(&Exec { limits, ..Exec::new(list) })?;
    if listed.stdout_truncated {
        return Ok(Err(format!("it left more than {FILES} files")));
    }
    let mut all = Vec::new();
    let mut room = BYTES;
    for entry in listed.stdout.split(|byte| *byte == 0) {
        let Ok(entry) = std::str::from_utf8(entry) else { continue };
        let Some((mode, path)) = entry.split_once(' ') else { continue };
        if all.len() >= FILES {
            return Ok(Err(format!("it left more than {FILES} files")));
        }
        let bytes = match session.get(path, room) {
            Ok(bytes) => bytes,
            Err(SandboxError::TooLarge { .. }) => {
                return Ok(Err(format!("it left more than {} MiB", BYTES >> 20)));
            }
            // nobody may read it, or it has gone
            Err(SandboxError::File { .. } | SandboxError::Path { .. }) => continue,
            Err(error) => return Err(error),
        };
        room -= u64::try_from(bytes.len()).unwrap_or(room).min(room);
        let executable = u32::from_str_radix(mode, 8).is_ok_and(|mode| mode & 0o100 != 0);
        all.push(Left { path: path.to_owned(), bytes, executable });
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Ok(all))
}

/// Runs the check over what was left. A check that was killed from outside runs again.
pub(super) fn run(
    check: &OwnCheck,
    left: &[Left],
    policy: &Policy,
) -> Result<OwnCheckRan, SandboxError> {
    undisturbed(|| once(check, left, policy), |ran| ran.as_ref().is_ok_and(|ran| ran.end == KILL))
}

fn once(check: &OwnCheck, left: &[Left], policy: &Policy) -> Result<OwnCheckRan, SandboxError> {
    let mut policy = policy.clone();
    let name = |inside: &str, part: &str| Named { inside: inside.into(), part: part.to_owned() };
    policy.named =
        vec![name(&check.workdir, "left"), name("/tests", "tests"), name("/logs", "logs")];
    let session = Session::start(policy)?;
    for (below, files) in [("left", left), ("tests", &check.files)] {
        for file in files {
            let runs = file.executable || (below == "tests" && file.path == check.script);
            session.put(&format!("{below}/{}", file.path), &file.bytes, runs)?;
        }
    }
    // the folder of its word: nothing that the agent left lies in it
    session.put("logs/verifier/.own", b"", false)?;
    session.put("left/.own", b"", false)?;
    let script = "rm -f left/.own && cd \"$1\" && exec \"/tests/$2\"";
    let argv = ["sh", "-c", script, "sh", &check.workdir, &check.script];
    let limits = Limits {
        wall: Duration::from_secs(check.seconds.max(1).into()),
        cpu_seconds: check.seconds.max(1).into(),
        memory: check.memory,
        processes: 256,
        open_files: 1_024,
        output: SAID,
        ..Limits::default()
    };
    let outcome = session.exec(&Exec { limits, ..Exec::new(argv) })?;
    let word = |name: &str| match session.get(&format!("logs/verifier/{name}"), REWARD_BOUND) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(SandboxError::File { error, .. }) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let (text, json) = (word("reward.txt")?, word("reward.json")?);
    session.stop()?;
    let said = if outcome.stderr.is_empty() { outcome.stdout } else { outcome.stderr };
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    let end = match outcome.status {
        Status::Exited(code @ (126 | 127)) if text.is_none() && json.is_none() => {
            RunEnd::Lost(format!("it ended with code {code}, as what it calls is not here: {said}"))
        }
        status => end(status),
    };
    Ok(OwnCheckRan { end, said, text, json })
}
