//! The side that reads: what is signed is verified, and of the slices those are fetched that an inventory needs.

use super::courier::{BASE, Courier};
use super::fetch::Held;
use super::mixed::is_of_another_state;
use super::publish::{CATALOGUE, unpack};
use super::signed::{ROOT, fault};
use super::snapshot::{Folder, Manifest};
use super::{Compiled, Fault, FeedsError, Reading};
use crate::check::{self, Packages, Unread};
use crate::files;
use domain::{Digest, Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _};
use remediation::{Catalogue, Node, Object, Slice, Step};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tough::{RepositoryLoader, TargetName};
use url::Url;

/// Most bytes of a catalogue.
const LARGEST: usize = 8 << 20;
/// How many objects are fetched at a time.
const TOGETHER: usize = 8;
/// How deep nodes may lie; names are no longer than this.
const DEPTH: usize = 4_096;

/// What to fetch, from where, and what for.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The feed: a folder, or its address.
    pub feed: String,
    /// The root file that is trusted.
    pub root: PathBuf,
    /// Inventories, and folders of them, whose packages matter; none for all packages.
    pub inventories: Option<Vec<PathBuf>>,
    /// Certificates in PEM to believe instead of the system's.
    pub authorities: Option<Vec<u8>>,
    /// Where fetched files are kept.
    pub folder: PathBuf,
    /// The index to write.
    pub to: PathBuf,
}

/// What was fetched.
#[derive(Debug, Serialize)]
pub struct Received {
    /// The index.
    #[serde(flatten)]
    pub compiled: Compiled,
    /// SHA-256 of the snapshot's manifest, below `snapshots/`.
    pub taken: String,
    /// The number of the feed's state.
    pub version: u64,
    /// The number of the root that signs it.
    pub root: u64,
    /// When the feed was made.
    pub made_at: String,
    /// When it expires.
    pub expires: String,
    /// How many packages of the inventories were looked for; none if all were taken.
    pub packages: Option<usize>,
    /// How many slices are held now.
    pub slices: usize,
    /// How many of them are new.
    pub changed: usize,
    /// How many of those came as a change from the one before.
    pub deltas: usize,
    /// Bytes that were brought, of all kinds.
    pub fetched_bytes: u64,
    /// In how many files.
    pub fetched_files: u64,
    /// Inventories that could not be read; what they list was not looked for.
    pub unread: Vec<Unread>,
}

