//! Flips bytes of a node's folder one at a time: the audit must find each, and name the file.

use super::{Draw, files_below};
use crate::scene::{Scene, copy};
use anyhow::{Context, Result, ensure};
use ledger::Event;
use operations::audit::{self, NodeAudit, Watch};
use operations::ctx::{Clock, SystemClock};
use operations::node::{Node, ObjectCredentials};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which folder, and how many bytes of each file.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A node's folder, at rest; without one, a small log is made.
    folder: Option<PathBuf>,
    /// The roots of trust; by default the folder's own, copied first.
    #[arg(long, value_name = "FILE", requires = "folder")]
    trust: Option<PathBuf>,
    /// Up to so many bytes of a file all are flipped; of a longer one so many, drawn from the seed.
    #[arg(long, default_value_t = 200)]
    bytes: u64,
    /// What the places and bits are drawn from.
    #[arg(long, default_value_t = 14409)]
    seed: u64,
}

impl Options {
    /// A run that the gate can afford.
    pub(crate) fn gate() -> Self {
        Self { folder: None, trust: None, bytes: 12, seed: 14409 }
    }
}

/// What an audit lists and can't judge, since nothing in the log speaks of it.
const UNVOUCHED: [&str; 3] = ["lock", "overrides.log", "witnesses.toml"];

/// Whether every change to a copy of the folder is found, and its file named.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let root = std::env::temp_dir().join(format!("vestibule-tamper-{}", std::process::id()));
    let made = root.join("made");
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => make(&made, options.seed).map(|()| made)?,
    };
    let trust = root.join("trust.toml");
    std::fs::create_dir_all(&root)?;
    std::fs::copy(options.trust.clone().unwrap_or_else(|| folder.join("trust.toml")), &trust)?;
    let mut files = Vec::new();
    files_below(&folder, &folder, &mut files)?;
    let half = |which: usize| -> Result<Tamper> {
        let copied = root.join(format!("copy-{which}"));
        copy(&folder, &copied)?;
        let draw = Draw(options.seed.wrapping_add(which as u64));
        let mut tamper =
            Tamper { copied, trust: trust.clone(), draw, flips: 0, missed: Vec::new() };
        let untouched = tamper.audit()?;
        ensure!(untouched.sound, "the untouched folder is not sound: {:?}", untouched.faults);
        for file in files.iter().skip(which).step_by(2) {
            tamper.file(file, options.bytes)?;
        }
        Ok(tamper)
    };
    let halves = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let first = half(0)?;
        let other = other.join().map_err(|_| anyhow::anyhow!("a worker panicked"))??;
        Ok::<_, anyhow::Error>([first, other])
    })?;
    let flips: u64 = halves.iter().map(|half| half.flips).sum();
    let missed: Vec<&String> = halves.iter().flat_map(|half| &half.missed).collect();
    for what in &missed {
        println!("tamper: MISSED: {what}");
    }
    println!(
        "tamper: {} files; listed with a digest and not judged: {}",
        files.len(),
        UNVOUCHED.join(", ")
    );
    let (found, lost) = (flips - missed.len() as u64, missed.len());
    println!("flips {flips}, found {found}, missed {lost} (seed {})", options.seed);
    std::fs::remove_dir_all(&root)?;
    Ok(missed.is_empty())
}

struct Tamper {
    copied: PathBuf,
    trust: PathBuf,
    draw: Draw,
    flips: u64,
    missed: Vec<String>,
}

impl Tamper {
    fn audit(&self) -> Result<NodeAudit> {
        let watch = Watch { total: &|_| {}, tick: &|| {}, wait: &mut || false };
        Ok(audit::node(&self.copied, &self.trust, &ObjectCredentials::default(), watch)?)
    }

    /// Flips bytes, then cuts the last one off, and takes the file away; each alone.
    fn file(&mut self, file: &Path, most: u64) -> Result<()> {
        if UNVOUCHED.iter().any(|name| file == Path::new(name)) {
            return Ok(());
        }
        let path = self.copied.join(file);
        let good = std::fs::read(&path)?;
        let length = good.len() as u64;
        if length == 0 {
            return Ok(()); // no byte to flip: an empty write-ahead log
        }
        let mut places: BTreeSet<u64> = BTreeSet::from([0, length - 1]);
        if length <= most {
            places.extend(0..length);
        } else {
            places.extend((0..most).map(|_| self.draw.below(length)));
        }
        for place in places {
            let mut bad = good.clone();
            let bit = 1u8 << self.draw.below(8);
            let byte = bad.get_mut(usize::try_from(place)?).context("the place is in the file")?;
            *byte ^= bit;
            std::fs::write(&path, &bad)?;
            self.expect(file, &format!("bit {bit:#04x} of byte {place} flipped"))?;
        }
        std::fs::write(&path, good.get(..good.len() - 1).unwrap_or_default())?;
        self.expect(file, "last byte cut off")?;
        // the secret key may be left out of a copy that is audited
        if file != Path::new("log.key") {
            std::fs::remove_file(&path)?;
            self.expect(file, "deleted")?;
        }
        std::fs::write(&path, &good)?;
        Ok(())
    }

    fn expect(&mut self, file: &Path, what: &str) -> Result<()> {
        self.flips += 1;
        let shown = file.display().to_string();
        // without its database or its log a folder is refused as none of a node's, by name
        let said = match self.audit() {
            Ok(found) if found.faults.iter().any(|fault| fault.file == shown) => return Ok(()),
            Ok(found) => {
                found.faults.first().map_or("it is sound".to_owned(), |f| f.detail.clone())
            }
            Err(error) if error.to_string().contains(&shown) => return Ok(()),
            Err(error) => error.to_string(),
        };
        self.missed.push(format!("{shown}, {what}: {said}"));
        Ok(())
    }
}

/// A small node at rest: public and sealed statements of three parties, one shredded, one draft that waits.
fn make(folder: &Path, seed: u64) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let scene = Scene::new(seed, clock.now())?;
    scene.lay(folder)?;
    let node = Node::open(folder, clock)?;
    let mut chains = Vec::new();
    for at in 0..3 {
        let chain = scene.chain(at, 3)?;
        for signed in &chain {
            node.submit(&signed.bytes)?;
        }
        chains.push(chain);
    }
    let lab = chains.first().context("a chain")?;
    let target = lab.last().context("a statement")?;
    let shred = Event::Shredded {
        statement: target.id,
        by: "lab".parse()?,
        authority: "Records Officer".parse()?,
        rule: "three years".parse()?,
        with: None,
    };
    node.submit(&scene.sign(0, (3, Some(target)), &shred, false)?.bytes)?;
    let said = access::Event::RequestDeclined(access::Decline {
        case: "waits".parse()?,
        developer: "lab".parse()?,
        reason: None,
    });
    node.offer(&scene.draft(0, &said, true, BTreeSet::from(["gov".parse()?]))?.to_bytes())?;
    Ok(())
}
