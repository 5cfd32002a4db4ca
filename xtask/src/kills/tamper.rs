//! Flips and deletes bytes of what a log published: its verification must fail and name the file.

use super::tours::Binary;
use super::{Draw, files_below};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Which tour.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder of a finished tour.
    folder: PathBuf,
    /// What the places are drawn from.
    #[arg(long, default_value_t = 14409)]
    seed: u64,
    /// The program to run; built in release if not given.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// How many bytes of a file are flipped, one at a time, besides its first and last.
const FLIPS: u64 = 4;

/// Whether every change to a copy of the tour's log is found, and its file named.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let (folder, seed) = (&options.folder, options.seed);
    let binary = &Binary::new(options.binary.clone())?;
    let copy = std::env::temp_dir().join(format!("vestibule-tamper-{}", std::process::id()));
    let log = folder.join("log");
    let mut files = Vec::new();
    files_below(&log, &log, &mut files)?;
    for file in &files {
        let to = copy.join(file);
        std::fs::create_dir_all(to.parent().context("a file has a folder")?)?;
        std::fs::copy(log.join(file), &to)?;
    }
    let trust = folder.join("trust.toml");
    let untouched = binary.audit(&copy, &trust)?;
    let mut tamper = Tamper { binary, copy: &copy, trust: &trust, tried: 0, missed: untouched };
    let mut draw = Draw(seed);
    for file in &files {
        tamper.file(file, &mut draw)?;
    }
    for missed in &tamper.missed {
        println!("tamper: MISSED: {missed}");
    }
    let (tried, missed) = (tamper.tried, tamper.missed.len());
    println!("tamper: {} files, {tried} changes, {missed} missed", files.len());
    std::fs::remove_dir_all(&copy)?;
    Ok(missed == 0)
}

struct Tamper<'a> {
    binary: &'a Binary,
    copy: &'a Path,
    trust: &'a Path,
    tried: u32,
    missed: Vec<String>,
}

impl Tamper<'_> {
    /// Flips some bytes, cuts the last one off, and takes the file away; each alone.
    fn file(&mut self, file: &Path, draw: &mut Draw) -> Result<()> {
        let path = self.copy.join(file);
        let good = std::fs::read(&path)?;
        let length = good.len() as u64;
        let mut places = vec![0, length.saturating_sub(1)];
        places.extend((0..FLIPS).map(|_| draw.below(length)));
        for place in places {
            let mut bad = good.clone();
            let bit = 1u8 << draw.below(8);
            if let Some(byte) = usize::try_from(place).ok().and_then(|at| bad.get_mut(at)) {
                *byte ^= bit;
            }
            std::fs::write(&path, &bad)?;
            self.expect(file, &format!("bit {bit:#04x} of byte {place} flipped"))?;
        }
        std::fs::write(&path, good.get(..good.len().saturating_sub(1)).unwrap_or_default())?;
        self.expect(file, "last byte cut off")?;
        std::fs::remove_file(&path)?;
        self.expect(file, "deleted")?;
        std::fs::write(&path, &good)?;
        Ok(())
    }

    fn expect(&mut self, file: &Path, what: &str) -> Result<()> {
        self.tried += 1;
        let shown = file.display().to_string();
        let faults = self.binary.audit(self.copy, self.trust)?;
        if !faults.iter().any(|fault| fault.contains(&shown)) {
            let said = faults.first().map_or("it verifies", String::as_str);
            self.missed.push(format!("{shown}, {what}: {said}"));
        }
        Ok(())
    }
}
