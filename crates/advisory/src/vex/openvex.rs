//! OpenVEX 0.2.0 (openvex.dev), and the names of flaws as 0.0.1 wrote them.

use serde::Deserialize;
use versions::Purl;

use super::{MAX_VEX_BYTES, Statement, Status, reason};
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

#[derive(Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "json::null_as_default")]
    statements: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    vulnerability: Flaw,
    #[serde(default, deserialize_with = "json::null_as_default")]
    products: Vec<Product>,
    status: String,
    #[serde(default)]
    justification: Option<String>,
    #[serde(default)]
    impact_statement: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Flaw {
    Name(String),
    Object {
        #[serde(default)]
        name: Option<String>,
        #[serde(default, deserialize_with = "json::null_as_default")]
        aliases: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Product {
    Id(String),
    Object(Parts),
}

#[derive(Deserialize)]
struct Parts {
    #[serde(default, rename = "@id")]
    id: Option<String>,
    #[serde(default)]
    identifiers: Option<Identifiers>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    subcomponents: Vec<Self>,
}

#[derive(Deserialize)]
struct Identifiers {
    #[serde(default)]
    purl: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Statement>, ReadError> {
    let document: Document = json::decode(Format::Vex, bytes, MAX_VEX_BYTES)?;
    document.statements.iter().enumerate().map(|(at, said)| statement(at, said)).collect()
}

fn statement(at: usize, said: &Said) -> Result<Statement, ReadError> {
    let status = match said.status.as_str() {
        "not_affected" => Status::NotAffected,
        "affected" => Status::Affected,
        "fixed" => Status::Fixed,
        "under_investigation" => Status::UnderInvestigation,
        other => {
            let problem = Problem::value(other, "a status of OpenVEX");
            let place = Place::path(format!("statements[{at}].status"));
            return Err(ReadError::new(Format::Vex, place, problem));
        }
    };
    let ids = match &said.vulnerability {
        Flaw::Name(name) => vec![name.clone()],
        Flaw::Object { name, aliases } => name.iter().chain(aliases).cloned().collect(),
    };
    let mut products = Vec::new();
    for product in &said.products {
        match product {
            Product::Id(id) => products.extend(purl(id)),
            // where parts are named, the statement is about them
            Product::Object(whole) if !whole.subcomponents.is_empty() => {
                products.extend(whole.subcomponents.iter().filter_map(Parts::purl));
            }
            Product::Object(whole) => products.extend(whole.purl()),
        }
    }
    let reason = reason(said.justification.as_deref(), said.impact_statement.as_deref());
    Ok(Statement { ids, products, status, reason })
}

impl Parts {
    fn purl(&self) -> Option<Purl> {
        let named = self.identifiers.as_ref().and_then(|all| all.purl.as_deref());
        named.or(self.id.as_deref()).and_then(purl)
    }
}

/// An id that is a package URL; other names of products match nothing of an inventory.
fn purl(text: &str) -> Option<Purl> {
    Purl::parse_lenient(text).ok()
}
