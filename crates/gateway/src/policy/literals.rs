//! What policies compare with: for each thing that they look at, the values at which an answer may turn.
//!
//! A condition that compares one attribute with literals is constant between those literals, so trying each of them, its
//! neighbours and one other value tries every case there is. A condition of another shape (arithmetic, two attributes
//! compared) is told, and nothing is then concluded from a case that was not met.

use super::Facts;
use cedar_policy::PolicySet;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The attributes of the context, as the schema names them.
pub(super) const ATTRIBUTES: [&str; 9] =
    ["organisation", "grant", "basis", "tokens", "stream", "source", "weekday", "hour", "now"];
/// A text that no policy names.
pub(super) const OTHER: &str = "something else";

/// What can be looked at: an attribute of the context, or one of Cedar's variables.
type Subject = &'static str;

/// The values at which answers may turn.
#[derive(Debug, Default)]
pub(super) struct Literals {
    texts: BTreeMap<Subject, BTreeSet<String>>,
    longs: BTreeMap<Subject, BTreeSet<i64>>,
    looked_at: BTreeSet<Subject>,
    /// A condition had a shape that is not understood.
    pub(super) beyond: bool,
}

/// Reads all policies.
pub(super) fn of(set: &PolicySet) -> Literals {
    let mut found = Literals::default();
    for policy in set.policies() {
        match policy.to_json() {
            Ok(json) => found.policy(&json),
            Err(_) => found.beyond = true,
        }
    }
    found
}