/// Fetches what a feed says of the packages of inventories, and makes the index of it. `progress` hears slices done and
/// slices in all.
///
/// # Errors
/// What is not as it was signed, by the rule it breaks; then the index and the snapshot stay as they were.
pub async fn receive(
    order: &Subscription,
    now: Timestamp,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Received, FeedsError> {
    let (wanted, unread) = match &order.inventories {
        Some(paths) => {
            let (wanted, unread) = check::packages(paths)
                .map_err(|source| FeedsError::Inventory { source: Box::new(source) })?;
            (Some(wanted), unread)
        }
        None => (None, Vec::new()),
    };
    let courier = Courier::new(&order.feed, order.authorities.as_deref())?;
    let state = verified(order, &courier).await?;
    let folder = Folder::new(&order.folder);
    let before = folder.current()?;
    let mut run = Run::new(&folder, &courier, before.as_ref());
    let catalogue = Catalogue::read(&state.catalogue)
        .map_err(|source| FeedsError::Slice { path: courier.place(CATALOGUE).into(), source })?;
    let sha256 = Digest::of(&state.catalogue).to_string();
    let held = run.keep("slices-catalogue.json", &sha256, &state.catalogue)?;
    run.files.push(held);
    let slices = run.find(&catalogue, wanted.as_ref()).await?;
    let total = slices.len() as u64;
    let fetched = futures_util::stream::iter(slices.iter().map(|slice| run.slice(slice)));
    let mut fetched = fetched.buffer_unordered(TOGETHER);
    let mut came = Vec::new();
    while let Some(one) = fetched.try_next().await? {
        came.push(one);
        progress(came.len() as u64, total);
    }
    drop(fetched);
    let (mut changed, mut deltas) = (0, 0);
    for one in came {
        match one {
            Came::Held(held) => run.files.push(held),
            Came::New { slice, text, by_delta } => {
                changed += 1;
                deltas += usize::from(by_delta);
                let held = run.keep(&name(slice), &slice.object.sha256, &text)?;
                run.files.push(held);
            }
        }
    }
    let Run { mut files, nodes, .. } = run;
    // in the order in which the manifest has them, so that the folder gives the same index elsewhere
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut reading = Reading::default();
    for held in &files {
        reading.add(&PathBuf::from(&held.name), &folder.read(held)?)?;
    }
    reading.join();
    let compiled = reading.compile(&order.to, now)?;
    let taken = folder.commit((files, nodes), before, now)?;
    let (fetched_bytes, fetched_files) = courier.brought();
    Ok(Received {
        compiled,
        taken,
        version: state.version,
        root: state.root,
        made_at: catalogue.made_at,
        expires: state.expires,
        packages: wanted.map(|wanted| wanted.len()),
        slices: slices.len(),
        changed,
        deltas,
        fetched_bytes,
        fetched_files,
        unread,
    })
}

/// What is signed, verified.
struct State {
    version: u64,
    root: u64,
    expires: String,
    catalogue: Vec<u8>,
}

/// What differs from what was signed may be signed itself, with other parts.
async fn named(
    error: FeedsError,
    root: &[u8],
    courier: &Courier,
) -> Result<FeedsError, FeedsError> {
    match error {
        FeedsError::Feed { fault: Fault::Altered | Fault::TooLarge, reason }
            if is_of_another_state(root, courier).await? =>
        {
            Ok(FeedsError::Feed { fault: Fault::Mixed, reason })
        }
        other => Ok(other),
    }
}

/// A catalogue that differs from the signed one may be whole, only that of another state.
async fn of_another_state(
    error: FeedsError,
    courier: &Courier,
    sha256: Option<String>,
) -> Result<FeedsError, FeedsError> {
    let (FeedsError::Feed { fault: Fault::Altered | Fault::TooLarge, .. }, Some(sha256)) =
        (&error, sha256)
    else {
        return Ok(error);
    };
    let path = format!("targets/{sha256}.{CATALOGUE}");
    let bytes = courier.get(&path, LARGEST).await?;
    let Some(other) = bytes.and_then(|bytes| Catalogue::read(&bytes).ok()) else {
        return Ok(error);
    };
    let reason = format!(
        "{path} is a whole catalogue, made at {}, and not the one that was signed with the parts beside it",
        other.made_at
    );
    Ok(FeedsError::Feed { fault: Fault::Mixed, reason })
}

async fn verified(order: &Subscription, courier: &Courier) -> Result<State, FeedsError> {
    let root = files::read(&order.root, ROOT)?;
    // what was seen last, so that nobody can go back behind it
    let seen = order.folder.join("tuf");
    std::fs::create_dir_all(&seen).map_err(files::system("make the folder", &seen))?;
    let at = |part: &str| Url::parse(&format!("{BASE}{part}/")).expect("it is an address");
    let loader = RepositoryLoader::new(&root, at("metadata"), at("targets"))
        .transport(courier.clone())
        .datastore(&seen);
    let repository = match loader.load().await {
        Ok(repository) => repository,
        Err(error) => return Err(named(fault(&error), &root, courier).await?),
    };
    let name = TargetName::new(CATALOGUE).map_err(|e| fault(&e))?;
    let none = || FeedsError::Feed {
        fault: Fault::Missing,
        reason: format!("what is signed has no {CATALOGUE}"),
    };
    let stream = repository.read_target(&name).await.map_err(|e| fault(&e))?;
    let mut stream = stream.ok_or_else(none)?;
    let mut catalogue = Vec::new();
    loop {
        match stream.try_next().await {
            Ok(Some(piece)) => catalogue.extend_from_slice(&piece),
            Ok(None) => break,
            Err(error) => {
                let signed = repository.targets().signed.targets.get(&name);
                let hex = |byte: &u8| format!("{byte:02x}");
                let sha256 = signed.map(|one| one.hashes.sha256.iter().map(hex).collect());
                return Err(of_another_state(fault(&error), courier, sha256).await?);
            }
        }
        if catalogue.len() > LARGEST {
            let reason = format!("{CATALOGUE} has more than {LARGEST} bytes");
            return Err(FeedsError::Feed { fault: Fault::TooLarge, reason });
        }
    }
    Ok(State {
        version: repository.timestamp().signed.version.get(),
        root: repository.root().signed.version.get(),
        expires: repository.timestamp().signed.expires.to_string(),
        catalogue,
    })
}

/// A slice that is wanted.
enum Came<'s> {
    /// It was here already.
    Held(Held),
    /// Its lines.
    New { slice: &'s Slice, text: Vec<u8>, by_delta: bool },
}

struct Run<'a> {
    folder: &'a Folder,
    courier: &'a Courier,
    /// What was fetched before, by its digest as published.
    held: BTreeMap<String, Held>,
    files: Vec<Held>,
    nodes: Vec<Held>,
}

