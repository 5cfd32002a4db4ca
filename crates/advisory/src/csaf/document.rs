//! A CSAF document, as far as we read it: for advisories and for VEX alike.

use serde::Deserialize;

use super::tree::Tree;
use crate::json;

/// A document.
#[derive(Deserialize)]
pub(crate) struct Document {
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) document: Head,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) product_tree: Tree,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) vulnerabilities: Vec<Flaw>,
}

/// What it is about. What supplies VEX alone often leaves this out.
#[derive(Default, Deserialize)]
pub(crate) struct Head {
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) tracking: Option<Tracking>,
}

/// Its id and its days.
#[derive(Deserialize)]
pub(crate) struct Tracking {
    pub(crate) id: String,
    pub(crate) current_release_date: String,
    #[serde(default)]
    pub(crate) initial_release_date: Option<String>,
}

/// A vulnerability.
#[derive(Deserialize)]
pub(crate) struct Flaw {
    #[serde(default)]
    pub(crate) cve: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    ids: Vec<Id>,
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) product_status: States,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) flags: Vec<Flag>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) threats: Vec<Threat>,
}

#[derive(Deserialize)]
struct Id {
    text: String,
}

/// Product ids by what is said of them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct States {
    #[serde(deserialize_with = "json::null_as_default")]
    pub(crate) first_affected: Vec<String>,
    #[serde(deserialize_with = "json::null_as_default")]
    pub(crate) known_affected: Vec<String>,
    #[serde(deserialize_with = "json::null_as_default")]
    pub(crate) last_affected: Vec<String>,
    #[serde(deserialize_with = "json::null_as_default")]
    pub(crate) first_fixed: Vec<String>,
    #[serde(deserialize_with = "json::null_as_default")]
    pub(crate) fixed: Vec<String>,
    #[serde(deserialize_with = "json::null_as_default")]
    pub(crate) known_not_affected: Vec<String>,
    #[serde(deserialize_with = "json::null_as_default")]
    pub(crate) under_investigation: Vec<String>,
}

/// A word of the standard's list why products are not affected.
#[derive(Deserialize)]
pub(crate) struct Flag {
    pub(crate) label: String,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) product_ids: Vec<String>,
}

/// What a flaw means for products, in a sentence.
#[derive(Deserialize)]
pub(crate) struct Threat {
    pub(crate) category: String,
    pub(crate) details: String,
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub(crate) product_ids: Vec<String>,
}

impl Flaw {
    /// Ids of trackers, as written.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &String> {
        self.ids.iter().map(|id| &id.text)
    }
}
