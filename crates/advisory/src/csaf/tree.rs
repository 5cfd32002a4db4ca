//! The product tree of a CSAF document: what its product ids mean.

use serde::Deserialize;
use std::collections::BTreeMap;
use versions::Purl;

use crate::json;

/// How deep a tree of products may be.
const DEPTH: usize = 32;

/// A product tree as its document has it.
#[derive(Default, Deserialize)]
pub(crate) struct Tree {
    #[serde(default, deserialize_with = "json::null_as_default")]
    branches: Vec<Branch>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    full_product_names: Vec<Named>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    category: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    product: Option<Named>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    branches: Vec<Self>,
}

#[derive(Deserialize)]
struct Named {
    product_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    product_identification_helper: Option<Helper>,
}

#[derive(Deserialize)]
struct Helper {
    #[serde(default)]
    cpe: Option<String>,
    #[serde(default)]
    purl: Option<String>,
    /// CSAF 2.1.
    #[serde(default, deserialize_with = "json::null_as_default")]
    purls: Vec<String>,
}

#[derive(Deserialize)]
struct Relationship {
    product_reference: String,
    #[serde(default)]
    relates_to_product_reference: String,
    full_product_name: Named,
}

/// A product as a list of assets has it.
pub(crate) struct Listed<'a> {
    /// Its id in the document.
    pub(crate) id: &'a str,
    /// What it is called.
    pub(crate) name: &'a str,
    /// The version of the branch that it is on, if that is one version.
    pub(crate) version: Option<&'a str>,
    /// Its package URLs as they are written.
    pub(crate) purls: Vec<&'a str>,
}

/// A product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Product {
    /// Its package URLs.
    pub(crate) purls: Vec<Purl>,
    /// Its range of versions as the tree writes it, or that of the branch above it.
    pub(crate) range: Option<String>,
    /// The CPE name of the platform of which it is a part.
    pub(crate) platform: Option<String>,
}

impl Tree {
    /// What each product id names; those without a package URL are left out.
    pub(crate) fn products(&self) -> BTreeMap<String, Product> {
        let (mut all, mut platforms) = (BTreeMap::new(), BTreeMap::new());
        let mut note = |named: &Named, range: Option<&str>| {
            let helper = named.product_identification_helper.as_ref();
            if let Some(cpe) = helper.and_then(|helper| helper.cpe.as_ref()) {
                platforms.insert(named.product_id.clone(), cpe.clone());
            }
            let range = range.map(str::to_owned);
            let product = Product { purls: named.purls(), range, platform: None };
            all.insert(named.product_id.clone(), product);
        };
        self.full_product_names.iter().for_each(|named| note(named, None));
        let mut open: Vec<(usize, Option<&str>, &Branch)> =
            self.branches.iter().map(|branch| (1, None, branch)).collect();
        while let Some((depth, above, branch)) = open.pop() {
            let own = (branch.category == "product_version_range").then_some(branch.name.as_str());
            let range = own.or(above);
            branch.product.iter().for_each(|named| note(named, range));
            if depth < DEPTH {
                open.extend(branch.branches.iter().map(|below| (depth + 1, range, below)));
            }
        }
        // a part of a platform is that part
        for relation in &self.relationships {
            let mut part: Product =
                all.get(&relation.product_reference).cloned().unwrap_or_default();
            let own = relation.full_product_name.purls();
            if !own.is_empty() {
                part.purls = own;
            }
            let platform = platforms.get(&relation.relates_to_product_reference).cloned();
            part.platform = platform.or(part.platform);
            all.insert(relation.full_product_name.product_id.clone(), part);
        }
        all.retain(|_, product| !product.purls.is_empty());
        all
    }
}

impl Tree {
    /// Every product, in the order of the document; a part of a platform once, as the part.
    pub(crate) fn listed(&self) -> Vec<Listed<'_>> {
        let mut all: Vec<_> = self.full_product_names.iter().map(|one| one.listed(None)).collect();
        let mut open: Vec<(usize, Option<&str>, &Branch)> =
            self.branches.iter().rev().map(|branch| (1, None, branch)).collect();
        while let Some((depth, above, branch)) = open.pop() {
            let own = (branch.category == "product_version").then_some(branch.name.as_str());
            let version = own.or(above);
            all.extend(branch.product.iter().map(|named| named.listed(version)));
            if depth < DEPTH {
                open.extend(branch.branches.iter().rev().map(|below| (depth + 1, version, below)));
            }
        }
        all
    }
}

impl Named {
    fn purls(&self) -> Vec<Purl> {
        self.texts().filter_map(|text| Purl::parse_lenient(text).ok()).collect()
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let helper = self.product_identification_helper.iter();
        helper.flat_map(|helper| helper.purl.iter().chain(&helper.purls)).map(String::as_str)
    }

    fn listed<'a>(&'a self, version: Option<&'a str>) -> Listed<'a> {
        let (id, name) = (self.product_id.as_str(), self.name.as_str());
        Listed { id, name, version, purls: self.texts().collect() }
    }
}
