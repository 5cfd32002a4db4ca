//! A hundred thousand packages end to end, each in a process of its own: from a `Cargo.lock` and advisories on
//! disk to every match on standard output, beside cargo-audit with the same lock file and the same advisories.
//! The answers must be equal. Ours are those of the functions that `vestibule check --matches` calls, and `vestibule check` for the worklist.
//! Then the program itself, where it was built beside this example: the same lock file, this repository's, and this machine.
//!
//! The advisories are OSV records of RustSec; cargo-audit gets them in RustSec's own format. Needs the shared
//! data, and `cargo-audit` on the path or named by `CARGO_AUDIT`; says so where one is missing.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(
    clippy::exit,
    reason = "a process that has nothing more to do gives nothing back piece by piece"
)]
#![expect(clippy::disallowed_methods, reason = "a bench times itself and is told by environment")]

use advisory::osv;
use domain::Vocabulary;
use remediation::{Asset, Detections, Fleet, Index, Intelligence, Pack, Sifted, Table, Worklist};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Rounds, the programs in turn.
const ROUNDS: u32 = 5;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["matches", lock, index] => matches(Path::new(lock), Path::new(index)),
        ["worklist", lock, index] => worklist(Path::new(lock), Path::new(index)),
        [] => bench(),
        _ => Err("no arguments are expected".into()),
    }
}

/// The index, compared with its checksum, as `vestibule check` does.
fn open(index: &Path) -> Result<Index> {
    let index = Index::open(Arc::new(std::fs::read(index)?))?;
    index.packed().check()?;
    Ok(index)
}

fn sifted(lock: &Path, index: &Index) -> Result<Sifted> {
    let read = Sifted::of_lock(std::fs::File::open(lock)?, index)?;
    Ok(read.ok_or("cargo would not write this lock file")?)
}

/// Every match: name, version, advisory.
fn matches(lock: &Path, index: &Path) -> Result<()> {
    let index = open(index)?;
    let mut out = String::with_capacity(1 << 20);
    for one in sifted(lock, &index)?.known {
        for record in one.found.affected {
            let (id, _) = index.record(record).ok_or("a record without its id")?;
            let version = one.component.version.as_deref().unwrap_or_default();
            for part in [&*one.component.name, "\t", version, "\t", id.as_str(), "\n"] {
                out.push_str(part);
            }
        }
    }
    std::io::stdout().lock().write_all(out.as_bytes())?;
    // as a program ends that has nothing more to do: the system takes its memory back at once
    std::process::exit(0)
}

/// What to patch first, in words.
fn worklist(lock: &Path, index: &Path) -> Result<()> {
    let index = open(index)?;
    let table = Table::read(include_str!("../../../rules/bod-26-04.toml"))?;
    let words = Vocabulary::read(include_str!("../../../rules/vocabulary.toml"), "en")?;
    let now = "2026-11-23T08:00:00Z".parse::<domain::Timestamp>()?;
    let parts = sifted(lock, &index)?;
    let (id, name) = ("lock".parse()?, "lock".parse()?);
    let (exposed, mission) = (None, None);
    let asset = Asset { id, name, exposed, mission, taken_at: now, parts };
    let (known, rules) = (Intelligence::of(&index), (&table, &index));
    let fleet = Fleet::from_iter([asset]);
    let worklist = Worklist::build(rules, &known, &fleet, &Detections::new(), now);
    let text = worklist.view(&words).text(&words);
    std::io::stdout().lock().write_all(text.as_bytes())?;
    std::process::exit(0)
}

