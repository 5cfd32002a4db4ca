//! A list of assets in the form of CSAF: a document with a product tree and without vulnerabilities.
//!
//! Each product counts with its package URL; one without is listed as of an unknown kind. What lists vulnerabilities is an
//! advisory, and refused: what is affected somewhere is not what is installed here.

use super::{Component, Inventory, MAX_DOCUMENT_BYTES, bounded};
use crate::csaf::Document;
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

/// Reads a list of assets.
///
/// # Errors
/// [`ReadError`] with the JSON path.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let document: Document = json::decode(Format::Csaf, bytes, MAX_DOCUMENT_BYTES)?;
    let refused = |place: &Place, problem| ReadError::new(Format::Csaf, place.clone(), problem);
    if !document.vulnerabilities.is_empty() {
        let rule = "it is an advisory and no list of assets; give it to `--feeds`, or what it says of your own products to `--vex`";
        return Err(refused(&Place::path("vulnerabilities"), Problem::Rule(rule)));
    }
    let mut components = Vec::new();
    for product in document.product_tree.listed() {
        let place =
            Place::path(format!("product_tree ({})", crate::error::printable(product.id, 80)));
        for purl in &product.purls {
            let component = Component::of_purl(purl, product.version, place.clone());
            components.push(component.map_err(|problem| refused(&place, problem))?);
        }
        if product.purls.is_empty() {
            let name = if product.name.is_empty() { product.id } else { product.name };
            components.push(Component::unknown(name, product.version, place));
        }
        bounded(Format::Csaf, &components)?;
    }
    if components.is_empty() {
        let rule = "the product tree names no product";
        return Err(refused(&Place::path("product_tree"), Problem::Rule(rule)));
    }
    Ok(Inventory { format: Format::Csaf, components })
}

#[cfg(test)]
mod tests {
    //! What counts as an asset.
    use crate::inventory::read;

    const HEAD: &str = r#""document":{"category":"csaf_base","title":"Ward 3","tracking":{"id":"assets-1","current_release_date":"2026-11-01T00:00:00Z"}}"#;

    #[test]
    fn products_are_components() {
        let text = format!(
            r#"{{{HEAD},"product_tree":{{"branches":[{{"category":"vendor","name":"v","branches":[
            {{"category":"product_version","name":"7.0.0","product":{{"product_id":"P-1","name":"pillow 7",
            "product_identification_helper":{{"purl":"pkg:pypi/pillow"}}}}}},
            {{"category":"product_name","name":"pump","product":{{"product_id":"P-2","name":"infusion pump"}}}}]}}],
            "full_product_names":[{{"product_id":"P-3","name":"curl","product_identification_helper":
            {{"purl":"pkg:deb/debian/curl@7.88.1-10?distro=debian-12"}}}}]}}}}"#
        );
        let read = read("ward3.json", text.as_bytes()).unwrap();
        let short: Vec<_> = read
            .components
            .iter()
            .map(|one| (one.name.as_str(), one.version.as_deref(), one.ecosystem.is_some()))
            .collect();
        assert_eq!(
            short,
            [
                ("curl", Some("7.88.1-10"), true),
                ("pillow", Some("7.0.0"), true),
                ("infusion pump", None, false)
            ]
        );
    }

    #[test]
    fn an_advisory_is_no_list_of_assets() {
        let check = |rest: &str, at: &str| {
            let error = read("x.json", format!("{{{HEAD},{rest}}}").as_bytes()).unwrap_err();
            let shown = error.to_string();
            assert!(shown.contains(at), "{rest}: {shown}");
        };
        check(r#""product_tree":{},"vulnerabilities":[{"cve":"CVE-2026-1"}]"#, "advisory");
        check(r#""product_tree":{}"#, "names no product");
        let purl = r#"{"purl":"pkg:"}"#;
        check(
            &format!(
                r#""product_tree":{{"full_product_names":[{{"product_id":"P","name":"x","product_identification_helper":{purl}}}]}}"#
            ),
            "pkg:",
        );
    }
}
