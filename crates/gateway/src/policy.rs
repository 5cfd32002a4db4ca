//! The lab's own policies in Cedar, asked after the rules: they can refuse what a permit allows, and can allow nothing.
//!
//! Policies are data of the operator's, validated strictly against [`SCHEMA`] and analysed for contradictions when they
//! are read. Cedar passes over a policy whose evaluation fails; here such a request is refused, so that a broken `forbid`
//! is no way in. `now` is an input, never read.

mod analysis;
mod answers;
mod literals;

use crate::flights::Asked;
use access::{Basis, Permit};
use answers::{Answers, Seen};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use domain::{Digest, Timestamp};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

pub use analysis::Analysis;

/// The schema that policies are validated against, in Cedar's own notation.
pub const SCHEMA: &str = include_str!("policy/schema.cedarschema");
/// Most bytes of a policy file.
pub const MOST_BYTES: usize = 1 << 20;
/// Most policies: each is evaluated for every request.
const MOST: usize = 200;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Policies that were found to be sound. Cheap to clone.
#[derive(Clone)]
pub struct Policies(Arc<Sound>);

struct Sound {
    set: PolicySet,
    authorizer: Authorizer,
    nobody: Entities,
    names: Names,
    /// The attributes of the context that some policy looks at.
    looked_at: BTreeSet<&'static str>,
    digest: Digest,
    analysis: Analysis,
    answers: Answers,
}

/// What a policy is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) person: String,
    pub(crate) organisation: String,
    pub(crate) model: String,
    pub(crate) endpoint: &'static str,
    pub(crate) grant: String,
    pub(crate) basis: &'static str,
    pub(crate) tokens: u64,
    pub(crate) stream: bool,
    pub(crate) source: Option<IpAddr>,
    /// 1 for Monday to 7 for Sunday, of `now`; apart, since the analysis tries them apart.
    pub(crate) weekday: i64,
    /// The hour of `now`.
    pub(crate) hour: i64,
    pub(crate) now: Timestamp,
}

/// Why a policy refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// A `forbid` applies.
    #[error("the lab's policy {0} forbids it")]
    Forbidden(String),
    /// No `permit` applies.
    #[error("no policy of the lab's permits it")]
    NotPermitted,
    /// A policy can't be evaluated for this request.
    #[error("the lab's policy {0} can't be evaluated for it, which refuses")]
    Failed(String),
}

/// Why policies are not taken.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// There is too much of it.
    #[error("policies of {0} bytes, and at most {MOST_BYTES} are read")]
    TooLong(usize),
    /// There are too many.
    #[error("{0} policies, and at most {MOST} are taken: each is evaluated for every request")]
    TooMany(usize),
    /// It is not Cedar.
    #[error("the policies are not Cedar: {0}")]
    Syntax(String),
    /// It doesn't fit the schema: a policy's name, and what is wrong.
    #[error("policy {0} does not fit what the gateway can tell it: {1}")]
    Invalid(String, String),
    /// Policies contradict each other or themselves.
    #[error("the policies contradict: {0}")]
    Contradiction(String),
}

/// The entity types, parsed once.
struct Names {
    person: EntityTypeName,
    model: EntityTypeName,
    action: EntityTypeName,
}

impl Policies {
    /// Reads policies, validates them and looks for contradictions.
    ///
    /// # Errors
    /// See [`PolicyError`].
    pub fn read(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MOST_BYTES {
            return Err(PolicyError::TooLong(text.len()));
        }
        let set = PolicySet::from_str(text).map_err(|e| PolicyError::Syntax(told(&e)))?;
        let count = set.policies().count();
        if count > MOST {
            return Err(PolicyError::TooMany(count));
        }
        if let Some(template) = set.templates().next() {
            let why = "templates have nothing to be linked with here".to_owned();
            return Err(PolicyError::Invalid(name(&set, template.id()), why));
        }
        validate(&set)?;
        let literals = literals::of(&set);
        let looked_at = literals.attributes();
        let sound = Sound::new(set, looked_at, Digest::of(text.as_bytes()));
        let analysis = analysis::analyse(&sound, &literals)?;
        let answers = Answers::new(&literals);
        Ok(Self(Arc::new(Sound { analysis, answers, ..sound })))
    }

    /// SHA-256 of the text, for whoever wants to know which policies were in force.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// What the analysis found that is no contradiction.
    pub fn analysis(&self) -> &Analysis {
        &self.0.analysis
    }

    /// Whether a request with a permit may go on. What no policy can tell apart is asked once.
    pub(crate) fn judge_use(
        &self,
        permit: &Permit,
        asked: Asked,
        now: Timestamp,
    ) -> Result<(), PolicyRefusal> {
        let seen = Seen::of(permit, asked, now);
        self.0.answers.answer(&seen, || self.judge(&Facts::of(permit, asked, now)))
    }

    /// Whether a request of which these are the facts may go on.
    fn judge(&self, facts: &Facts) -> Result<(), PolicyRefusal> {
        let answer = self.0.ask(facts);
        if let Some(failed) = answer.failed {
            return Err(PolicyRefusal::Failed(failed));
        }
        match (answer.allowed, answer.reasons.first()) {
            (true, _) => Ok(()),
            (false, Some(id)) => Err(PolicyRefusal::Forbidden(name(&self.0.set, id))),
            (false, None) => Err(PolicyRefusal::NotPermitted),
        }
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("digest", &self.0.digest).finish_non_exhaustive()
    }
}

/// What Cedar answered.
struct Answer {
    allowed: bool,
    /// The policies that decided, in a fixed order.
    reasons: Vec<PolicyId>,
    /// A policy whose evaluation failed, by name.
    failed: Option<String>,
}

