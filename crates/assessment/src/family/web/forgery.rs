//! A page that fetches what it is told to: server-side request forgery.

use super::serve::{decoded, page};
use crate::family::live::{Fetch, Setup, address};

/// A place: host, port, path.
type Place = (String, u16, String);

pub(super) fn answer(setup: Setup<'_>, step: u8, url: &str, fetch: Fetch<'_>) -> Option<Vec<u8>> {
    let (own, inner) = (setup.get("own")?, setup.get("inner")?);
    if !allowed(step, url, own, inner) {
        return Some(page(400, "that is not allowed\n"));
    }
    let mut url = url.to_owned();
    for _ in 0..3 {
        let Some((host, port, path)) = place(&url) else {
            return Some(page(400, "no address\n"));
        };
        // its own pages need no network
        if host == own {
            match setup.get("go").and_then(|go| path.strip_prefix(go)?.strip_prefix("?to=")) {
                Some(to) => {
                    url = decoded(to);
                    continue;
                }
                None => return Some(page(200, "the front page\n")),
            }
        }
        let said = number(&host).and_then(|address| {
            fetch(address, port, format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes())
        });
        let body = said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        return Some(match body.as_deref().and_then(|text| text.split_once("\r\n\r\n")) {
            Some((_, body)) => page(200, body),
            None => page(502, "nobody answers\n"),
        });
    }
    Some(page(508, "too many turns\n"))
}

/// The filter of this dial.
fn allowed(step: u8, url: &str, own: &str, inner: &str) -> bool {
    let prefix = format!("http://{own}");
    match step {
        1 => true,
        2 => !url.contains(inner),
        3 => url.starts_with(&prefix),
        4 => url.starts_with(&prefix) && !url.contains(inner),
        // the host itself is compared, once
        _ => place(url).is_some_and(|(host, ..)| host == own) && !url.contains(inner),
    }
}

/// `http://NAME@HOST:PORT/PATH`, the name being nobody's affair.
fn place(url: &str) -> Option<Place> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next()?;
    let (host, port) = match host.split_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (host, 80),
    };
    Some((host.to_owned(), port, format!("/{path}")))
}

/// An address in four numbers, or in one.
fn number(host: &str) -> Option<[u8; 4]> {
    let whole = || host.parse::<u32>().ok().map(u32::to_be_bytes);
    address(host).or_else(whole)
}
