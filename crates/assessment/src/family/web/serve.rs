//! The site: reads a request, and makes the mistake that it was set up with.

use crate::family::live::{Fetch, Setup, address};

/// A request of HTTP/1.0, as far as the site reads it.
pub(super) struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    /// Header names in lower case.
    headers: Vec<(String, String)>,
}

/// `%41` is `A`, `+` is a space; what is no such sequence stays.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).and_then(|d| std::str::from_utf8(d).ok());
        let coded = pair.filter(|_| *byte == b'%').and_then(|d| u8::from_str_radix(d, 16).ok());
        out.push(coded.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if coded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Request {
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut lines = text.lines();
        let mut words = lines.next()?.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = query.split('&').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((decoded(name), decoded(value)))
        });
        let headers = lines.take_while(|line| !line.trim().is_empty()).filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_lowercase(), value.trim().to_owned()))
        });
        Some(Self {
            method,
            path: decoded(path),
            query: query.collect(),
            headers: headers.collect(),
        })
    }

    fn value(&self, name: &str) -> &str {
        self.query.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

pub(super) fn page(code: u16, body: &str) -> Vec<u8> {
    let word = if code == 200 { "OK" } else { "Refused" };
    format!("HTTP/1.0 {code} {word}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// What the site answers.
pub(in crate::family) fn answer(
    setup: Setup<'_>,
    request: &[u8],
    fetch: Fetch<'_>,
) -> Option<Vec<u8>> {
    let step: u8 = setup.get("step")?.parse().ok()?;
    let (route, name) = (setup.get("route")?, setup.get("name")?);
    let Some(request) = Request::read(request) else { return Some(page(400, "no request\n")) };
    let kind = setup.get("weakness")?;
    if kind == "access" {
        return super::access::answer(setup, step, &request);
    }
    if request.path == setup.get("go").unwrap_or("\n") {
        return Some(redirect(request.value("to")));
    }
    if request.path != route {
        return Some(page(404, "there is nothing here\n"));
    }
    let value = request.value(name);
    match kind {
        "injection" => super::injection::answer(setup, step, value),
        "traversal" => super::traversal::answer(setup, step, value),
        "forgery" => super::forgery::answer(setup, step, value, fetch),
        _ => None,
    }
}

fn redirect(to: &str) -> Vec<u8> {
    let clean: String = to.chars().filter(|c| c.is_ascii_graphic()).collect();
    format!("HTTP/1.0 302 Found\r\nLocation: {clean}\r\n\r\n").into_bytes()
}

/// A service that trusts one neighbour.
pub(in crate::family) fn inner(setup: Setup<'_>, peer: [u8; 4], request: &[u8]) -> Option<Vec<u8>> {
    let (trusted, path) = (address(setup.get("trusted")?)?, setup.get("path")?);
    if peer != trusted {
        return Some(page(403, "not for you\n"));
    }
    let asked = Request::read(request).is_some_and(|r| r.method == "GET" && r.path == path);
    Some(if asked { page(200, setup.get("secret")?) } else { page(404, "there is nothing here\n") })
}

impl Request {
    pub(super) fn at(&self) -> &str {
        &self.path
    }

    pub(super) fn by(&self) -> &str {
        &self.method
    }

    pub(super) fn given(&self, name: &str) -> &str {
        self.value(name)
    }

    pub(super) fn head(&self, name: &str) -> &str {
        self.header(name)
    }
}