impl Literals {
    /// The attributes that some policy looks at.
    pub(super) fn attributes(&self) -> BTreeSet<&'static str> {
        ATTRIBUTES.into_iter().filter(|name| self.looked_at.contains(name)).collect()
    }

    /// Whether some policy tells actions apart.
    pub(super) fn names_actions(&self) -> bool {
        self.texts.contains_key("action") || self.looked_at.contains("action")
    }

    /// Texts to try for a subject: those it is compared with, and one other.
    pub(super) fn texts(&self, of: Subject) -> Vec<String> {
        let mut all: Vec<_> = self.texts.get(of).into_iter().flatten().cloned().collect();
        all.push(OTHER.to_owned());
        all
    }

    /// Numbers to try between `least` and `most`: those it is compared with, their neighbours, and both ends.
    pub(super) fn longs(&self, of: Subject, least: i64, most: i64) -> Vec<i64> {
        let near = self.longs.get(of).into_iter().flatten();
        let near = near.flat_map(|n| [n.saturating_sub(1), *n, n.saturating_add(1)]);
        let all: BTreeSet<_> =
            near.chain([least, most]).filter(|n| (least..=most).contains(n)).collect();
        all.into_iter().collect()
    }

    /// The numbers a subject is compared with, in order.
    pub(super) fn turns(&self, of: Subject) -> Vec<i64> {
        self.longs.get(of).into_iter().flatten().copied().collect()
    }

    /// Addresses to try: none, one of no network, and the first and the next after the last of each network.
    pub(super) fn sources(&self) -> Vec<Option<IpAddr>> {
        let usual =
            ["203.0.113.77", "2001:db8:ffff::77", "127.0.0.1", "::1", "224.0.0.1", "ff00::1"];
        let usual = usual.iter().filter_map(|text| text.parse().ok());
        let named = self.texts.get("source").into_iter().flatten().flat_map(|text| edges(text));
        let all: BTreeSet<IpAddr> = usual.chain(named).collect();
        std::iter::once(None).chain(all.into_iter().map(Some)).collect()
    }

    fn policy(&mut self, json: &Value) {
        for variable in ["principal", "action", "resource"] {
            let scope = json.get(variable).unwrap_or(&Value::Null);
            let one = scope.get("entity").into_iter();
            let several = scope.get("entities").and_then(Value::as_array).into_iter().flatten();
            for entity in one.chain(several) {
                self.text(subject(variable), entity_id(entity));
            }
        }
        for condition in json.get("conditions").and_then(Value::as_array).into_iter().flatten() {
            self.condition(condition.get("body").unwrap_or(&Value::Null));
        }
    }

    /// A condition, taken apart as far as it is understood.
    fn condition(&mut self, body: &Value) {
        let Some((operator, rest)) = body.as_object().and_then(|o| o.iter().next()) else {
            self.beyond = true;
            return;
        };
        let side = |name: &str| rest.get(name).unwrap_or(&Value::Null);
        match operator.as_str() {
            "Value" => {}
            "!" => self.condition(side("arg")),
            "&&" | "||" => {
                self.condition(side("left"));
                self.condition(side("right"));
            }
            "if-then-else" => ["if", "then", "else"].iter().for_each(|s| self.condition(side(s))),
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" => {
                self.compare(side("left"), side("right"));
            }
            "contains" => self.compare(side("right"), side("left")),
            "like" => self.like(side("left"), side("pattern")),
            "." => self.look(body),
            "has" | "is" | "isIpv4" | "isIpv6" | "isLoopback" | "isMulticast" => {
                self.look_within(rest);
            }
            "isInRange" => match rest.as_array().map(Vec::as_slice) {
                Some([left, right]) => self.compare(left, right),
                _ => self.beyond = true,
            },
            _ => {
                self.look_within(rest);
                self.beyond = true;
            }
        }
    }

    /// One thing that is looked at beside a literal, in either order.
    fn compare(&mut self, left: &Value, right: &Value) {
        let (seen, literal) = match (seen(left), seen(right)) {
            (Some(subject), None) => (subject, right),
            (None, Some(subject)) => (subject, left),
            _ => {
                self.look_within(left);
                self.look_within(right);
                self.beyond = true;
                return;
            }
        };
        self.looked_at.insert(seen);
        if !self.literal(seen, literal) {
            self.look_within(literal);
            self.beyond = true;
        }
    }

    /// Takes a literal, or a set of them; false for anything else.
    fn literal(&mut self, of: Subject, value: &Value) -> bool {
        if let Some(plain) = value.get("Value") {
            match plain {
                Value::String(text) => self.text(of, Some(text)),
                Value::Number(number) => match number.as_i64() {
                    Some(n) => drop(self.longs.entry(of).or_default().insert(n)),
                    None => return false,
                },
                Value::Bool(_) => {}
                entity @ (Value::Null | Value::Array(_) | Value::Object(_)) => {
                    self.text(of, entity.get("__entity").and_then(entity_id));
                }
            }
            return true;
        }
        if let Some(Value::Array(members)) = value.get("Set") {
            return members.iter().all(|member| self.literal(of, member));
        }
        let called = ["ip", "datetime"].iter().find_map(|function| value.get(function));
        let argument = called.and_then(|arguments| arguments.get(0)?.get("Value")?.as_str());
        match (of, argument) {
            ("source", Some(text)) => self.text(of, Some(text)),
            ("now", Some(text)) => match millis(text) {
                Some(at) => drop(self.longs.entry(of).or_default().insert(at)),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    /// A pattern: one text that fits it.
    fn like(&mut self, left: &Value, pattern: &Value) {
        let (Some(seen), Some(parts)) = (seen(left), pattern.as_array()) else {
            self.look_within(left);
            self.beyond = true;
            return;
        };
        self.looked_at.insert(seen);
        let text: String = parts
            .iter()
            .map(|part| part.get("Literal").and_then(Value::as_str).unwrap_or("x"))
            .collect();
        self.text(seen, Some(&text));
        // a text that fits two patterns at once is not looked for
        self.beyond |= self.texts.get(seen).is_some_and(|all| all.len() > 1);
    }

    fn text(&mut self, of: Subject, text: Option<&str>) {
        if let Some(text) = text {
            self.texts.entry(of).or_default().insert(text.to_owned());
        }
    }

    /// Something looked at by itself, such as a truth.
    fn look(&mut self, value: &Value) {
        match seen(value) {
            Some(subject) => drop(self.looked_at.insert(subject)),
            None => {
                self.look_within(value);
                self.beyond = true;
            }
        }
    }

    /// Notes every attribute below a node, whatever its shape.
    fn look_within(&mut self, node: &Value) {
        if let Some(subject) = seen(node) {
            self.looked_at.insert(subject);
            return;
        }
        if let Some(attr) = node.get("attr").and_then(Value::as_str) {
            self.looked_at.insert(subject(attr));
        }
        match node {
            Value::Array(all) => all.iter().for_each(|inner| self.look_within(inner)),
            Value::Object(all) => all.values().for_each(|inner| self.look_within(inner)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// What a node looks at, when it is a variable or an attribute of the context.
fn seen(node: &Value) -> Option<Subject> {
    if let Some(variable) = node.get("Var").and_then(Value::as_str) {
        return (variable != "context").then(|| subject(variable));
    }
    let access = node.get(".")?;
    let of_context = access.get("left")?.get("Var")?.as_str()? == "context";
    of_context.then(|| subject(access.get("attr").and_then(Value::as_str).unwrap_or_default()))
}

/// The name as the static text that it must be, since the policies fit the schema.
fn subject(name: &str) -> Subject {
    let all = ATTRIBUTES.into_iter().chain(["principal", "action", "resource"]);
    all.into_iter().find(|known| *known == name).unwrap_or("")
}

fn entity_id(entity: &Value) -> Option<&str> {
    entity.get("id").or_else(|| entity.get("__entity")?.get("id"))?.as_str()
}

/// A `datetime` literal in milliseconds of the epoch, in the forms that end in `Z` or are a date.
fn millis(text: &str) -> Option<i64> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse::<domain::Timestamp>().ok().map(|at| at.as_micros().div_euclid(1_000))
}

/// The first address of a network, and the one behind its last.
fn edges(network: &str) -> Vec<IpAddr> {
    let (address, length) = network.split_once('/').unwrap_or((network, ""));
    match address.parse() {
        Ok(IpAddr::V4(first)) => {
            let length: u32 = length.parse().unwrap_or(32).min(32);
            let first = u32::from(first) & u32::MAX.checked_shl(32 - length).unwrap_or(0);
            let behind = u64::from(first) + (1u64 << (32 - length));
            let behind = u32::try_from(behind).ok().map(|n| IpAddr::V4(Ipv4Addr::from(n)));
            std::iter::once(IpAddr::V4(Ipv4Addr::from(first))).chain(behind).collect()
        }
        Ok(IpAddr::V6(first)) => {
            let length: u32 = length.parse().unwrap_or(128).min(128);
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            let first = u128::from(first) & mask;
            let behind = first.checked_add(1u128.checked_shl(128 - length).unwrap_or(0));
            let behind = behind.map(|n| IpAddr::V6(Ipv6Addr::from(n)));
            std::iter::once(IpAddr::V6(Ipv6Addr::from(first))).chain(behind).collect()
        }
        Err(_) => Vec::new(),
    }
}

/// Facts to begin with; what is tried replaces what policies look at.
pub(super) fn plain() -> Facts {
    Facts {
        person: OTHER.to_owned(),
        organisation: OTHER.to_owned(),
        model: OTHER.to_owned(),
        endpoint: "chat-completions",
        grant: OTHER.to_owned(),
        basis: "window",
        tokens: 1_000,
        stream: false,
        source: None,
        weekday: 1,
        hour: 0,
        now: domain::Timestamp::EPOCH,
    }
}
