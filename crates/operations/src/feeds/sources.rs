//! From where feeds are fetched: the shipped list, or one of a mirror.

use super::fetch::FetchError;
use crate::rules;
use serde::Deserialize;

/// What a source publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Kev,
    Epss,
    Vulnrichment,
    Osv,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    kind: Kind,
    name: String,
    url: String,
    megabytes: usize,
}

/// A list of sources.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "fields for people who read the file; they must be there")]
pub struct Sources {
    version: String,
    retrieved: String,
    source: Vec<Source>,
}

/// One file to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// What it is called here; the name says what is in it.
    pub(super) name: String,
    pub(super) url: String,
    /// Most bytes that are read.
    pub(super) limit: usize,
}

impl Sources {
    /// The shipped list.
    ///
    /// # Panics
    /// Never for the file as shipped; a test holds that.
    pub fn shipped() -> Self {
        Self::read(rules::FEEDS).expect("the shipped file reads")
    }

    /// Reads a list.
    ///
    /// # Errors
    /// [`FetchError::Sources`] with the place.
    pub fn read(text: &str) -> Result<Self, FetchError> {
        let wrong = |reason: String| FetchError::Sources { reason };
        let read: Self = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        for source in &read.source {
            let starts: &[&str] = match source.kind {
                Kind::Kev => &["kev"],
                Kind::Epss => &["epss"],
                Kind::Vulnrichment => &["ssvc", "vulnrichment"],
                Kind::Osv => &["osv"],
            };
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._{}".contains(c);
            if !source.name.chars().all(plain) || !starts.iter().any(|s| source.name.starts_with(s))
            {
                return Err(wrong(format!(
                    "`{}` must begin with {}",
                    source.name,
                    starts.join(" or ")
                )));
            }
        }
        Ok(read)
    }

    /// What to fetch for these ecosystems.
    pub(super) fn wanted(&self, ecosystems: &[String]) -> Result<Vec<Wanted>, FetchError> {
        let mut all = Vec::new();
        for source in &self.source {
            let one =
                |name: String, url: String| Wanted { name, url, limit: source.megabytes << 20 };
            if source.kind != Kind::Osv {
                all.push(one(source.name.clone(), source.url.clone()));
                continue;
            }
            for ecosystem in ecosystems {
                let plain = |c: char| c.is_ascii_alphanumeric() || " .:-".contains(c);
                if ecosystem.is_empty() || !ecosystem.chars().all(plain) {
                    let reason = format!("`{ecosystem}` is not the name of an ecosystem");
                    return Err(FetchError::Sources { reason });
                }
                let file = ecosystem.replace([' ', ':'], "-");
                let url = source.url.replace("{ecosystem}", &ecosystem.replace(' ', "%20"));
                all.push(one(source.name.replace("{ecosystem}", &file), url));
            }
        }
        Ok(all)
    }
}