/// A slice's file: the name says what is in it, and differs where the slice does.
fn name(slice: &Slice) -> String {
    format!("slice-{}.jsonl", slice.object.sha256.chars().take(20).collect::<String>())
}

impl<'a> Run<'a> {
    fn new(folder: &'a Folder, courier: &'a Courier, before: Option<&(String, Manifest)>) -> Self {
        let before = before.iter().flat_map(|(_, state)| state.files.iter().chain(&state.nodes));
        let held = before.filter_map(|held| Some((held.etag.clone()?, held.clone())));
        Self { folder, courier, held: held.collect(), files: Vec::new(), nodes: Vec::new() }
    }

    /// What is held of an object, if its bytes are there.
    fn held(&self, sha256: &str) -> Option<&Held> {
        self.held.get(sha256).filter(|held| self.folder.has(&held.sha256))
    }

    /// Keeps what an object unpacked to.
    fn keep(&self, name: &str, published: &str, text: &[u8]) -> Result<Held, FeedsError> {
        Ok(Held {
            name: name.to_owned(),
            url: self.courier.place(&format!("objects/{published}")),
            sha256: self.folder.keep(text)?,
            bytes: text.len() as u64,
            etag: Some(published.to_owned()),
            last_modified: None,
            updated: None,
            signature: None,
        })
    }

