//! The ladder of tiers: what each gives, how an organisation is verified for it, and the words of the form.

use access::Endpoint;
use domain::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most days of a standing: a year, then somebody looks again.
const DAYS: u64 = 366;

/// The ladder, read and checked.
#[derive(Debug, Clone, Serialize)]
pub struct Ladder {
    /// SHA-256 of its text.
    pub digest: Digest,
    /// Its tiers, the first for everybody.
    pub tiers: Vec<Step>,
    /// How an organisation is verified.
    pub methods: Vec<Method>,
    /// Sectors that an application can name.
    pub sectors: Vec<String>,
    /// Sizes, by staff, that an application can name.
    pub sizes: Vec<String>,
}

/// One tier.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it means, in plain words.
    pub explains: String,
    /// The endpoints of a model; none where it gives findings and patches.
    #[serde(skip)]
    pub endpoints: Option<BTreeSet<Endpoint>>,
    /// What it gives, in a word.
    pub gives: String,
    /// Tokens of one grant; 0 where it gives no model.
    pub tokens_per_grant: u64,
    /// Days of a standing.
    pub days: u64,
    /// The methods that it takes.
    pub verified_by: Vec<String>,
}

/// One way to verify.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// What somebody does.
    pub how: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderFile {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "citation")]
    _citation: String,
    #[serde(rename = "url")]
    _url: Option<String>,
    #[serde(rename = "retrieved")]
    _retrieved: Option<String>,
    #[serde(rename = "source")]
    _source: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    tier: Vec<TierFile>,
    method: Vec<Method>,
    sector: Vec<Named>,
    size: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TierFile {
    name: String,
    title: String,
    gives: String,
    endpoints: Option<BTreeSet<String>>,
    tokens_per_grant: Option<u64>,
    days: u64,
    verified_by: Vec<String>,
    explains: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

impl TierFile {
    fn read(self) -> Result<Step, String> {
        let name = self.name;
        let endpoints = match (self.gives.as_str(), self.endpoints, self.tokens_per_grant) {
            ("findings-and-patches", None, None) => None,
            ("findings-and-patches", ..) => {
                return Err(format!(
                    "tier `{name}` gives no model, so it has no endpoints or tokens"
                ));
            }
            ("model", Some(names), Some(1..)) if !names.is_empty() => {
                let endpoints = names.iter().map(|name| name.parse::<Endpoint>());
                Some(endpoints.collect::<Result<_, _>>()?)
            }
            ("model", ..) => {
                return Err(format!(
                    "tier `{name}` gives a model: say `endpoints` and `tokens-per-grant`"
                ));
            }
            (other, ..) => {
                return Err(format!(
                    "tier `{name}`: `{other}` is not `findings-and-patches` or `model`"
                ));
            }
        };
        if !(1..=DAYS).contains(&self.days) {
            return Err(format!("tier `{name}`: {} days; 1 to {DAYS}", self.days));
        }
        Ok(Step {
            name,
            title: self.title,
            explains: self.explains,
            endpoints,
            gives: self.gives,
            tokens_per_grant: self.tokens_per_grant.unwrap_or(0),
            days: self.days,
            verified_by: self.verified_by,
        })
    }
}

impl Ladder {
    /// The ladder that ships with the program.
    ///
    /// # Errors
    /// Never for the shipped text; a test reads it.
    pub fn shipped() -> Result<Self, String> {
        Self::read(crate::rules::DEFENDER_TIERS)
    }

    /// Reads a ladder, strictly.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: LadderFile = toml::from_str(text).map_err(|e| e.to_string())?;
        let tiers = file.tier.into_iter().map(TierFile::read).collect::<Result<Vec<_>, _>>()?;
        let names = |all: Vec<Named>| all.into_iter().map(|named| named.name).collect();
        let ladder = Self {
            digest: Digest::of(text.as_bytes()),
            tiers,
            methods: file.method,
            sectors: names(file.sector),
            sizes: names(file.size),
        };
        let Some(first) = ladder.tiers.first() else { return Err("there is no tier".to_owned()) };
        if first.endpoints.is_some() {
            return Err(format!(
                "the first tier is for everybody and gives no model; `{}` does",
                first.name
            ));
        }
        let distinct: BTreeSet<_> = ladder.tiers.iter().map(|tier| &tier.name).collect();
        if distinct.len() != ladder.tiers.len() {
            return Err("a tier is there twice".to_owned());
        }
        for tier in &ladder.tiers {
            if tier.verified_by.is_empty() {
                return Err(format!("tier `{}` takes no way to verify", tier.name));
            }
            for method in &tier.verified_by {
                ladder.method(method)?;
            }
        }
        Ok(ladder)
    }

    /// A tier by name.
    ///
    /// # Errors
    /// An unknown one, with those there are.
    pub fn step(&self, name: &str) -> Result<&Step, String> {
        let known = || self.tiers.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
        let found = self.tiers.iter().find(|tier| tier.name == name);
        found.ok_or_else(|| none("tier", name, &known()))
    }

    /// A way to verify, by name.
    ///
    /// # Errors
    /// An unknown one, with those there are.
    pub fn method(&self, name: &str) -> Result<&Method, String> {
        let known = || self.methods.iter().map(|m| m.name.clone()).collect::<Vec<_>>();
        let found = self.methods.iter().find(|method| method.name == name);
        found.ok_or_else(|| none("way to verify", name, &known()))
    }
}

pub(super) fn none(what: &str, given: &str, known: &[String]) -> String {
    let given: String = given.chars().take(80).collect();
    format!("there is no {what} `{given}`; there are: {}", known.join(", "))
}