impl Sound {
    fn new(set: PolicySet, looked_at: BTreeSet<&'static str>, digest: Digest) -> Self {
        Self {
            set,
            authorizer: Authorizer::new(),
            nobody: Entities::empty(),
            names: Names::new(),
            looked_at,
            digest,
            analysis: Analysis::default(),
            answers: Answers::default(),
        }
    }

    fn ask(&self, facts: &Facts) -> Answer {
        let request = match self.request(facts) {
            Ok(request) => request,
            Err(what) => {
                return Answer { allowed: false, reasons: Vec::new(), failed: Some(what) };
            }
        };
        let response = self.authorizer.is_authorized(&request, &self.set, &self.nobody);
        let diagnostics = response.diagnostics();
        let failed = diagnostics.errors().next().map(|error| match error {
            cedar_policy::AuthorizationError::PolicyEvaluationError(error) => {
                name(&self.set, error.policy_id())
            }
        });
        let mut reasons: Vec<_> = diagnostics.reason().cloned().collect();
        reasons.sort();
        Answer { allowed: response.decision() == Decision::Allow, reasons, failed }
    }

    /// The request as Cedar takes it, with as much context as some policy looks at.
    fn request(&self, facts: &Facts) -> Result<Request, String> {
        let uid = |kind: &EntityTypeName, id: &str| {
            EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
        };
        let looked_at = self.looked_at.iter();
        let context = looked_at.filter_map(|name| Some(((*name).to_owned(), value(facts, name)?)));
        let context = Context::from_pairs(context).map_err(|e| e.to_string())?;
        Request::new(
            uid(&self.names.person, &facts.person),
            uid(&self.names.action, facts.endpoint),
            uid(&self.names.model, &facts.model),
            context,
            None,
        )
        .map_err(|e| e.to_string())
    }
}

/// An attribute of the context; none for an unknown source.
fn value(facts: &Facts, attribute: &str) -> Option<RestrictedExpression> {
    let long = |n: i64| RestrictedExpression::new_long(n);
    let text = |s: &str| RestrictedExpression::new_string(s.to_owned());
    Some(match attribute {
        "organisation" => text(&facts.organisation),
        "grant" => text(&facts.grant),
        "basis" => text(facts.basis),
        "tokens" => long(i64::try_from(facts.tokens).unwrap_or(i64::MAX)),
        "stream" => RestrictedExpression::new_bool(facts.stream),
        "source" => RestrictedExpression::new_ip(facts.source?.to_string()),
        "weekday" => long(facts.weekday),
        "hour" => long(facts.hour),
        "now" => RestrictedExpression::new_datetime(cedar_time(facts.now)),
        _ => return None,
    })
}

fn basis(permit: &Permit) -> &'static str {
    match permit.basis() {
        Basis::Window(_) => "window",
        Basis::Partner(_) => "partner",
        Basis::Defender(_) => "defender",
    }
}

/// 1 for Monday to 7 for Sunday. The first day of the epoch was a Thursday.
fn weekday(now: Timestamp) -> i64 {
    (now.as_micros().div_euclid(DAY) + 3).rem_euclid(7) + 1
}

/// The hour of the day (UTC).
fn hour(now: Timestamp) -> i64 {
    now.as_micros().rem_euclid(DAY) / (DAY / 24)
}

/// An instant as Cedar's `datetime` reads it, to the millisecond.
fn cedar_time(now: Timestamp) -> String {
    let millis = now.as_micros().div_euclid(1_000);
    let text: String = now.to_string().chars().take(19).collect();
    format!("{text}.{:03}Z", millis.rem_euclid(1_000))
}

impl Names {
    fn new() -> Self {
        let of = |name| EntityTypeName::from_str(name).expect("a word is a type's name");
        Self { person: of("Person"), model: of("Model"), action: of("Action") }
    }
}

fn validate(set: &PolicySet) -> Result<(), PolicyError> {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).expect("the schema is ours and sound");
    let result = Validator::new(schema).validate(set, ValidationMode::Strict);
    if let Some(error) = result.validation_errors().next() {
        return Err(PolicyError::Invalid(name(set, error.policy_id()), error.to_string()));
    }
    if let Some(warning) = result.validation_warnings().next() {
        return Err(PolicyError::Invalid(name(set, warning.policy_id()), warning.to_string()));
    }
    Ok(())
}

/// A policy's name: its annotation `@id("…")`, or `policy0` by its place.
fn name(set: &PolicySet, id: &PolicyId) -> String {
    match set.annotation(id, "id") {
        Some(given) => format!("`{given}`"),
        None => format!("`{id}`"),
    }
}

/// An error with the places that Cedar's own messages leave to their labels.
fn told(error: &cedar_policy::ParseErrors) -> String {
    let each = error.iter().map(ToString::to_string);
    each.take(3).collect::<Vec<_>>().join("; ")
}

impl Facts {
    /// The facts of a request that has a permit.
    pub(crate) fn of(permit: &Permit, asked: Asked, now: Timestamp) -> Self {
        Self {
            person: format!("{}/{}", permit.party(), permit.person()),
            organisation: permit.party().to_string(),
            model: permit.model().to_string(),
            endpoint: permit.endpoint().name(),
            grant: permit.grant().to_string(),
            basis: basis(permit),
            tokens: asked.tokens,
            stream: asked.stream,
            source: asked.from,
            weekday: weekday(now),
            hour: hour(now),
            now,
        }
    }
}

#[cfg(test)]
mod tests;