    /// Bytes by their digest, as published.
    async fn bring(&self, sha256: &str, bytes: u64) -> Result<bytes::Bytes, FeedsError> {
        let path = format!("objects/{sha256}");
        let plain = sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit());
        let wrong = |fault, reason| FeedsError::Feed { fault, reason: format!("{path} {reason}") };
        if !plain {
            return Err(wrong(Fault::Unreadable, "is no digest".to_owned()));
        }
        let length = usize::try_from(bytes).unwrap_or(usize::MAX);
        let brought = self.courier.get(&path, length).await.map_err(|error| match error {
            FeedsError::Fetch(super::FetchError::TooLarge { .. })
            | FeedsError::File(files::FileError::TooLarge { .. }) => {
                wrong(Fault::TooLarge, format!("has more than its {bytes} bytes"))
            }
            other => other,
        })?;
        let brought = brought.ok_or_else(|| wrong(Fault::Missing, "is not there".to_owned()))?;
        let came = Digest::of(&brought).to_string();
        if came == sha256 {
            return Ok(brought);
        }
        // what another state has is whole, only not what this one names
        if self.held.contains_key(&came) {
            let reason = format!(
                "has the bytes of objects/{came}, a part of the state that was fetched before"
            );
            return Err(wrong(Fault::Mixed, reason));
        }
        Err(wrong(Fault::Altered, format!("has the digest {came} and not that of its name")))
    }

    async fn object(&self, object: &Object) -> Result<Vec<u8>, FeedsError> {
        let place = || PathBuf::from(self.courier.place(&format!("objects/{}", object.sha256)));
        object.bounded().map_err(|source| FeedsError::Slice { path: place(), source })?;
        let packed = self.bring(&object.sha256, object.bytes).await?;
        unpack(&packed, object.unpacked, &[]).ok_or_else(|| FeedsError::Packed {
            path: place(),
            reason: "it does not unpack to what was signed".to_owned(),
        })
    }

    async fn node(&self, object: &Object) -> Result<(Node, Held), FeedsError> {
        let (held, text) = if let Some(held) = self.held(&object.sha256) {
            (held.clone(), self.folder.read(held)?)
        } else {
            let text = self.object(object).await?;
            let name = format!("node-{}.json", object.sha256);
            (self.keep(&name, &object.sha256, &text)?, text)
        };
        let path = || PathBuf::from(&held.url);
        let node = Node::read(&text);
        Ok((node.map_err(|source| FeedsError::Slice { path: path(), source })?, held))
    }

    /// The slices that say something of what is wanted, each once; of all packages where none are named.
    async fn find(
        &mut self,
        catalogue: &Catalogue,
        wanted: Option<&Packages>,
    ) -> Result<Vec<Slice>, FeedsError> {
        let mut open: Vec<(Object, BTreeSet<&str>)> = Vec::new();
        match wanted {
            None => {
                let all = catalogue.spaces.iter().map(|s| (s.object.clone(), BTreeSet::new()));
                open.extend(all);
            }
            Some(wanted) => {
                let mut spaces: BTreeMap<&str, (&Object, BTreeSet<&str>)> = BTreeMap::new();
                for (namespace, name) in wanted {
                    for space in catalogue.concerning(namespace) {
                        let (_, names) =
                            spaces.entry(&space.at).or_insert((&space.object, BTreeSet::new()));
                        names.insert(name);
                    }
                }
                open.extend(spaces.into_values().map(|(object, names)| (object.clone(), names)));
            }
        }
        let mut found: BTreeMap<String, Slice> = BTreeMap::new();
        for _ in 0..DEPTH {
            if open.is_empty() {
                return Ok(found.into_values().collect());
            }
            let ask = open.iter().map(|(object, _)| self.node(object));
            let asked = futures_util::stream::iter(ask).buffered(TOGETHER);
            let read: Vec<_> = asked.try_collect().await?;
            let names = std::mem::take(&mut open).into_iter().map(|(_, names)| names);
            for ((node, held), names) in read.into_iter().zip(names) {
                if wanted.is_none() {
                    let below = node.nodes.iter().map(|n| (n.object.clone(), BTreeSet::new()));
                    open.extend(below);
                    found.extend(node.slices.into_iter().map(|s| (s.object.sha256.clone(), s)));
                } else {
                    open.extend(along(&node, &names, &mut found));
                }
                self.nodes.push(held);
            }
        }
        let reason = format!("its nodes lie more than {DEPTH} deep");
        Err(FeedsError::Feed { fault: Fault::Unreadable, reason })
    }

    /// A slice: as it is held, by the change from the one that is held, or whole.
    async fn slice<'s>(&self, slice: &'s Slice) -> Result<Came<'s>, FeedsError> {
        if let Some(held) = self.held(&slice.object.sha256) {
            let held = Held { name: name(slice), ..held.clone() };
            return Ok(Came::Held(held));
        }
        if let Some(delta) = &slice.delta
            && let Some(old) = self.held(&delta.from)
        {
            let old = self.folder.read(old)?;
            let place = || PathBuf::from(self.courier.place(&format!("objects/{}", delta.sha256)));
            let bounded = Object {
                sha256: delta.sha256.clone(),
                bytes: delta.bytes,
                unpacked: slice.object.unpacked,
            };
            bounded.bounded().map_err(|source| FeedsError::Slice { path: place(), source })?;
            let change = self.bring(&delta.sha256, delta.bytes).await?;
            // a change that does not fit is no reason to go without the slice
            if let Some(text) = unpack(&change, slice.object.unpacked, &old) {
                return Ok(Came::New { slice, text, by_delta: true });
            }
        }
        let text = self.object(&slice.object).await?;
        Ok(Came::New { slice, text, by_delta: false })
    }
}

/// Where the ways to these names go on: slices are found, further nodes given.
fn along<'n>(
    node: &Node,
    names: &BTreeSet<&'n str>,
    found: &mut BTreeMap<String, Slice>,
) -> Vec<(Object, BTreeSet<&'n str>)> {
    let mut below: BTreeMap<String, (Object, BTreeSet<&str>)> = BTreeMap::new();
    for name in names {
        match node.step(name) {
            Step::Slice(slice) => drop(found.insert(slice.object.sha256.clone(), slice.clone())),
            Step::Node(next) => {
                let entry = below
                    .entry(next.at.clone())
                    .or_insert_with(|| (next.object.clone(), BTreeSet::new()));
                entry.1.insert(name);
            }
            Step::Nothing => {}
        }
    }
    below.into_values().collect()
}

#[cfg(test)]
mod tests;