fn bench() -> Result<()> {
    let data = std::env::var("VESTIBULE_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let data = PathBuf::from(data);
    let (advisories, packages) = (
        data.join("osv/rustsec.osv.jsonl.zst"),
        data.join("matching/crates_inventory_100k.tsv.zst"),
    );
    if !advisories.is_file() || !packages.is_file() {
        println!("skipped: remediation-audit (no test data; set VESTIBULE_DATA)");
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("vestibule-audit-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = measure(&folder, &advisories, &packages);
    std::fs::remove_dir_all(&folder)?;
    done
}

fn measure(folder: &Path, advisories: &Path, packages: &Path) -> Result<()> {
    let (lock, index) = (folder.join("Cargo.lock"), folder.join("feeds.index"));
    let count = write_lock(&lock, &zstd::decode_all(&*std::fs::read(packages)?)?)?;
    let mut pack = Pack::default();
    let database = folder.join("db");
    for record in osv::read_lines(&zstd::decode_all(&*std::fs::read(advisories)?)?) {
        let record = record?;
        pack.add(&record);
        write_advisory(&database, &record)?;
    }
    std::fs::write(&index, pack.finish())?;
    let own = std::env::current_exe()?;
    // beside this example, if it was built
    let program = own.ancestors().nth(2).map(|folder| folder.join("vestibule"));
    let program = program.filter(|program| program.is_file());
    let ours = |what: &str| {
        let mut command = Command::new(&own);
        command.arg(what).arg(&lock).arg(&index);
        command
    };
    let peer = || {
        let name = std::env::var("CARGO_AUDIT").unwrap_or_else(|_| "cargo-audit".to_owned());
        let mut command = Command::new(name);
        command.args(["audit", "--no-fetch", "--no-yanked", "--json", "--db"]).arg(&database);
        command.current_dir(folder).stderr(Stdio::null());
        command
    };
    let on = |lock: &Path| {
        let mut command = peer();
        command.arg("-f").arg(lock);
        command
    };
    if peer().arg("--version").stdout(Stdio::null()).status().is_err() {
        println!(
            "skipped: remediation-audit's peer: no `cargo-audit` on the path; name it by CARGO_AUDIT"
        );
        let ((matches, _), (worklist, _)) =
            (timed(&mut ours("matches"))?, timed(&mut ours("worklist"))?);
        println!(
            "{{\"name\":\"audit-100k\",\"packages\":{count},\"ours_ms\":{:.0},\"worklist_ms\":{:.0}}}",
            matches * 1e3,
            worklist * 1e3
        );
        return program.map_or(Ok(()), |program| machine(&program, &index));
    }
    let mut best = BTreeMap::new();
    let (mut found, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut note = |name, seconds: f64| {
            let least = best.entry(name).or_insert(f64::INFINITY);
            *least = seconds.min(*least);
        };
        let (seconds, out) = timed(&mut ours("matches"))?;
        note("matches", seconds);
        found = out;
        note("worklist", timed(&mut ours("worklist"))?.0);
        let (seconds, out) = timed(&mut on(&lock))?;
        note("cargo-audit", seconds);
        theirs = out;
    }
    let theirs = audited(&theirs)?;
    report(count, &best, &triples(&found)?, &theirs)?;
    let Some(program) = program else {
        println!("skipped: the program as a process (`cargo build --release` makes it)");
        return Ok(());
    };
    let repository = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    beside("process-100k", (&program, &index), (&lock, &mut on(&lock)))?;
    beside("process-repository", (&program, &index), (repository, &mut on(repository)))?;
    machine(&program, &index)
}

/// The program and cargo-audit with one lock file, from start to end.
fn beside(
    name: &str,
    (program, index): (&Path, &Path),
    (lock, peer): (&Path, &mut Command),
) -> Result<()> {
    let mut ours = Command::new(program);
    ours.arg("check").arg(lock).arg("--feeds").arg(index).arg("--matches").stderr(Stdio::null());
    let (mut least, mut least_peer) = (f64::INFINITY, f64::INFINITY);
    let (mut found, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (seconds, out) = timed(&mut ours)?;
        (least, found) = (least.min(seconds), out);
        let (seconds, out) = timed(peer)?;
        (least_peer, theirs) = (least_peer.min(seconds), out);
    }
    let (found, theirs) = (listed(&found)?, audited(&theirs)?);
    println!(
        "{{\"name\":\"{name}\",\"matches\":{},\"equal\":{},\"ours_ms\":{:.1},\"cargo_audit_ms\":{:.1},\"ratio\":{:.1}}}",
        found.len(),
        found == theirs,
        least * 1e3,
        least_peer * 1e3,
        least_peer / least
    );
    if found == theirs { Ok(()) } else { Err(format!("{name}: the answers differ").into()) }
}

/// Everything that is installed on this machine, by the program.
fn machine(program: &Path, index: &Path) -> Result<()> {
    let mut ours = Command::new(program);
    ours.args(["--json", "check", "/", "--feeds"]).arg(index).stderr(Stdio::null());
    let (mut least, mut told) = (f64::INFINITY, Vec::new());
    for _ in 0..ROUNDS {
        let (seconds, out) = timed(&mut ours)?;
        (least, told) = (least.min(seconds), out);
    }
    let told: serde_json::Value = serde_json::from_slice(&told)?;
    let components = told.pointer("/worklist/components").ok_or("a count of components")?;
    println!(
        "{{\"name\":\"process-machine\",\"components\":{components},\"ours_ms\":{:.1}}}",
        least * 1e3
    );
    Ok(())
}

fn report(
    count: usize,
    best: &BTreeMap<&str, f64>,
    found: &Triples,
    theirs: &Triples,
) -> Result<()> {
    for (name, version, id) in found.symmetric_difference(theirs) {
        let whose = if found.contains(&(name.clone(), version.clone(), id.clone())) {
            "ours"
        } else {
            "theirs"
        };
        println!("only {whose}: {name} {version} {id}");
    }
    let of = |name: &str| best.get(name).copied().unwrap_or(f64::INFINITY);
    println!(
        "{{\"name\":\"audit-100k\",\"packages\":{count},\"matches\":{},\"equal\":{},\"ours_ms\":{:.0},\"cargo_audit_ms\":{:.0},\"ratio\":{:.1},\"worklist_ms\":{:.0},\"worklist_ratio\":{:.1},\"load\":\"{}\"}}",
        found.len(),
        found == theirs,
        of("matches") * 1e3,
        of("cargo-audit") * 1e3,
        of("cargo-audit") / of("matches"),
        of("worklist") * 1e3,
        of("cargo-audit") / of("worklist"),
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );
    if found == theirs { Ok(()) } else { Err("the answers differ".into()) }
}

/// Runs a program to its end: wall time, and what it wrote.
fn timed(command: &mut Command) -> Result<(f64, Vec<u8>)> {
    let started = Instant::now();
    let output = command.output()?;
    Ok((started.elapsed().as_secs_f64(), output.stdout))
}

fn write_lock(path: &Path, table: &[u8]) -> Result<usize> {
    let mut text = String::from(
        "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n",
    );
    let rows: BTreeSet<_> = std::str::from_utf8(table)?
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .collect();
    for (name, version) in &rows {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{:064x}\"\n",
            name.len()
        );
    }
    std::fs::write(path, text)?;
    Ok(rows.len())
}

/// An OSV record as a file of RustSec's database: what is between its ranges is patched or unaffected.
fn write_advisory(database: &Path, record: &osv::Record) -> Result<()> {
    let of_crates =
        |one: &&osv::Affected| one.package.as_ref().is_some_and(|p| p.ecosystem == "crates.io");
    let Some(affected) = record.affected.iter().find(of_crates) else { return Ok(()) };
    let Some(package) = &affected.package else { return Ok(()) };
    if record.withdrawn.is_some() || record.id == "RUSTSEC-2025-0000" {
        return Ok(());
    }
    let (mut patched, mut unaffected, mut open) = (Vec::new(), Vec::new(), None);
    for event in affected.ranges.iter().flat_map(|range| &range.events) {
        match event {
            osv::RangeEvent::Introduced(from) => match open.take() {
                Some(fixed) => patched.push(format!(">= {fixed}, < {from}")),
                None if from != "0.0.0-0" && from != "0" => unaffected.push(format!("< {from}")),
                None => {}
            },
            osv::RangeEvent::Fixed(fixed) => open = Some(fixed.clone()),
            osv::RangeEvent::LastAffected(_) | osv::RangeEvent::Limit(_) => {}
        }
    }
    patched.extend(open.map(|fixed| format!(">= {fixed}")));
    let kind = affected.database_specific.informational.as_deref();
    let kind = kind.map_or_else(String::new, |kind| format!("informational = \"{kind}\"\n"));
    let date = record
        .published
        .as_deref()
        .unwrap_or(&record.modified)
        .split('T')
        .next()
        .unwrap_or_default();
    let text = format!(
        "```toml\n[advisory]\nid = \"{}\"\npackage = \"{}\"\ndate = \"{date}\"\n{kind}\n[versions]\npatched = {patched:?}\nunaffected = {unaffected:?}\n```\n\n# Title\n\nText.\n",
        record.id, package.name
    );
    let folder = database.join("crates").join(&package.name);
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join(format!("{}.md", record.id)), text)?)
}

