//! Whether a log agrees with itself. The numbers are those of the Microsoft SARIF validation rules,
//! which spell out the standard's "SHALL"s.

use super::resolve::{self, Rules};
use super::shape::{
    ArtifactLocation, Hit, Location, Log, LogicalLocation, PhysicalLocation, Reference, Region,
    Rule, Run, ToolComponent,
};
use super::uri;
use crate::error::{Format, Place, Problem, ReadError};
use crate::instant;

/// Most extensions of one tool.
const MAX_EXTENSIONS: usize = 1_000;

type Checked = Result<(), ReadError>;

fn refuse(path: impl Into<String>, problem: Problem) -> Checked {
    Err(ReadError::new(Format::Sarif, Place::path(path), problem))
}

pub(super) fn log(log: &Log, bytes: &[u8]) -> Checked {
    if let Some(schema) = &log.schema {
        absolute("$schema", schema)?;
    }
    for (i, run) in log.runs.iter().enumerate() {
        self::run(&format!("runs[{i}]"), run)?;
    }
    references(log, bytes)
}

fn run(path: &str, run: &Run) -> Checked {
    component(&format!("{path}.tool.driver"), run, &run.tool.driver)?;
    for (i, extension) in run.tool.extensions.iter().enumerate() {
        component(&format!("{path}.tool.extensions[{i}]"), run, extension)?;
    }
    for (name, base) in &run.original_uri_base_ids {
        base_id(&format!("{path}.originalUriBaseIds.{name}"), base)?;
    }
    for (i, invocation) in run.invocations.iter().enumerate() {
        // SARIF1006: the instants of one log are of one form, so text order is time order
        if let (Some(start), Some(end)) = (&invocation.start_time_utc, &invocation.end_time_utc)
            && instant::is_utc_instant(start)
            && instant::is_utc_instant(end)
            && end.trim_end_matches('Z') < start.trim_end_matches('Z')
        {
            let problem = Problem::value(end, "an instant after `startTimeUtc`");
            return refuse(format!("{path}.invocations[{i}].endTimeUtc"), problem);
        }
    }
    for (i, source) in run.version_control_provenance.iter().enumerate() {
        if let Some(uri) = &source.repository_uri {
            absolute(&format!("{path}.versionControlProvenance[{i}].repositoryUri"), uri)?;
        }
    }
    for (i, artifact) in run.artifacts.iter().enumerate() {
        let path = format!("{path}.artifacts[{i}]");
        index(&path, "parentIndex", artifact.parent_index, run.artifacts.len())?;
        if let Some(location) = &artifact.location {
            artifact_location(&format!("{path}.location"), run, location)?;
        }
    }
    if run.tool.extensions.len() > MAX_EXTENSIONS {
        let problem = Problem::TooMany { what: "tool extensions", bound: MAX_EXTENSIONS };
        return refuse(format!("{path}.tool.extensions"), problem);
    }
    let rules = Rules::of(run);
    for (i, hit) in run.results.iter().enumerate() {
        result(&format!("{path}.results[{i}]"), run, &rules, hit)?;
    }
    Ok(())
}

fn component(path: &str, run: &Run, component: &ToolComponent) -> Checked {
    let uris =
        [("downloadUri", &component.download_uri), ("informationUri", &component.information_uri)];
    for (field, uri) in uris {
        if let Some(uri) = uri {
            absolute(&format!("{path}.{field}"), uri)?;
        }
    }
    for (list, rules) in [("rules", &component.rules), ("notifications", &component.notifications)]
    {
        for (i, rule) in rules.iter().enumerate() {
            self::rule(&format!("{path}.{list}[{i}]"), run, component, rule)?;
        }
    }
    Ok(())
}

fn rule(path: &str, run: &Run, component: &ToolComponent, rule: &Rule) -> Checked {
    if rule.id.trim().is_empty() {
        return refuse(format!("{path}.id"), Problem::value(&rule.id, "the identifier of a rule"));
    }
    if let Some(uri) = &rule.help_uri {
        absolute(&format!("{path}.helpUri"), uri)?;
    }
    for (i, relationship) in rule.relationships.iter().enumerate() {
        let target = &relationship.target;
        if target.tool_component.is_none() && run.taxonomies.is_empty() {
            let bound = component.rules.len();
            index(&format!("{path}.relationships[{i}].target"), "index", target.index, bound)?;
        }
    }
    Ok(())
}

