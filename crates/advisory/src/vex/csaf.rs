//! CSAF: the state of products, with the product tree that says what their ids mean.

use serde::Deserialize;
use std::collections::BTreeMap;
use versions::Purl;

use super::{MAX_VEX_BYTES, Statement, Status, reason};
use crate::csaf::Tree;
use crate::error::{Format, ReadError};
use crate::json;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    product_tree: Option<Tree>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    vulnerabilities: Vec<Flaw>,
}

#[derive(Deserialize)]
struct Flaw {
    #[serde(default)]
    cve: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    ids: Vec<Id>,
    #[serde(default)]
    product_status: Option<States>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    flags: Vec<Flag>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    threats: Vec<Threat>,
}

#[derive(Deserialize)]
struct Id {
    text: String,
}

#[derive(Deserialize)]
struct States {
    #[serde(default, deserialize_with = "json::null_as_default")]
    known_not_affected: Vec<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    known_affected: Vec<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    fixed: Vec<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    first_fixed: Vec<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    under_investigation: Vec<String>,
}

#[derive(Deserialize)]
struct Flag {
    label: String,
    #[serde(default, deserialize_with = "json::null_as_default")]
    product_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Threat {
    category: String,
    details: String,
    #[serde(default, deserialize_with = "json::null_as_default")]
    product_ids: Vec<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Statement>, ReadError> {
    let document: Document = json::decode(Format::Vex, bytes, MAX_VEX_BYTES)?;
    let products: BTreeMap<_, _> = document
        .product_tree
        .unwrap_or_default()
        .products()
        .into_iter()
        .map(|(id, product)| (id, product.purls))
        .collect();
    Ok(document.vulnerabilities.iter().flat_map(|flaw| statements(flaw, &products)).collect())
}

fn statements(flaw: &Flaw, products: &BTreeMap<String, Vec<Purl>>) -> Vec<Statement> {
    let Some(states) = &flaw.product_status else { return Vec::new() };
    let ids: Vec<String> =
        flaw.cve.iter().chain(flaw.ids.iter().map(|id| &id.text)).cloned().collect();
    let lists = [
        (Status::NotAffected, &states.known_not_affected),
        (Status::Affected, &states.known_affected),
        (Status::Fixed, &states.fixed),
        (Status::Fixed, &states.first_fixed),
        (Status::UnderInvestigation, &states.under_investigation),
    ];
    let mut all = Vec::new();
    for (status, list) in lists {
        // products with one reason make one statement
        let mut by_reason: BTreeMap<Option<String>, Vec<Purl>> = BTreeMap::new();
        for product in list {
            let Some(purls) = products.get(product) else { continue };
            let why = if status == Status::NotAffected { why(flaw, product) } else { None };
            by_reason.entry(why).or_default().extend(purls.iter().cloned());
        }
        all.extend(by_reason.into_iter().map(|(reason, products)| Statement {
            ids: ids.clone(),
            products,
            status,
            reason,
        }));
    }
    all
}

/// The flag and the impact statement of a product; those that name no product are of all.
fn why(flaw: &Flaw, product: &str) -> Option<String> {
    let of = |ids: &[String]| ids.is_empty() || ids.iter().any(|id| id == product);
    let flag = flaw.flags.iter().find(|flag| of(&flag.product_ids));
    let impact =
        flaw.threats.iter().find(|threat| threat.category == "impact" && of(&threat.product_ids));
    reason(flag.map(|flag| flag.label.as_str()), impact.map(|threat| threat.details.as_str()))
}
