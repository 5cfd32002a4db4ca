//! From the log's own cross-references to plain results. Only for logs that [`super::check`] admits.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::{self, ArtifactLocation, ComponentReference, Hit, Rule, ToolComponent};
use super::{Kind, Level, Location, MAX_MESSAGE_CHARS, Region, Run, RunResult};
use crate::cve;

/// How many levels of a hierarchical rule identifier are looked at.
const MAX_RULE_LEVELS: usize = 16;

/// How many tags, taxa and relationships of one rule or result are looked at for weaknesses.
const MAX_TAGS: usize = 100;

pub(super) fn run(at: usize, run: &shape::Run) -> Run {
    let driver = &run.tool.driver;
    let rules = Rules::of(run);
    let results = run
        .results
        .iter()
        .enumerate()
        .map(|(i, hit)| result(format!("runs[{at}].results[{i}]"), &rules, hit));
    Run {
        tool: driver.name.clone(),
        tool_version: driver.semantic_version.clone().or_else(|| driver.version.clone()),
        results: results.collect(),
    }
}

fn result(path: String, rules: &Rules<'_>, hit: &Hit) -> RunResult {
    let (run, rule) = (rules.run, rules.rule(hit));
    let kind = kind(hit.kind.unwrap_or_default());
    let mut fingerprints = hit.partial_fingerprints.clone();
    fingerprints.extend(hit.fingerprints.clone());
    RunResult {
        rule_id: hit
            .rule_id
            .clone()
            .filter(|id| !id.is_empty())
            .or_else(|| hit.rule.as_ref().and_then(|reference| reference.id.clone()))
            .or_else(|| rule.map(|rule| rule.id.clone())),
        rule_name: rule.and_then(|rule| rule.name.clone()),
        level: level(hit, rule, kind),
        kind,
        message: message(rules, hit).chars().take(MAX_MESSAGE_CHARS).collect(),
        locations: hit.locations.iter().filter_map(|one| location(run, one)).collect(),
        cwe: cwe(run, hit, rule).into_iter().collect(),
        fingerprints,
        // a suppression counts unless it is under review or rejected (SARIF §3.35.3)
        suppressed: hit
            .suppressions
            .iter()
            .any(|one| one.status.as_deref().is_none_or(|status| status == "accepted")),
        path,
    }
}

/// Rules of a run by tool component and identifier, so that finding one takes no walk.
pub(super) struct Rules<'a> {
    run: &'a shape::Run,
    by_id: Vec<BTreeMap<&'a str, &'a Rule>>,
}

impl<'a> Rules<'a> {
    pub(super) fn of(run: &'a shape::Run) -> Self {
        let components = std::iter::once(&run.tool.driver).chain(&run.tool.extensions);
        let map = |component: &'a ToolComponent| {
            // of two rules with one identifier the first counts
            component.rules.iter().rev().map(|rule| (rule.id.as_str(), rule)).collect()
        };
        Self { run, by_id: components.map(map).collect() }
    }

    /// The tool component that a reference names, by index or by name: 0 is the driver, then the
    /// extensions. The driver without either.
    pub(super) fn component(&self, reference: &ComponentReference) -> Option<usize> {
        let tool = &self.run.tool;
        if let Some(index) = reference.index.filter(|index| *index != -1) {
            let index = usize::try_from(index).ok()?;
            return (index < tool.extensions.len()).then(|| index + 1);
        }
        let Some(name) = &reference.name else { return reference.guid.is_none().then_some(0) };
        let mut all = std::iter::once(&tool.driver).chain(&tool.extensions);
        all.position(|one| one.name == *name)
    }

    /// The rules of a tool component in their order.
    pub(super) fn listed(&self, component: usize) -> &'a [Rule] {
        match component.checked_sub(1) {
            None => &self.run.tool.driver.rules,
            Some(at) => self.run.tool.extensions.get(at).map_or(&[], |one| one.rules.as_slice()),
        }
    }

    /// The rule of a result: by index, else by identifier, a hierarchical one included.
    pub(super) fn rule(&self, hit: &Hit) -> Option<&'a Rule> {
        let named = hit.rule.as_ref().and_then(|rule| rule.tool_component.as_ref());
        let component = named.map_or(Some(0), |reference| self.component(reference))?;
        let of_rule = hit.rule.as_ref().and_then(|rule| rule.index);
        let index = hit.rule_index.filter(|index| *index != -1).or(of_rule);
        if let Some(index) = index.filter(|index| *index != -1) {
            return self.listed(component).get(usize::try_from(index).ok()?);
        }
        let id = hit.rule_id.as_ref().or_else(|| hit.rule.as_ref()?.id.as_ref())?;
        let by_id = self.by_id.get(component)?;
        let mut prefix = id.as_str();
        for _ in 0..MAX_RULE_LEVELS {
            if let Some(rule) = by_id.get(prefix) {
                return Some(rule);
            }
            prefix = prefix.rsplit_once('/')?.0;
        }
        None
    }

    /// The message string `id` of the rule, else of the tool; long ones are cut.
    pub(super) fn message_string(&self, hit: &Hit, id: &str) -> Option<&'a str> {
        let of_rule = self.rule(hit).and_then(|rule| rule.message_strings.get(id));
        let of_tool = || self.run.tool.driver.global_message_strings.get(id);
        let text = of_rule.or_else(of_tool)?.text.as_str();
        text.get(..text.floor_char_boundary(4 * MAX_MESSAGE_CHARS))
    }
}

