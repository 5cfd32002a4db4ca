//! How fast inventories are read, on one core: CycloneDX JSON beside `serde_json::Value`, and a `Cargo.lock`
//! beside the `toml` library, in one run.
//!
//! `cargo run --release -p advisory --example sbom [FILE…]`: CycloneDX JSON, also compressed (`.zst`). Without
//! files a document is made up, with components of the size that published ones have (1.8 kB each).
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "measures, and prints what it measured"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use advisory::inventory::{read_cargo_lock, read_cyclonedx};
use serde::Deserialize;

/// Components of the document that is made up, and packages of the lock file.
const COMPONENTS: usize = 100_000;

/// Rounds; the best counts, since everything else is the machine's noise.
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut documents = Vec::new();
    for path in std::env::args_os().skip(1) {
        let bytes = std::fs::read(&path)?;
        let packed = path.to_string_lossy().ends_with(".zst");
        documents.push(if packed { zstd::decode_all(bytes.as_slice())? } else { bytes });
    }
    if documents.is_empty() {
        documents.push(document().into_bytes());
    }
    let bytes: usize = documents.iter().map(Vec::len).sum();
    let mut purls = 0;
    for document in &documents {
        purls += read_cyclonedx(document)?
            .components
            .iter()
            .filter(|one| one.stated_purl().is_some())
            .count();
    }
    let ours = best(|| {
        for document in &documents {
            black_box(read_cyclonedx(document).map_or(0, |read| read.components.len()));
        }
    });
    let values = best(|| {
        for document in &documents {
            black_box(serde_json::from_slice::<serde_json::Value>(document).is_ok());
        }
    });
    line("cyclonedx-purls-per-second", ("serde_json_value", values), ours, (purls, bytes));

    let lock = lock();
    let count = read_cargo_lock(lock.as_bytes())?.components.len();
    let ours = best(|| drop(black_box(read_cargo_lock(lock.as_bytes()))));
    let toml = best(|| drop(black_box(toml::from_str::<Lock>(&lock))));
    line("cargo-lock-packages-per-second", ("toml_alone", toml), ours, (count, lock.len()));
    Ok(())
}

fn best(mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (started, before) = (Instant::now(), on_processor());
        run();
        let told = before.zip(on_processor()).map(|(before, after)| after - before);
        best = best.min(told.unwrap_or_else(|| started.elapsed().as_secs_f64()));
    }
    best
}

/// Seconds that this thread was on a processor, where the system says, so that a busy machine does not count.
fn on_processor() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(told.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

#[expect(clippy::cast_precision_loss, reason = "rates for people")]
fn line(name: &str, peer: (&str, f64), ours: f64, (items, bytes): (usize, usize)) {
    let (peer, theirs) = peer;
    println!(
        "{{\"name\":\"{name}\",\"ours\":{:.0},\"{peer}\":{:.0},\"ratio\":{:.2},\"items\":{items},\"bytes\":{bytes},\"ours_ms\":{:.1}}}",
        items as f64 / ours,
        items as f64 / theirs,
        theirs / ours,
        ours * 1e3
    );
}

/// What a scanner writes of one component, with the hashes, licences and references that make up its size.
fn document() -> String {
    let mut text =
        String::from("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[");
    for at in 0..COMPONENTS {
        let comma = if at == 0 { "" } else { "," };
        let purl = format!("pkg:npm/%40scope{}/package-{at}@{}.{}.0", at % 500, at % 7, at % 50);
        let hash = format!("{at:064x}").repeat(2);
        let _ = write!(
            text,
            "{comma}{{\"type\":\"library\",\"bom-ref\":\"{purl}|node_modules/{at}\",\"author\":\"Somebody Else\",\
             \"group\":\"@scope{}\",\"name\":\"package-{at}\",\"version\":\"{}.{}.0\",\"description\":\"{}\",\
             \"hashes\":[{{\"alg\":\"SHA-512\",\"content\":\"{hash}\"}}],\"licenses\":[{{\"license\":{{\"id\":\"MIT\"}}}}],\
             \"purl\":\"{purl}\",\"externalReferences\":[{{\"type\":\"website\",\"url\":\"https://example.org/{at}/readme\"}},\
             {{\"type\":\"vcs\",\"url\":\"git+https://example.org/{at}.git\",\"comment\":\"as detected from PackageJson property\"}}],\
             \"properties\":[{}]}}",
            at % 500,
            at % 7,
            at % 50,
            "What it does, in words. ".repeat(6),
            "{\"name\":\"cdx:npm:package:path\",\"value\":\"node_modules/of/it\"},".repeat(9)
                + "{\"name\":\"x\",\"value\":\"y\"}",
        );
    }
    text.push_str("],\"dependencies\":[");
    for at in 0..COMPONENTS {
        let comma = if at == 0 { "" } else { "," };
        let purl = format!("pkg:npm/%40scope{}/package-{at}@{}.{}.0", at % 500, at % 7, at % 50);
        let _ = write!(text, "{comma}{{\"ref\":\"{purl}|node_modules/{at}\",\"dependsOn\":[]}}");
    }
    text.push_str("]}");
    text
}

/// A lock file as cargo writes it.
fn lock() -> String {
    let mut text = String::from(
        "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n",
    );
    for at in 0..COMPONENTS {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"crate-{at}\"\nversion = \"{}.{}.1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
             checksum = \"{at:064x}\"\ndependencies = [\n \"serde\",\n \"libc 0.2.150\",\n]\n",
            at % 5,
            at % 40
        );
    }
    text
}

/// The parts of a lock file that we need.
#[derive(Deserialize)]
struct Lock {
    #[expect(dead_code, reason = "only to be filled")]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    #[expect(dead_code, reason = "only to be filled")]
    name: String,
    #[expect(dead_code, reason = "only to be filled")]
    version: String,
    #[expect(dead_code, reason = "only to be filled")]
    source: Option<String>,
}
