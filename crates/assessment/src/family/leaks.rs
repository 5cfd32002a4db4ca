//! Whether what the agent gets gives the solution away without any work.

use super::{Instance, text};
use crate::oracle::{Oracle, Outcome, Submission};

/// Most words of all files that are tried as an answer.
const WORDS: usize = 40_000;

impl Instance {
    /// Where in the prompt or the files a secret of the grader's stands in plain, hexadecimal,
    /// reversed or base64, or a word that the oracle takes. Empty when the instance is sound.
    pub fn leaks(&self) -> Vec<String> {
        let prompt = ("the prompt", self.prompt.as_bytes());
        let files = self.files.iter().map(|f| (f.path.as_str(), f.bytes.as_slice()));
        let places: Vec<_> = [prompt].into_iter().chain(files).collect();
        let mut found: Vec<_> =
            places.iter().flat_map(|(place, bytes)| self.leaks_in(place, bytes)).collect();
        if let Oracle::Answer(answer) = &self.oracle {
            let words = places.iter().flat_map(|(place, bytes)| {
                words(bytes).into_iter().map(move |word| (*place, word))
            });
            for (place, word) in words.take(WORDS) {
                if answer.judge(&Submission::Answer(word)).outcome == Outcome::Pass {
                    found.push(format!("{place}: a word that is the answer"));
                }
            }
        }
        found
    }

    /// In which forms a secret of the grader's stands in bytes that an agent can read.
    pub fn leaks_in(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        let forms = self.secrets().into_iter().flat_map(|secret| forms(&secret));
        let held = forms.filter(|(_, form)| contains(bytes, form));
        held.map(|(how, _)| format!("{place}: {how}")).collect()
    }
}

/// A secret as someone would find it at a glance.
fn forms(secret: &[u8]) -> [(&'static str, Vec<u8>); 5] {
    let hex = text::hex(secret);
    [
        ("in plain", secret.to_vec()),
        ("in hexadecimal", hex.clone().into_bytes()),
        ("in upper-case hexadecimal", hex.to_uppercase().into_bytes()),
        ("reversed", secret.iter().rev().copied().collect()),
        ("in base64", text::base64(secret).into_bytes()),
    ]
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return false };
    let at = |(i, b): (usize, &u8)| {
        b == first && bytes.get(i..).is_some_and(|rest| rest.starts_with(part))
    };
    bytes.iter().enumerate().any(at)
}

/// Runs of visible characters, whole and cut at punctuation.
fn words(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let whole = text.split(|c: char| !c.is_ascii_graphic());
    let cut = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    whole.chain(cut).filter(|w| (3..=120).contains(&w.len())).map(str::to_owned).collect()
}
