//! Reads a version store and finds the credential that was not revoked, from the store alone.

use crate::family::text::unhex;
use std::collections::{BTreeMap, BTreeSet};

/// Most differences that are followed to the first version of a file.
const DEEP: usize = 200;

/// An object: what follows its name, and its lines.
struct Object<'a> {
    kind: &'a str,
    lines: Vec<&'a str>,
}

/// Objects by name.
type Objects<'a> = BTreeMap<&'a str, Object<'a>>;

/// A credential's name and secret.
type Credential = (String, String);

/// `COMMIT:NAME:SECRET` of the credential that was not revoked. Without `able`, neither differences nor
/// credentials in two files are understood.
pub(super) fn answer(text: &str, revoked: &str, able: bool) -> Option<String> {
    let objects = read(text)?;
    if !able && objects.values().any(|o| o.kind.starts_with("blob from ")) {
        return None;
    }
    let mut commits = BTreeMap::new();
    for (id, object) in objects.iter().filter(|(_, o)| o.kind == "commit") {
        commits.insert(*id, files(&objects, object)?);
    }
    let keys: BTreeMap<&str, Vec<u8>> = commits
        .values()
        .flatten()
        .filter_map(|(path, text)| {
            let name = path.strip_prefix("keys/")?.strip_suffix(".key")?;
            Some((name, unhex(text.trim())?))
        })
        .collect();
    let held: BTreeMap<&str, BTreeSet<Credential>> =
        commits.iter().map(|(id, files)| (*id, credentials(files, &keys))).collect();
    let revoked: BTreeSet<&str> = revoked.lines().collect();
    for (id, credentials) in &held {
        let parent = objects.get(id)?.lines.iter().find_map(|l| l.strip_prefix("parent "));
        let before = parent.and_then(|p| held.get(p));
        for credential in credentials {
            let known = before.is_some_and(|b| b.contains(credential));
            let (name, secret) = credential;
            if !known && !revoked.contains(name.as_str()) {
                return Some(format!("{id}:{name}:{secret}"));
            }
        }
    }
    None
}

fn read(text: &str) -> Option<Objects<'_>> {
    let mut objects = Objects::new();
    let mut last = None;
    for line in text.lines() {
        if let Some(line) = line.strip_prefix('|') {
            objects.get_mut(last?)?.lines.push(line);
        } else if let Some(rest) = line.strip_prefix("object ") {
            let (id, kind) = rest.split_once(' ')?;
            objects.insert(id, Object { kind, lines: Vec::new() });
            last = Some(id);
        }
    }
    last.map(|_| objects)
}

/// The texts of a commit's files by path.
fn files<'a>(objects: &Objects<'a>, commit: &Object<'a>) -> Option<BTreeMap<&'a str, String>> {
    let tree = commit.lines.iter().find_map(|l| l.strip_prefix("tree "))?;
    let entries = objects.get(tree)?.lines.iter().map(|line| {
        let (id, path) = line.strip_prefix("blob ")?.split_once(' ')?;
        Some((path, String::from_utf8(blob(objects, id, 0)?).ok()?))
    });
    entries.collect()
}

fn blob(objects: &Objects<'_>, id: &str, depth: usize) -> Option<Vec<u8>> {
    let object = objects.get(id).filter(|_| depth < DEEP)?;
    let Some(base) = object.kind.strip_prefix("blob from ") else {
        let lines = object.lines.iter();
        return Some(lines.flat_map(|l| l.bytes().chain([b'\n'])).collect());
    };
    let base = blob(objects, base, depth + 1)?;
    let mut out = Vec::new();
    for line in &object.lines {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["copy", at, n] => {
                let (at, n): (usize, usize) = (at.parse().ok()?, n.parse().ok()?);
                out.extend_from_slice(base.get(at..at.checked_add(n)?)?);
            }
            ["insert", hex] => out.extend(unhex(hex)?),
            _ => return None,
        }
    }
    Some(out)
}

/// The credentials that files hold: on one line, or in two files of a service.
fn credentials(
    files: &BTreeMap<&str, String>,
    keys: &BTreeMap<&str, Vec<u8>>,
) -> BTreeSet<Credential> {
    let mut out = BTreeSet::new();
    for (path, text) in files {
        let Some(service) = path.strip_suffix(".conf") else { continue };
        if let Some((name, secret)) = setting(text, "token").and_then(|t| t.split_once('.')) {
            out.insert((name.to_owned(), secret.to_owned()));
        }
        let login = files.get(format!("{service}.login").as_str());
        let name = setting(text, "key").filter(|name| name.starts_with('K'));
        let secret = login.and_then(|text| opened(setting(text, "secret")?, keys));
        if let (Some(name), Some(secret)) = (name, secret) {
            out.insert((name.to_owned(), secret));
        }
    }
    out
}

fn setting<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))
}

fn opened(secret: &str, keys: &BTreeMap<&str, Vec<u8>>) -> Option<String> {
    let Some((name, sealed)) = secret.strip_prefix("sealed ").and_then(|s| s.split_once(' '))
    else {
        return Some(secret.to_owned());
    };
    let stream = keys.get(name)?.iter().cycle();
    let bytes = unhex(sealed)?.iter().zip(stream).map(|(b, k)| b ^ k).collect();
    String::from_utf8(bytes).ok()
}
