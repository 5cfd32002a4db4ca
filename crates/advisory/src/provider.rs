//! How a CSAF provider says where its documents are (CSAF 2.0 §7.1): `provider-metadata.json`, folders with
//! `changes.csv` or `index.txt`, and ROLIE feeds.

use serde::Deserialize;

use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::{instant, json};

/// Largest file of these that we read, in bytes.
pub const MAX_PROVIDER_BYTES: usize = 64 << 20;

/// Where a provider's documents are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provider {
    /// Folders, each with a `changes.csv` or an `index.txt`; they end in `/`.
    pub folders: Vec<String>,
    /// ROLIE feeds.
    pub feeds: Vec<String>,
    /// The OpenPGP keys that it signs with.
    pub keys: Vec<KeyOf>,
}

/// An OpenPGP key of a provider. It is where the provider says; whether it is believed is for whoever pins it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct KeyOf {
    /// Its fingerprint in hexadecimal, where that is said.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Where the key is.
    pub url: String,
}

/// One document of a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its address: relative to the folder in a list, whole in a feed.
    pub path: String,
    /// When it last changed, where that is said.
    pub updated: Option<String>,
    /// Where its hash is, where that is said.
    pub hash: Option<String>,
    /// Where its OpenPGP signature is, where that is said.
    pub signature: Option<String>,
}

#[derive(Deserialize)]
struct Metadata {
    canonical_url: String,
    #[serde(default, deserialize_with = "json::null_as_default")]
    distributions: Vec<Distribution>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    public_openpgp_keys: Vec<KeyOf>,
}

#[derive(Deserialize)]
struct Distribution {
    #[serde(default)]
    directory_url: Option<String>,
    #[serde(default)]
    rolie: Option<Rolie>,
}

#[derive(Deserialize)]
struct Rolie {
    #[serde(default, deserialize_with = "json::null_as_default")]
    feeds: Vec<FeedOf>,
}

#[derive(Deserialize)]
struct FeedOf {
    url: String,
    #[serde(default)]
    tlp_label: String,
}

/// Reads a `provider-metadata.json`. Feeds that are not for everybody (`TLP:WHITE`, `TLP:CLEAR`, or unlabelled)
/// are left out.
///
/// # Errors
/// [`ReadError`] with the JSON path.
pub fn read_metadata(bytes: &[u8]) -> Result<Provider, ReadError> {
    let read: Metadata = json::decode(Format::CsafProvider, bytes, MAX_PROVIDER_BYTES)?;
    let mut provider = Provider::default();
    for (at, one) in read.distributions.into_iter().enumerate() {
        if let Some(folder) = one.directory_url {
            let end = if folder.ends_with('/') { "" } else { "/" };
            provider
                .folders
                .push(https(folder + end, &format!("distributions[{at}].directory_url"))?);
        }
        for feed in one.rolie.into_iter().flat_map(|rolie| rolie.feeds) {
            if matches!(feed.tlp_label.as_str(), "" | "WHITE" | "CLEAR" | "UNLABELED") {
                provider.feeds.push(https(feed.url, &format!("distributions[{at}].rolie.feeds"))?);
            }
        }
    }
    for (at, key) in read.public_openpgp_keys.into_iter().enumerate() {
        https(key.url.clone(), &format!("public_openpgp_keys[{at}].url"))?;
        provider.keys.push(key);
    }
    // without either, the documents lie beside it
    if provider.folders.is_empty() && provider.feeds.is_empty() {
        let (folder, _) = read.canonical_url.rsplit_once('/').unwrap_or_default();
        provider.folders.push(https(format!("{folder}/"), "canonical_url")?);
    }
    Ok(provider)
}

fn https(url: String, path: &str) -> Result<String, ReadError> {
    if url.starts_with("https://") {
        return Ok(url);
    }
    let problem = Problem::value(&url, "an address that begins with `https://`");
    Err(ReadError::new(Format::CsafProvider, Place::path(path), problem))
}

