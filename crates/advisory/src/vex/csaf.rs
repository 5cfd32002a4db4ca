//! CSAF: the state of products, with the product tree that says what their ids mean.

use serde::Deserialize;
use std::collections::BTreeMap;
use versions::Purl;

use super::{MAX_VEX_BYTES, Statement, Status, reason};
use crate::error::{Format, ReadError};
use crate::json;

/// How deep a tree of products may be.
const DEPTH: usize = 32;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    product_tree: Option<Tree>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    vulnerabilities: Vec<Flaw>,
}

#[derive(Default, Deserialize)]
struct Tree {
    #[serde(default, deserialize_with = "json::null_as_default")]
    branches: Vec<Branch>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    full_product_names: Vec<Product>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    product: Option<Product>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    branches: Vec<Self>,
}

#[derive(Deserialize)]
struct Product {
    product_id: String,
    #[serde(default)]
    product_identification_helper: Option<Helper>,
}

#[derive(Deserialize)]
struct Helper {
    #[serde(default)]
    purl: Option<String>,
    /// CSAF 2.1.
    #[serde(default, deserialize_with = "json::null_as_default")]
    purls: Vec<String>,
}

#[derive(Deserialize)]
struct Relationship {
    product_reference: String,
    full_product_name: Product,
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
    let products = products(&document.product_tree.unwrap_or_default());
    Ok(document.vulnerabilities.iter().flat_map(|flaw| statements(flaw, &products)).collect())
}

/// What each product id names.
fn products(tree: &Tree) -> BTreeMap<String, Vec<Purl>> {
    let mut all = BTreeMap::new();
    let mut note = |product: &Product| {
        let purls = product.purls();
        if !purls.is_empty() {
            all.insert(product.product_id.clone(), purls);
        }
    };
    tree.full_product_names.iter().for_each(&mut note);
    let mut open: Vec<(usize, &Branch)> = tree.branches.iter().map(|branch| (1, branch)).collect();
    while let Some((depth, branch)) = open.pop() {
        branch.product.iter().for_each(&mut note);
        if depth < DEPTH {
            open.extend(branch.branches.iter().map(|below| (depth + 1, below)));
        }
    }
    // a part of a platform is that part
    for relation in &tree.relationships {
        let own = relation.full_product_name.purls();
        let part = all.get(&relation.product_reference).cloned().unwrap_or_default();
        let purls = if own.is_empty() { part } else { own };
        if !purls.is_empty() {
            all.insert(relation.full_product_name.product_id.clone(), purls);
        }
    }
    all
}

impl Product {
    fn purls(&self) -> Vec<Purl> {
        let helper = self.product_identification_helper.iter();
        let texts = helper.flat_map(|helper| helper.purl.iter().chain(&helper.purls));
        texts.filter_map(|text| Purl::parse_lenient(text).ok()).collect()
    }
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
