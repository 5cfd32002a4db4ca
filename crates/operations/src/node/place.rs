//! `store.toml` in a node's folder: the bucket that its log is in, when it is not in the folder.
//!
//! ```toml
//! kind = "s3"                                # the one kind there is
//! bucket = "programme-log"
//! prefix = "log.example/programme"           # what all names begin with
//! region = "eu-central-1"
//! endpoint = "https://objects.example"       # AWS's own if left out
//! ```
//!
//! No credentials are in it: they come from the environment. An address without TLS must be of this machine.

use crate::files::{self, Access, FileError};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::Path;
use store::ObjectPlace;

/// The file's name.
pub const FILE: &str = "store.toml";
/// Most bytes of it.
const LIMIT: u64 = 16 << 10;
/// Longest prefix; the names below it have 200 at most, and a server takes 1,024.
const MAX_PREFIX: usize = 512;

/// Why `store.toml` can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not as it must be.
    #[error("store.toml: {0}")]
    Malformed(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    kind: Kind,
    bucket: String,
    prefix: String,
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    S3,
}

/// Reads the file of a node's folder; none when the log is in the folder itself.
///
/// # Errors
/// See [`PlaceError`].
pub fn read(folder: &Path) -> Result<Option<ObjectPlace>, PlaceError> {
    let text = match files::read_text(&folder.join(FILE), LIMIT) {
        Ok(text) => text,
        Err(FileError::System { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    parse(&text).map(Some).map_err(PlaceError::Malformed)
}

/// Writes the file into a node's folder.
///
/// # Errors
/// A place that [`parse`] would refuse, or a folder that can't be written to.
pub fn write(folder: &Path, place: &ObjectPlace) -> Result<(), PlaceError> {
    let text = text(place).map_err(PlaceError::Malformed)?;
    Ok(files::write(&folder.join(FILE), text.as_bytes(), Access::Shared)?)
}

/// The text of the file for a place.
///
/// # Errors
/// What is wrong with the place, in words.
pub fn text(place: &ObjectPlace) -> Result<String, String> {
    let ObjectPlace { bucket, prefix, region, endpoint } = place.clone();
    let table = Table { kind: Kind::S3, bucket, prefix, region, endpoint };
    let text = toml::to_string(&table).map_err(|e| e.to_string())?;
    parse(&text).map(|_| text)
}

/// Reads the text of the file.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str) -> Result<ObjectPlace, String> {
    let table: Table = toml::from_str(text).map_err(|e| e.to_string())?;
    let Table { kind: Kind::S3, bucket, prefix, region, endpoint } = table;
    if !is_bucket(&bucket) {
        return Err(format!(
            "`{bucket}` is no bucket's name: 3 to 63 small letters, digits, dots and hyphens"
        ));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let good = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
    if prefix.len() > MAX_PREFIX || !prefix.split('/').all(good) {
        return Err(format!(
            "`{prefix}` is no prefix: plain names with `/` between, such as `log.example/programme`"
        ));
    }
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if region.is_empty() || region.len() > 64 || !region.chars().all(small) {
        return Err(format!("`{region}` is no region, such as `eu-central-1`"));
    }
    endpoint.as_deref().map_or(Ok(()), address)?;
    Ok(ObjectPlace { bucket, prefix, region, endpoint })
}

fn is_bucket(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| edge(Some(c)) || matches!(c, '.' | '-');
    (3..=63).contains(&name.len())
        && edge(name.chars().next())
        && edge(name.chars().last())
        && name.chars().all(inner)
        && !name.contains("..")
}

/// An address with nothing but a scheme, a host and perhaps a port.
fn address(endpoint: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("`{endpoint}` {why}"));
    let (plain, rest) = match (endpoint.strip_prefix("https://"), endpoint.strip_prefix("http://"))
    {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return wrong("must start with https://"),
    };
    let Some((host, port)) = host_and_port(rest) else {
        return wrong("must be https://, a host and perhaps a port, and nothing more");
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err() || port.starts_with('+')) {
        return wrong("has no port that can be");
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let here = host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    if plain && !here {
        return wrong("has no TLS, which only an address of this machine may lack: use https://");
    }
    Ok(())
}

fn host_and_port(rest: &str) -> Option<(&str, Option<&str>)> {
    if rest.starts_with('[') {
        let (host, after) = rest.split_at_checked(rest.find(']')? + 1)?;
        let inside = host.get(1..host.len() - 1)?;
        inside.parse::<std::net::Ipv6Addr>().ok()?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => after.is_empty().then_some((host, None)),
        };
    }
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let good = !host.is_empty() && host.len() <= 253 && host.chars().all(plain);
    good.then_some((host, port))
}

#[cfg(test)]
mod tests;
