//! The parts of a SARIF log that we read, by the names of the standard.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::json::null_as_default;

#[derive(Deserialize)]
pub(super) struct Probe {
    #[serde(default)]
    pub(super) version: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Log {
    #[serde(default, rename = "$schema")]
    pub(super) schema: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    pub(super) runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    pub(super) tool: Tool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) results: Vec<Hit>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) artifacts: Vec<Artifact>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) logical_locations: Vec<LogicalLocation>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) original_uri_base_ids: BTreeMap<String, ArtifactLocation>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) invocations: Vec<Invocation>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) version_control_provenance: Vec<VersionControl>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) taxonomies: Vec<ToolComponent>,
}

#[derive(Deserialize)]
pub(super) struct Tool {
    pub(super) driver: ToolComponent,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) extensions: Vec<ToolComponent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolComponent {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) semantic_version: Option<String>,
    #[serde(default)]
    pub(super) download_uri: Option<String>,
    #[serde(default)]
    pub(super) information_uri: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) rules: Vec<Rule>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) notifications: Vec<Rule>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) global_message_strings: BTreeMap<String, Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) help_uri: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) message_strings: BTreeMap<String, Text>,
    #[serde(default)]
    pub(super) default_configuration: Option<Configuration>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) relationships: Vec<Relationship>,
    #[serde(default)]
    pub(super) properties: Option<Properties>,
}

#[derive(Deserialize)]
pub(super) struct Text {
    pub(super) text: String,
}

#[derive(Deserialize)]
pub(super) struct Configuration {
    #[serde(default)]
    pub(super) level: Option<Level>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
pub(super) enum Level {
    None,
    Note,
    Warning,
    Error,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "camelCase")]
pub(super) enum Kind {
    Pass,
    Open,
    Informational,
    NotApplicable,
    Review,
    #[default]
    Fail,
}

#[derive(Deserialize)]
pub(super) struct Relationship {
    pub(super) target: Reference,
}

/// A reference to a rule or taxon.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) index: Option<i64>,
    #[serde(default)]
    pub(super) tool_component: Option<ComponentReference>,
}

#[derive(Deserialize)]
pub(super) struct ComponentReference {
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) index: Option<i64>,
    #[serde(default)]
    pub(super) guid: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Properties {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hit {
    #[serde(default)]
    pub(super) rule_id: Option<String>,
    #[serde(default)]
    pub(super) rule_index: Option<i64>,
    #[serde(default)]
    pub(super) rule: Option<Reference>,
    #[serde(default)]
    pub(super) level: Option<Level>,
    #[serde(default)]
    pub(super) kind: Option<Kind>,
    pub(super) message: Message,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) locations: Vec<Location>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) related_locations: Vec<Location>,
    #[serde(default)]
    pub(super) analysis_target: Option<ArtifactLocation>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) stacks: Vec<Stack>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) taxa: Vec<Reference>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) work_item_uris: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) fingerprints: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) partial_fingerprints: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) suppressions: Vec<Suppression>,
    #[serde(default)]
    pub(super) properties: Option<Properties>,
}

#[derive(Deserialize)]
pub(super) struct Suppression {
    #[serde(default)]
    pub(super) status: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) markdown: Option<String>,
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) arguments: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Stack {
    pub(super) frames: Vec<Frame>,
}

#[derive(Deserialize)]
pub(super) struct Frame {
    #[serde(default)]
    pub(super) location: Option<Location>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    #[serde(default)]
    pub(super) physical_location: Option<PhysicalLocation>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) logical_locations: Vec<LogicalLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    #[serde(default)]
    pub(super) artifact_location: Option<ArtifactLocation>,
    #[serde(default)]
    pub(super) region: Option<Region>,
    #[serde(default)]
    pub(super) context_region: Option<Region>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    #[serde(default)]
    pub(super) index: Option<i64>,
    #[serde(default)]
    pub(super) parent_index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifact {
    #[serde(default)]
    pub(super) location: Option<ArtifactLocation>,
    #[serde(default)]
    pub(super) parent_index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    #[serde(default)]
    pub(super) uri: Option<String>,
    #[serde(default)]
    pub(super) uri_base_id: Option<String>,
    #[serde(default)]
    pub(super) index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    #[serde(default)]
    pub(super) start_line: Option<i64>,
    #[serde(default)]
    pub(super) start_column: Option<i64>,
    #[serde(default)]
    pub(super) end_line: Option<i64>,
    #[serde(default)]
    pub(super) end_column: Option<i64>,
    #[serde(default)]
    pub(super) char_length: Option<i64>,
    #[serde(default)]
    pub(super) byte_length: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    #[serde(default)]
    pub(super) start_time_utc: Option<String>,
    #[serde(default)]
    pub(super) end_time_utc: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VersionControl {
    #[serde(default)]
    pub(super) repository_uri: Option<String>,
}
