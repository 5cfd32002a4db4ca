//! A version store in text: objects under names that follow from what they hold.

use crate::family::text::hex;
use crate::family::words::THINGS;
use crate::seed::{Draws, mac};
use std::collections::BTreeMap;

/// Lines of files by path.
pub(super) type Files = BTreeMap<String, Vec<String>>;

/// What a commit says of itself.
#[derive(Debug, Clone)]
pub(super) struct Commit {
    parent: Option<String>,
    /// Seconds since 1970.
    time: u64,
    message: String,
}

impl Commit {
    pub(super) fn new(parent: &Option<String>, time: u64, message: String) -> Self {
        Self { parent: parent.clone(), time, message }
    }
}

/// An object as it is written: what follows its name, and its lines.
#[derive(Debug, Clone)]
struct Object {
    kind: String,
    lines: Vec<String>,
}

/// Objects by name, and where the branch ends.
#[derive(Debug, Clone)]
pub(super) struct Store {
    objects: BTreeMap<String, Object>,
    /// Whether later versions of a file are stored as differences.
    differences: bool,
    branch: String,
}

impl Store {
    pub(super) fn new(differences: bool) -> Self {
        Self { objects: BTreeMap::new(), differences, branch: String::new() }
    }

    /// Where the branch ends.
    pub(super) fn branch(&mut self, commit: String) {
        self.branch = commit;
    }

    /// Adds a commit of these files, which were others before, and returns its name.
    pub(super) fn commit(
        &mut self,
        d: &mut Draws,
        commit: Commit,
        before: &Files,
        files: &Files,
    ) -> String {
        let mut tree = Vec::new();
        for (path, lines) in files {
            let base = before.get(path).filter(|base| *base != lines);
            let id = self.blob(d, lines, base);
            tree.push(format!("blob {id} {path}"));
        }
        let tree = self.add("tree", tree);
        let mut lines = vec![format!("tree {tree}")];
        lines.extend(commit.parent.map(|parent| format!("parent {parent}")));
        lines.push(format!("by {}", d.pick(&THINGS)));
        lines.push(format!("at {}", commit.time));
        lines.extend([String::new(), commit.message]);
        self.add("commit", lines)
    }

    fn blob(&mut self, d: &mut Draws, lines: &[String], base: Option<&Vec<String>>) -> String {
        let id = name("blob", lines);
        if self.objects.contains_key(&id) {
            return id;
        }
        let base = base.filter(|_| self.differences);
        let known = base.map(|base| (name("blob", base), base));
        let known = known.filter(|(id, _)| self.objects.contains_key(id));
        let object = match known {
            None => Object { kind: "blob".to_owned(), lines: lines.to_vec() },
            Some((from, base)) => Object {
                kind: format!("blob from {from}"),
                lines: difference(d, &bytes(base), &bytes(lines)),
            },
        };
        self.objects.insert(id.clone(), object);
        id
    }

    fn add(&mut self, kind: &str, lines: Vec<String>) -> String {
        let id = name(kind, &lines);
        self.objects.insert(id.clone(), Object { kind: kind.to_owned(), lines });
        id
    }

    /// The store as the agent gets it. Objects stand in the order of their names.
    pub(super) fn text(&self, d: &mut Draws) -> String {
        let mut out = format!("branch {} {}\n", d.pick(&THINGS), self.branch);
        for (id, object) in &self.objects {
            out.push_str(&format!("object {id} {}\n", object.kind));
            for line in &object.lines {
                out.push_str(&format!("|{line}\n"));
            }
        }
        out
    }
}

fn bytes(lines: &[String]) -> Vec<u8> {
    lines.iter().flat_map(|line| line.bytes().chain([b'\n'])).collect()
}

fn name(kind: &str, lines: &[String]) -> String {
    let digest = mac(b"vestibule version store v1", &[kind.as_bytes(), &bytes(lines)]);
    hex(&digest).chars().take(16).collect()
}

/// How to make bytes out of others: what opens and closes both is copied, the rest inserted in pieces.
fn difference(d: &mut Draws, from: &[u8], to: &[u8]) -> Vec<String> {
    let same = |(a, b): &(&u8, &u8)| a == b;
    let head = from.iter().zip(to).take_while(same).count();
    let room = from.len().min(to.len()) - head;
    let tail = from.iter().rev().zip(to.iter().rev()).take(room).take_while(same).count();
    let mut out = Vec::new();
    let copy = |out: &mut Vec<String>, at: usize, n: usize| {
        if n > 0 {
            out.push(format!("copy {at} {n}"));
        }
    };
    let cut = d.length(0, u32::try_from(head).unwrap_or(0));
    copy(&mut out, 0, cut);
    copy(&mut out, cut, head - cut);
    let mut rest = to.get(head..to.len() - tail).unwrap_or_default();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(d.length(3, 9).min(rest.len()));
        out.push(format!("insert {}", hex(piece)));
        rest = after;
    }
    copy(&mut out, from.len() - tail, tail);
    out
}
