//! CSAF: the state of products, with the product tree that says what their ids mean.

use std::collections::BTreeMap;
use versions::Purl;

use super::{MAX_VEX_BYTES, Statement, Status, reason};
use crate::csaf::{Document, Flaw};
use crate::error::{Format, ReadError};
use crate::json;

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Statement>, ReadError> {
    let document: Document = json::decode(Format::Vex, bytes, MAX_VEX_BYTES)?;
    let products = document.product_tree.products().into_iter();
    let products: BTreeMap<_, _> = products.map(|(id, product)| (id, product.purls)).collect();
    Ok(document.vulnerabilities.iter().flat_map(|flaw| statements(flaw, &products)).collect())
}

fn statements(flaw: &Flaw, products: &BTreeMap<String, Vec<Purl>>) -> Vec<Statement> {
    let states = &flaw.product_status;
    let ids: Vec<String> = flaw.cve.iter().chain(flaw.ids()).cloned().collect();
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
