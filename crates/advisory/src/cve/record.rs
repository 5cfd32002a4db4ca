//! A CVE record (CVE JSON 5), as far as we read it: what it says of packages, and how it is assessed.

use serde::Deserialize;

use crate::error::{Format, Place, Problem, ReadError};
use crate::{cve, json};

/// Largest record we read, in bytes.
pub const MAX_CVE_BYTES: usize = 16 << 20;

/// A record; ask it for [`Record::packages`] and [`Record::assessment`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub(crate) cve_metadata: Metadata,
    #[serde(default)]
    pub(crate) containers: Containers,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) cve_id: String,
    state: String,
    #[serde(default)]
    pub(crate) date_updated: Option<String>,
    #[serde(default)]
    pub(crate) date_published: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Containers {
    #[serde(default)]
    pub(crate) cna: Container,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) adp: Vec<Container>,
}

/// What one publisher says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Container {
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) affected: Vec<Product>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) metrics: Vec<Metric>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) problem_types: Vec<ProblemType>,
    #[serde(default)]
    pub(crate) provider_metadata: Provider,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Product {
    #[serde(default, rename = "packageURL")]
    pub(crate) package_url: Option<String>,
    #[serde(default, rename = "collectionURL")]
    pub(crate) collection_url: Option<String>,
    #[serde(default)]
    pub(crate) package_name: Option<String>,
    #[serde(default)]
    pub(crate) default_status: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) versions: Vec<Version>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    #[serde(default)]
    pub(crate) version: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) less_than: Option<String>,
    #[serde(default)]
    pub(crate) less_than_or_equal: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Change {
    pub(crate) at: String,
    pub(crate) status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Provider {
    #[serde(default)]
    pub(crate) short_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Metric {
    #[serde(default, rename = "cvssV4_0")]
    pub(crate) v4_0: Option<Score>,
    #[serde(default, rename = "cvssV3_1")]
    pub(crate) v3_1: Option<Score>,
    #[serde(default, rename = "cvssV3_0")]
    pub(crate) v3_0: Option<Score>,
    #[serde(default, rename = "cvssV2_0")]
    pub(crate) v2_0: Option<Score>,
    #[serde(default)]
    pub(crate) other: Option<Other>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Score {
    pub(crate) vector_string: String,
    pub(crate) base_score: f64,
}

/// A metric that the CVE format does not define; its content is of any shape.
#[derive(Debug, Deserialize)]
pub(crate) struct Other {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) content: serde_json::Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemType {
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) descriptions: Vec<Description>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Description {
    #[serde(default)]
    pub(crate) cwe_id: Option<String>,
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// [`ReadError`] with the JSON path.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let record: Self = json::decode(Format::Cve, bytes, MAX_CVE_BYTES)?;
        let id = &record.cve_metadata.cve_id;
        if cve::is_id(id) {
            return Ok(record);
        }
        let place = Place::path("cveMetadata.cveId");
        Err(ReadError::new(Format::Cve, place, Problem::value(id, "a CVE identifier")))
    }

    /// Whether the CVE was rejected; it then matches nothing.
    pub(crate) fn is_rejected(&self) -> bool {
        self.cve_metadata.state.eq_ignore_ascii_case("REJECTED")
    }
}