/// Reads a `changes.csv`: a path and when it changed in each line.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_changes(bytes: &[u8]) -> Result<Vec<Listed>, ReadError> {
    json::within(Format::CsafProvider, bytes, MAX_PROVIDER_BYTES)?;
    let mut listed = Vec::new();
    let rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    for (at, row) in rows.into_records().enumerate() {
        let refuse = |problem| ReadError::new(Format::CsafProvider, Place::line(at + 1), problem);
        let row = row.map_err(|e| refuse(Problem::Syntax(printable(&e.to_string(), 200))))?;
        let (path, updated) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
        if !instant::is_instant(updated) {
            return Err(refuse(Problem::value(updated, "an RFC 3339 instant")));
        }
        let path = relative(path).map_err(refuse)?;
        listed.push(Listed { path, updated: Some(updated.to_owned()), ..Listed::default() });
    }
    Ok(listed)
}

/// Reads an `index.txt`: a path in each line.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_index(bytes: &[u8]) -> Result<Vec<Listed>, ReadError> {
    json::within(Format::CsafProvider, bytes, MAX_PROVIDER_BYTES)?;
    let mut listed = Vec::new();
    for (line, text) in json::lines(bytes) {
        let refuse = |problem| ReadError::new(Format::CsafProvider, Place::line(line), problem);
        let text = std::str::from_utf8(text).map_err(|_| refuse(Problem::NotUtf8))?;
        let path = relative(text.trim()).map_err(refuse)?;
        listed.push(Listed { path, ..Listed::default() });
    }
    Ok(listed)
}

/// A path below the folder: no address, no way up.
fn relative(path: &str) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+');
    let fits = path.ends_with(".json")
        && path.chars().all(plain)
        && !path.starts_with('/')
        && !path.split('/').any(|part| part.is_empty() || part.starts_with('.'));
    if fits {
        return Ok(path.to_owned());
    }
    Err(Problem::value(path, "the path of a `.json` file below the folder"))
}

#[derive(Deserialize)]
struct Feed {
    feed: Entries,
}

#[derive(Deserialize)]
struct Entries {
    #[serde(default, deserialize_with = "json::null_as_default")]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default, deserialize_with = "json::null_as_default")]
    link: Vec<Link>,
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    updated: Option<String>,
}

#[derive(Deserialize)]
struct Link {
    rel: String,
    href: String,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    src: Option<String>,
}

/// Reads a ROLIE feed.
///
/// # Errors
/// [`ReadError`] with the JSON path.
pub fn read_rolie(bytes: &[u8]) -> Result<Vec<Listed>, ReadError> {
    let read: Feed = json::decode(Format::CsafProvider, bytes, MAX_PROVIDER_BYTES)?;
    let mut listed = Vec::new();
    for (at, entry) in read.feed.entry.into_iter().enumerate() {
        let place = format!("feed.entry[{at}]");
        let link =
            |rel: &str| entry.link.iter().find(|link| link.rel == rel).map(|l| l.href.clone());
        let whole = |url: Option<String>| url.map(|url| https(url, &place)).transpose();
        let source = entry.content.as_ref().and_then(|content| content.src.clone());
        let Some(path) = link("self").or(source) else {
            let problem = Problem::Rule("neither a link `self` nor a `content.src`");
            return Err(ReadError::new(Format::CsafProvider, Place::path(place.clone()), problem));
        };
        listed.push(Listed {
            path: https(path, &place)?,
            updated: entry.updated.clone(),
            hash: whole(link("hash"))?,
            signature: whole(link("signature"))?,
        });
    }
    Ok(listed)
}

/// Whether a hash file (`HEX`, or `HEX  NAME`) is that of these bytes, given their digest in lower-case hexadecimal.
pub fn hash_agrees(file: &[u8], digest: &str) -> bool {
    let told = std::str::from_utf8(file).ok().and_then(|text| text.split_whitespace().next());
    told.is_some_and(|told| told.eq_ignore_ascii_case(digest))
}

#[cfg(test)]
mod tests;