fn result(path: &str, run: &Run, rules: &Rules<'_>, hit: &Hit) -> Checked {
    let id_of_rule = hit.rule.as_ref().and_then(|rule| rule.id.as_ref());
    if let (Some(id), Some(of_rule)) = (&hit.rule_id, id_of_rule)
        && id != of_rule
    {
        let problem = Problem::value(of_rule, "the same as `ruleId`");
        return refuse(format!("{path}.rule.id"), problem);
    }
    if hit.rule.as_ref().is_none_or(|rule| rule.tool_component.is_none()) {
        index(path, "ruleIndex", hit.rule_index, run.tool.driver.rules.len())?;
    }
    if let Some(rule) = &hit.rule {
        rule_reference(&format!("{path}.rule"), rules, rule)?;
    }
    if let Some(declared) = rules.rule(hit)
        && let Some(id) = hit.rule_id.as_ref().filter(|id| !id.is_empty())
        && hit.rule_index.is_some_and(|index| index >= 0)
        && !(id == &declared.id
            || id.strip_prefix(&declared.id).is_some_and(|s| s.starts_with('/')))
    {
        let problem = Problem::value(id, "the rule at `ruleIndex`");
        return refuse(format!("{path}.ruleId"), problem);
    }
    message(path, rules, hit)?;
    for (i, uri) in hit.work_item_uris.iter().enumerate() {
        absolute(&format!("{path}.workItemUris[{i}]"), uri)?;
    }
    if let Some(target) = &hit.analysis_target {
        artifact_location(&format!("{path}.analysisTarget"), run, target)?;
    }
    for (field, locations) in
        [("locations", &hit.locations), ("relatedLocations", &hit.related_locations)]
    {
        for (i, location) in locations.iter().enumerate() {
            self::location(&format!("{path}.{field}[{i}]"), run, location)?;
        }
    }
    for (i, stack) in hit.stacks.iter().enumerate() {
        for (j, frame) in stack.frames.iter().enumerate() {
            if let Some(location) = &frame.location {
                self::location(&format!("{path}.stacks[{i}].frames[{j}].location"), run, location)?;
            }
        }
    }
    Ok(())
}

/// A reference into a tool component that is not in the log names no rule, and that is all.
fn rule_reference(path: &str, rules: &Rules<'_>, rule: &Reference) -> Checked {
    let component = rule.tool_component.as_ref();
    let component = component.map_or(Some(0), |reference| rules.component(reference));
    component.map_or(Ok(()), |at| index(path, "index", rule.index, rules.listed(at).len()))
}

/// SARIF1012, and the standard's demand that a message has a text or an id.
fn message(path: &str, rules: &Rules<'_>, hit: &Hit) -> Checked {
    let message = &hit.message;
    if message.text.is_some() || message.markdown.is_some() {
        return Ok(());
    }
    let Some(id) = &message.id else {
        let rule = "a message needs `text` or `id`";
        return refuse(format!("{path}.message"), Problem::Rule(rule));
    };
    // a string kept outside of the log is no contradiction; the result then shows its id
    let Some(text) = rules.message_string(hit, id) else { return Ok(()) };
    let needed = resolve::placeholders(text);
    if needed > message.arguments.len() {
        let rule = "there are fewer `arguments` than placeholders in the message string";
        return refuse(format!("{path}.message.arguments"), Problem::Rule(rule));
    }
    Ok(())
}

fn location(path: &str, run: &Run, location: &Location) -> Checked {
    for (i, logical) in location.logical_locations.iter().enumerate() {
        let path = format!("{path}.logicalLocations[{i}]");
        let LogicalLocation { index: at, parent_index } = logical;
        index(&path, "index", *at, run.logical_locations.len())?;
        index(&path, "parentIndex", *parent_index, run.logical_locations.len())?;
    }
    let Some(physical) = &location.physical_location else { return Ok(()) };
    let path = format!("{path}.physicalLocation");
    if let Some(artifact) = &physical.artifact_location {
        artifact_location(&format!("{path}.artifactLocation"), run, artifact)?;
    }
    regions(&path, physical)
}

