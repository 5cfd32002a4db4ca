//! Answers that were given before. Evaluating policies is pure, so two requests that no policy can tell apart get the
//! same answer, and only the first of them is worth asking Cedar about.

use super::literals::Literals;
use super::{PolicyRefusal, hour, weekday};
use crate::flights::Asked;
use access::Permit;
use domain::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

/// Most answers that are kept. When there are more, all are forgotten: a lab has fewer grants than this.
const MOST: usize = 8_192;

/// What policies can see of a use, borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) organisation: &'a str,
    pub(super) person: &'a str,
    pub(super) model: &'a str,
    pub(super) endpoint: &'a str,
    pub(super) grant: &'a str,
    pub(super) basis: &'a str,
    pub(super) tokens: u64,
    pub(super) stream: bool,
    pub(super) source: Option<IpAddr>,
    pub(super) now: Timestamp,
}

/// The answers, by everything in which two requests differ for some policy.
#[derive(Default)]
pub(super) struct Answers {
    looked_at: BTreeSet<&'static str>,
    /// The numbers at which an answer may turn, of tokens and of `now` in milliseconds. None when some condition is more
    /// than a comparison with a literal, for then it may turn anywhere.
    turns: Option<(Vec<i64>, Vec<i64>)>,
    given: RwLock<BTreeMap<Vec<u8>, Result<(), PolicyRefusal>>>,
}

impl<'a> Seen<'a> {
    pub(super) fn of(permit: &'a Permit, asked: Asked, now: Timestamp) -> Self {
        Self {
            organisation: permit.party().as_str(),
            person: permit.person().as_str(),
            model: permit.model().as_str(),
            endpoint: permit.endpoint().name(),
            grant: permit.grant().as_str(),
            basis: super::basis(permit),
            tokens: asked.tokens,
            stream: asked.stream,
            source: asked.from,
            now,
        }
    }
}

impl Answers {
    pub(super) fn new(literals: &Literals) -> Self {
        let turns = (!literals.beyond).then(|| (literals.turns("tokens"), literals.turns("now")));
        Self { looked_at: literals.attributes(), turns, given: RwLock::default() }
    }

    /// The answer to a request like this one, from `ask` when there was none.
    pub(super) fn answer(
        &self,
        seen: &Seen<'_>,
        ask: impl FnOnce() -> Result<(), PolicyRefusal>,
    ) -> Result<(), PolicyRefusal> {
        let Some(key) = self.key(seen) else { return ask() };
        let given = self.given.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = given.get(&key) {
            return answer.clone();
        }
        drop(given);
        let answer = ask();
        let mut given = self.given.write().unwrap_or_else(PoisonError::into_inner);
        if given.len() >= MOST {
            given.clear();
        }
        given.insert(key, answer.clone());
        answer
    }

    /// What policies can tell of a request. None when that is never the same twice.
    pub(super) fn key(&self, seen: &Seen<'_>) -> Option<Vec<u8>> {
        let mut key = Vec::with_capacity(256);
        for name in [seen.organisation, seen.person, seen.model, seen.endpoint] {
            text(&mut key, name);
        }
        for attribute in &self.looked_at {
            match *attribute {
                "organisation" => {}
                "grant" => text(&mut key, seen.grant),
                "basis" => text(&mut key, seen.basis),
                "tokens" => {
                    let tokens = i64::try_from(seen.tokens).unwrap_or(i64::MAX);
                    match &self.turns {
                        Some((turns, _)) => key.extend(place(turns, tokens)),
                        None => key.extend(tokens.to_le_bytes()),
                    }
                }
                "stream" => key.push(seen.stream.into()),
                "source" => match seen.source {
                    None => key.push(0),
                    Some(IpAddr::V4(v4)) => {
                        key.push(4);
                        key.extend(v4.octets());
                    }
                    Some(IpAddr::V6(v6)) => {
                        key.push(6);
                        key.extend(v6.octets());
                    }
                },
                "weekday" => key.extend(weekday(seen.now).to_le_bytes()),
                "hour" => key.extend(hour(seen.now).to_le_bytes()),
                _ => {
                    let (_, turns) = self.turns.as_ref()?;
                    key.extend(place(turns, seen.now.as_micros().div_euclid(1_000)));
                }
            }
        }
        Some(key)
    }
}

/// A text and where it ends.
fn text(key: &mut Vec<u8>, text: &str) {
    key.extend(text.len().to_le_bytes());
    key.extend_from_slice(text.as_bytes());
}

/// Where a number lies among those at which an answer may turn: after how many, and whether on the next.
fn place(turns: &[i64], number: i64) -> [u8; 9] {
    let before = turns.partition_point(|turn| *turn < number);
    let mut place = [0; 9];
    if let Some((on, after)) = place.split_first_mut() {
        *on = u8::from(turns.get(before) == Some(&number));
        after.copy_from_slice(&u64::try_from(before).unwrap_or(u64::MAX).to_le_bytes());
    }
    place
}