/// How many arguments the text needs: one more than its highest `{n}`.
pub(super) fn placeholders(text: &str) -> usize {
    let number = |part: &str| part.split_once('}')?.0.parse::<usize>().ok();
    let text = text.replace("{{", "");
    text.split('{')
        .skip(1)
        .filter_map(number)
        .filter(|n| *n < 100)
        .map(|n| n + 1)
        .max()
        .unwrap_or(0)
}

fn message(rules: &Rules<'_>, hit: &Hit) -> String {
    let message = &hit.message;
    let text = message
        .text
        .as_deref()
        .or_else(|| rules.message_string(hit, message.id.as_ref()?))
        .or(message.markdown.as_deref())
        .or(message.id.as_deref())
        .unwrap_or_default();
    filled(text, &message.arguments)
}

/// Fills in `{n}`; `{{` and `}}` stand for single braces where there are arguments (SARIF §3.11.5).
fn filled(text: &str, arguments: &[String]) -> String {
    if arguments.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        out.push_str(before);
        let number = brace.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let argument = number
            .and_then(|(number, tail)| Some((arguments.get(number.parse::<usize>().ok()?)?, tail)));
        if let Some((argument, tail)) = argument {
            out.push_str(argument);
            rest = tail;
        } else {
            let (one, after) = brace.split_at(1);
            out.push_str(one);
            rest = after.strip_prefix(one).unwrap_or(after);
        }
        if out.len() > 4 * MAX_MESSAGE_CHARS {
            return out;
        }
    }
    out.push_str(rest);
    out
}

/// SARIF §3.27.10: a result that is no failure has no level; else its own, the rule's, `warning`.
fn level(hit: &Hit, rule: Option<&Rule>, kind: Kind) -> Level {
    if kind != Kind::Fail {
        return Level::None;
    }
    let of_rule =
        rule.and_then(|rule| rule.default_configuration.as_ref()).and_then(|one| one.level);
    match hit.level.or(of_rule) {
        Some(shape::Level::None) => Level::None,
        Some(shape::Level::Note) => Level::Note,
        Some(shape::Level::Warning) | None => Level::Warning,
        Some(shape::Level::Error) => Level::Error,
    }
}

fn kind(kind: shape::Kind) -> Kind {
    match kind {
        shape::Kind::Pass => Kind::Pass,
        shape::Kind::Open => Kind::Open,
        shape::Kind::Informational => Kind::Informational,
        shape::Kind::NotApplicable => Kind::NotApplicable,
        shape::Kind::Review => Kind::Review,
        shape::Kind::Fail => Kind::Fail,
    }
}

fn location(run: &shape::Run, location: &shape::Location) -> Option<Location> {
    let physical = location.physical_location.as_ref()?;
    let own = physical.artifact_location.as_ref()?;
    let listed = own.index.and_then(|index| run.artifacts.get(usize::try_from(index).ok()?));
    let of_list = listed.and_then(|artifact| artifact.location.as_ref());
    let (uri, base) = [Some(own), of_list].into_iter().flatten().find_map(address)?;
    Some(Location { uri, base, region: physical.region.as_ref().and_then(region) })
}

fn address(location: &ArtifactLocation) -> Option<(String, Option<String>)> {
    Some((location.uri.clone()?, location.uri_base_id.clone()))
}

fn region(region: &shape::Region) -> Option<Region> {
    let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
    let start_line = number(region.start_line)?;
    let end_line = number(region.end_line).unwrap_or(start_line);
    let start_column = number(region.start_column);
    let end_column = number(region.end_column)
        .filter(|end| start_line != end_line || start_column.is_none_or(|start| start <= *end));
    Some(Region { start_line, start_column, end_line, end_column })
}

/// Weaknesses named by tags, taxa, relationships of the rule, or the rule's identifier.
fn cwe(run: &shape::Run, hit: &Hit, rule: Option<&Rule>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let of_rule = rule.and_then(|rule| rule.properties.as_ref());
    for properties in [hit.properties.as_ref(), of_rule].into_iter().flatten() {
        for tag in properties.tags.iter().take(MAX_TAGS) {
            found.extend(cwe_in(tag.rsplit('/').next().unwrap_or_default()));
        }
    }
    let listed = run.taxonomies.iter().take(MAX_TAGS).any(|one| one.name == "CWE");
    let targets = rule.into_iter().flat_map(|rule| &rule.relationships).map(|one| &one.target);
    for reference in hit.taxa.iter().take(MAX_TAGS).chain(targets.take(MAX_TAGS)) {
        let component = reference.tool_component.as_ref();
        let name = component.and_then(|one| one.name.as_deref());
        if let Some(id) = &reference.id {
            found.extend(cwe_in(id));
            if name == Some("CWE") || (name.is_none() && listed) {
                found.extend(cwe_in(&format!("CWE-{id}")));
            }
        }
    }
    let first = hit.rule_id.as_deref().and_then(|id| id.split('/').next());
    found.extend(first.and_then(cwe_in));
    found
}

/// `CWE-79` in any letter case and with leading zeros.
fn cwe_in(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let number = upper.strip_prefix("CWE-")?.trim_start_matches('0');
    Some(format!("CWE-{number}")).filter(|id| cve::is_cwe(id))
}
