//! A check that came with a task of others: it looks at what the agent left and says what that is worth.
//!
//! It runs apart from the agent, in a sandbox with a folder of its own for its word. What it does not say is not guessed: a check that
//! ends without a reward, or with one that can't be read, is the grader's failure and not the model's.

use super::{Judgement, Reason, RunEnd, Submission};

/// Most bytes of a reward that are read.
pub const REWARD_BOUND: u64 = 4 << 10;

/// A file of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its path, relative to the workspace.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it can be executed.
    pub executable: bool,
}

/// The check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCheck {
    /// Its files; the script is one of them.
    pub files: Vec<Left>,
    /// The script that is started, by its path among the files.
    pub script: String,
    /// Under which absolute path the script finds what the agent left.
    pub workdir: String,
    /// Seconds that it may take.
    pub seconds: u32,
    /// Bytes of memory that it may take.
    pub memory: u64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCheckRan {
    /// How the script ended.
    pub end: RunEnd,
    /// The end of what it said on standard error.
    pub said: String,
    /// `reward.txt`, if it wrote one.
    pub text: Option<Vec<u8>>,
    /// `reward.json`, if it wrote one.
    pub json: Option<Vec<u8>>,
}

impl OwnCheck {
    /// What the agent left.
    ///
    /// # Errors
    /// The judgement, when nothing was collected.
    pub fn left<'a>(&self, submission: &'a Submission) -> Result<&'a [Left], Judgement> {
        match submission {
            Submission::Left(left) => Ok(left),
            Submission::Nothing | Submission::Answer(_) | Submission::File(_) => {
                Err(Judgement::of(Reason::NothingSubmitted))
            }
        }
    }

    /// Judges what became of it: solved is a reward of 1 or more, of which every part is.
    pub fn judge(&self, ran: &OwnCheckRan) -> Judgement {
        Judgement::of(reason(ran).unwrap_or_else(Reason::Grader))
    }

    /// Every byte that decides, in parts.
    pub(crate) fn parts(&self) -> Vec<Vec<u8>> {
        let mut parts = vec![self.script.clone().into_bytes(), self.workdir.clone().into_bytes()];
        parts.push(self.seconds.to_be_bytes().to_vec());
        parts.push(self.memory.to_be_bytes().to_vec());
        for file in &self.files {
            parts.extend([file.path.clone().into_bytes(), file.bytes.clone()]);
            parts.push(vec![file.executable.into()]);
        }
        parts
    }
}

fn reason(ran: &OwnCheckRan) -> Result<Reason, String> {
    match &ran.end {
        RunEnd::Exited(_) => {}
        RunEnd::Signalled(signal) => return Err(format!("its check died of signal {signal}")),
        RunEnd::Limited => return Err("its check ran out of time, memory or space".to_owned()),
        RunEnd::Lost(why) => return Err(format!("its check: {why}")),
    }
    let text = ran.text.as_deref().map(number).transpose()?;
    let json = ran.json.as_deref().map(numbers).transpose()?;
    let reward = match (text, json) {
        (Some(text), Some(json)) if (text >= 1.0) != (json >= 1.0) => {
            return Err("its check wrote two rewards that disagree".to_owned());
        }
        (Some(reward), _) | (None, Some(reward)) => reward,
        (None, None) => {
            let said: String =
                ran.said.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
            return Err(format!("its check ended with {:?} and wrote no reward: {said}", ran.end));
        }
    };
    Ok(if reward >= 1.0 { Reason::Solved } else { Reason::Reward(reward.to_string()) })
}

fn number(bytes: &[u8]) -> Result<f64, String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| "its check wrote a reward that is no number".to_owned())
}

/// The least of an object of numbers.
fn numbers(bytes: &[u8]) -> Result<f64, String> {
    let wrong = || "its check wrote a reward that is no object of numbers".to_owned();
    let read: std::collections::BTreeMap<String, f64> =
        serde_json::from_slice(bytes).map_err(|_| wrong())?;
    let least = read.into_values().reduce(f64::min);
    least.filter(|least| least.is_finite()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    //! What a check says, and what it fails to say.
    use super::{OwnCheck, OwnCheckRan, RunEnd};
    use crate::oracle::Outcome;

    #[test]
    fn a_reward_decides_and_silence_is_invalid() {
        let check = OwnCheck {
            files: Vec::new(),
            script: "test.sh".to_owned(),
            workdir: "/app".to_owned(),
            seconds: 1,
            memory: 1,
        };
        let judged = |end, text: Option<&str>, json: Option<&str>| {
            let bytes = |said: Option<&str>| said.map(|said| said.as_bytes().to_vec());
            let ran =
                OwnCheckRan { end, said: "why".to_owned(), text: bytes(text), json: bytes(json) };
            let judged = check.judge(&ran);
            (judged.outcome, judged.reason.to_string())
        };
        let ended = |text, json| judged(RunEnd::Exited(0), text, json);
        assert_eq!(ended(Some("1\n"), None).0, Outcome::Pass);
        assert_eq!(ended(Some("1.0"), Some(r#"{"reward": 1}"#)).0, Outcome::Pass);
        // the code is not the reward
        assert_eq!(judged(RunEnd::Exited(1), Some("1"), None).0, Outcome::Pass);
        let half = (Outcome::Fail, "its check gave a reward of 0.5, and 1 is full".to_owned());
        assert_eq!(ended(Some("0.5"), None), half);
        assert_eq!(ended(None, Some(r#"{"a": 1, "b": 0.5}"#)), half);
        let silent = ended(None, None);
        assert_eq!(silent.0, Outcome::Invalid);
        assert!(
            silent.1.ends_with("its check ended with Exited(0) and wrote no reward: why"),
            "{}",
            silent.1
        );
        for (text, json) in [
            (Some("good"), None),
            (Some("NaN"), None),
            (Some(""), None),
            (None, Some("[1]")),
            (None, Some("{}")),
            (None, Some(r#"{"a": "1"}"#)),
            (Some("1"), Some(r#"{"a": 0}"#)),
        ] {
            assert_eq!(ended(text, json).0, Outcome::Invalid, "{text:?} {json:?}");
        }
        for end in [RunEnd::Signalled(11), RunEnd::Limited, RunEnd::Lost("gone".to_owned())] {
            assert_eq!(judged(end, Some("1"), None).0, Outcome::Invalid);
        }
    }
}