type Triples = BTreeSet<(String, String, String)>;

fn triples(text: &[u8]) -> Result<Triples> {
    let rows = std::str::from_utf8(text)?.lines().filter_map(|line| {
        let mut fields = line.split('\t').map(str::to_owned);
        Some((fields.next()?, fields.next()?, fields.next()?))
    });
    Ok(rows.filter(|(_, _, id)| id != "RUSTSEC-2025-0000").collect())
}

/// What `vestibule check --matches` lists and is certain of.
fn listed(text: &[u8]) -> Result<Triples> {
    let rows = std::str::from_utf8(text)?.lines().filter_map(|line| {
        let mut fields = line.split('\t').skip(2).map(str::to_owned);
        let one = (fields.next()?, fields.next()?, fields.next()?);
        fields.next()?.is_empty().then_some(one)
    });
    Ok(rows.filter(|(_, _, id)| id != "RUSTSEC-2025-0000").collect())
}

/// What cargo-audit found: vulnerabilities, and warnings of every kind.
fn audited(text: &[u8]) -> Result<Triples> {
    let report: serde_json::Value = serde_json::from_slice(text)?;
    let list = report.pointer("/vulnerabilities/list").and_then(|list| list.as_array());
    let warnings = report.get("warnings").and_then(|kinds| kinds.as_object()).into_iter().flatten();
    let warnings = warnings.filter_map(|(_, list)| list.as_array()).flatten();
    let all = list.into_iter().flatten().chain(warnings).filter_map(|one| {
        let text = |path: &str| Some(one.pointer(path)?.as_str()?.to_owned());
        Some((text("/package/name")?, text("/package/version")?, text("/advisory/id")?))
    });
    Ok(all.collect())
}