/// SARIF1007 and SARIF1008.
fn regions(path: &str, physical: &PhysicalLocation) -> Checked {
    let PhysicalLocation { region, context_region, .. } = physical;
    for (field, region) in [("region", region), ("contextRegion", context_region)] {
        if let Some(region) = region
            && !is_ordered(region)
        {
            let rule = "the region counts from below 1, or ends before it starts";
            return refuse(format!("{path}.{field}"), Problem::Rule(rule));
        }
    }
    // a context that cuts its region short is common and harmless: results carry no context
    if region.is_none() && context_region.is_some() {
        let rule = "a `contextRegion` needs a `region`";
        return refuse(format!("{path}.contextRegion"), Problem::Rule(rule));
    }
    Ok(())
}

/// Lines must be in order. Columns may not be: several tools compute the end column in another
/// unit; an end column before its start is dropped when the result is resolved.
fn is_ordered(region: &Region) -> bool {
    let from_one = [region.start_line, region.start_column, region.end_line, region.end_column];
    let lengths = [region.char_length, region.byte_length];
    from_one.into_iter().flatten().all(|number| number >= 1)
        && lengths.into_iter().flatten().all(|number| number >= 0)
        && region.end_line.zip(region.start_line).is_none_or(|(end, start)| end >= start)
}

/// SARIF1002 and SARIF1009.
fn artifact_location(path: &str, run: &Run, location: &ArtifactLocation) -> Checked {
    index(path, "index", location.index, run.artifacts.len())?;
    let Some(text) = &location.uri else { return Ok(()) };
    // an absolute URI ignores its base (RFC 3986 §5.2.2): tools write both, nothing is ambiguous
    reference(&format!("{path}.uri"), text)
}

/// SARIF1004.
fn base_id(path: &str, base: &ArtifactLocation) -> Checked {
    let Some(text) = &base.uri else { return Ok(()) };
    let uri = format!("{path}.uri");
    reference(&uri, text)?;
    let rule = if base.uri_base_id.is_none() && !uri::is_absolute(text) {
        "a base without a base of its own must be absolute"
    } else if base.uri_base_id.is_some() && uri::is_absolute(text) {
        "an absolute URI can't have a `uriBaseId`"
    } else if !text.ends_with('/') || text.contains(['?', '#']) {
        "a base must end in `/` and have neither query nor fragment"
    } else if text.split('/').any(|segment| segment == "..") {
        "a base can't have `..` segments"
    } else {
        return Ok(());
    };
    refuse(uri, Problem::Rule(rule))
}

fn reference(path: &str, text: &str) -> Checked {
    if uri::is_reference(text) {
        return Ok(());
    }
    refuse(path, Problem::value(text, "a URI reference; escape with `%`, use `/`"))
}

/// SARIF1005.
fn absolute(path: &str, text: &str) -> Checked {
    if uri::is_reference(text) && uri::is_absolute(text) {
        return Ok(());
    }
    refuse(path, Problem::value(text, "an absolute URI"))
}

/// SARIF1009: −1 stands for absent.
fn index(path: &str, field: &str, index: Option<i64>, bound: usize) -> Checked {
    let Some(index) = index.filter(|index| *index != -1) else { return Ok(()) };
    if usize::try_from(index).is_ok_and(|index| index < bound) {
        return Ok(());
    }
    let problem = Problem::value(&index.to_string(), "an index within its list");
    refuse(format!("{path}.{field}"), problem)
}

/// SARIF1013: `sarif:` URIs point into this log.
fn references(log: &Log, bytes: &[u8]) -> Checked {
    let mut document = None;
    for (i, run) in log.runs.iter().enumerate() {
        for (j, hit) in run.results.iter().enumerate() {
            for location in hit.locations.iter().chain(&hit.related_locations) {
                let artifact = location
                    .physical_location
                    .as_ref()
                    .and_then(|one| one.artifact_location.as_ref());
                let Some(uri) = artifact.and_then(|artifact| artifact.uri.as_ref()) else {
                    continue;
                };
                let Some(pointer) = uri.strip_prefix("sarif:") else { continue };
                let whole: &serde_json::Value = document.get_or_insert_with(|| {
                    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
                    serde_json::from_slice(bytes).unwrap_or_default()
                });
                if whole.pointer(pointer).is_none() {
                    let problem = Problem::value(uri, "a place in this log");
                    return refuse(format!("runs[{i}].results[{j}]"), problem);
                }
            }
        }
    }
    Ok(())
}
