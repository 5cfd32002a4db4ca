//! How much of what attackers later used each order would have reached first.
//!
//! Population: the CVEs of a Vulnrichment snapshot that were not in KEV on its day, every asset exposed.
//! Outcome: what joined KEV after that day. Orders: the worklist as it is built, each CVE a package of its own;
//! BOD 26-04's deadline alone; the same with CVSS within a deadline; SSVC's decision points in turn; CVSS alone.
//! Ties are spread evenly, so no order gains from an arbitrary one. With `--svg FILE` it also draws the curves.
//!
//! EPSS scores are there of KEV's entries only, from after they joined it. So of them it is asked how soon each
//! order reaches those that ransomware campaigns use: by EPSS, and by CVSS.
#![expect(clippy::print_stdout, reason = "it prints its result")]
#![expect(clippy::disallowed_methods, reason = "it finds its data by environment")]

use advisory::ssvc::{Automatable, Exploitation, TechnicalImpact};
use advisory::{kev, osv, vulnrichment};
use remediation::{
    Asset, Component, Decision, Detections, Facts, Fleet, Impact, Index, Intelligence, Kev, Known,
    Provenance, Sifted, Table, Worklist, decide,
};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

/// The day of the snapshot in the data.
const SNAPSHOT: &str = "2024-10-24";

/// Shares of the population at which coverage is printed.
const SHARES: [f64; 6] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

/// A CVE, with its place in each order; the smaller the earlier.
struct Flaw {
    used_later: bool,
    places: Vec<Vec<i64>>,
}

const ORDERS: [(&str, &str); 5] = [
    ("worklist", "worklist"),
    ("bod-26-04", "BOD 26-04 deadline"),
    ("bod-26-04-cvss", "deadline, then CVSS"),
    ("ssvc", "SSVC decision points"),
    ("cvss", "CVSS score"),
];

/// Points of a curve: share of the population done, share of the outcome reached; straight between.
type Curve = Vec<(f64, f64)>;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::var("VESTIBULE_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let data = PathBuf::from(folder);
    let records = data.join("vulnrichment/ssvc_cvss_by_cve.jsonl.zst");
    if !records.exists() {
        println!("skipped: {} is not there (VESTIBULE_DATA)", records.display());
        return Ok(());
    }
    let records = zstd::decode_all(&*std::fs::read(records)?)?;
    let catalogue = std::fs::read(data.join("kev/known_exploited_vulnerabilities.json"))?;
    let flaws = population(&records, &kev::read(&catalogue)?)?;
    let later = flaws.iter().filter(|flaw| flaw.used_later).count();
    println!(
        "{{\"name\":\"priority-curves\",\"snapshot\":\"{SNAPSHOT}\",\"population\":{},\"later_in_kev\":{later}}}",
        flaws.len()
    );
    let mut curves = Vec::new();
    for (at, (name, _)) in ORDERS.iter().enumerate() {
        let curve = curve(&flaws, at);
        show(name, &curve);
        curves.push(curve);
    }
    let scored = std::fs::read_to_string(data.join("epss/epss_kev_2026-08-22.csv"))?;
    let listed = listed(&scored, &kev::read(&catalogue)?)?;
    let ransomware = listed.iter().filter(|flaw| flaw.used_later).count();
    println!(
        "{{\"name\":\"priority-within-kev\",\"population\":{},\"ransomware\":{ransomware}}}",
        listed.len()
    );
    for (at, name) in ["epss", "cvss"].iter().enumerate() {
        show(name, &curve(&listed, at));
    }
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--svg") {
        let file = arguments.next().ok_or("--svg needs a file")?;
        std::fs::write(file, picture(&curves, flaws.len(), later)?)?;
    }
    Ok(())
}

fn show(name: &str, curve: &Curve) {
    let shares = SHARES.map(|share| format!("\"{share}\":{:.3}", reached(curve, share)));
    println!(
        "{{\"order\":\"{name}\",\"reached\":{{{}}},\"area\":{:.3}}}",
        shares.join(","),
        area(curve)
    );
}

/// KEV's entries with their EPSS and CVSS scores, and whether ransomware campaigns use them.
fn listed(rows: &str, catalogue: &kev::Catalogue) -> Result<Vec<Flaw>, Box<dyn Error>> {
    let known: BTreeMap<&str, bool> = catalogue
        .vulnerabilities
        .iter()
        .map(|entry| (entry.cve.as_str(), entry.ransomware == Some(true)))
        .collect();
    let mut flaws = Vec::new();
    for row in rows.lines().skip(1) {
        let mut cells = row.split(',');
        let (cve, cvss, epss) = (cells.next(), cells.next(), cells.next());
        let Some(used) = cve.and_then(|cve| known.get(cve)) else { continue };
        let score = |cell: Option<&str>, scale: f64| -> Result<i64, Box<dyn Error>> {
            let value = cell.filter(|text| !text.is_empty()).unwrap_or("-1").parse::<f64>()?;
            Ok(format!("{:.0}", value * scale).parse()?)
        };
        let places = vec![vec![-score(epss, 1e5)?], vec![-score(cvss, 10.0)?]];
        flaws.push(Flaw { used_later: *used, places });
    }
    Ok(flaws)
}

fn population(lines: &[u8], catalogue: &kev::Catalogue) -> Result<Vec<Flaw>, Box<dyn Error>> {
    let table = Table::read(include_str!("../../../rules/bod-26-04.toml"))?;
    let added: BTreeMap<&str, &str> = catalogue
        .vulnerabilities
        .iter()
        .map(|entry| (entry.cve.as_str(), entry.date_added.as_str()))
        .collect();
    let read: Vec<_> = vulnrichment::read_lines(lines).collect::<Result<_, _>>()?;
    let open = |cve: &str| added.get(cve).is_none_or(|day| *day > SNAPSHOT);
    let asked: Vec<_> = read
        .iter()
        .filter(|one| !one.rejected && one.kev_added.is_none() && open(&one.cve))
        .cloned()
        .collect();
    let placed = worklist(&table, catalogue, &asked)?;
    let mut flaws = Vec::new();
    for record in asked {
        let joined = added.get(record.cve.as_str()).copied();
        let first = placed.get(&record.cve).ok_or("the worklist lacks one")?;
        let mut all = vec![first.clone()];
        all.extend(places(&table, &record)?);
        flaws.push(Flaw { used_later: joined.is_some(), places: all });
    }
    Ok(flaws)
}

/// The order of the worklist itself: one exposed system, each CVE in a package of its own with an upgrade in its line.
fn worklist(
    table: &Table,
    catalogue: &kev::Catalogue,
    asked: &[vulnrichment::Assessment],
) -> Result<BTreeMap<String, Vec<i64>>, Box<dyn Error>> {
    let mut catalogue = catalogue.clone();
    catalogue.vulnerabilities.retain(|entry| entry.date_added.as_str() <= SNAPSHOT);
    let intelligence = Intelligence::new().with_kev(&catalogue).with_ssvc(asked);
    let mut records = Vec::new();
    for one in asked {
        let id = &one.cve;
        let text = format!(
            r#"{{"id":"{id}","modified":"{SNAPSHOT}T00:00:00Z","affected":[{{"package":{{"ecosystem":"crates.io","name":"{id}"}},
            "ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"1.0.1"}}]}}]}}]}}"#
        );
        records.push(osv::read(text.as_bytes())?);
    }
    let index = Index::build(&records);
    let (now, source) = (format!("{SNAPSHOT}T00:00:00Z").parse()?, "an assumption".parse()?);
    let space = versions::Namespace::whole(versions::Ecosystem::CratesIo);
    let component = |one: &vulnrichment::Assessment| Component {
        namespace: Some(space.clone()),
        name: one.cve.as_str().into(),
        version: Some("1.0.0".into()),
    };
    let asset = Asset {
        id: "system".parse()?,
        name: "a system".parse()?,
        exposed: Some(Known { value: true, from: Provenance { source, as_of: now } }),
        mission: None,
        taken_at: now,
        parts: Sifted::of(&asked.iter().map(component).collect::<Vec<_>>(), &index),
    };
    let fleet = Fleet::from_iter([asset]);
    let list = Worklist::build((table, &index), &intelligence, &fleet, &Detections::new(), now);
    let place = |action: &remediation::Action| -> Result<_, Box<dyn Error>> {
        let due = action.plan_by.map_or(i64::MAX, domain::Timestamp::as_micros);
        let worth = i64::try_from(action.worth.an_hour)?;
        Ok((action.package.to_string(), vec![due, -worth]))
    };
    list.items.iter().map(place).collect()
}

fn places(
    table: &Table,
    record: &vulnrichment::Assessment,
) -> Result<[Vec<i64>; 4], Box<dyn Error>> {
    let now = format!("{SNAPSHOT}T00:00:00Z").parse()?;
    let from = Provenance { source: "Vulnrichment".parse()?, as_of: now };
    let automatable = record.automatable.map(|value| value == Automatable::Yes);
    let impact = record.technical_impact.map(|value| match value {
        TechnicalImpact::Partial => Impact::Partial,
        TechnicalImpact::Total => Impact::Total,
    });
    let facts = Facts {
        kev: Some(Known { value: Kev::NotListed, from: from.clone() }),
        exposed: Some(Known { value: true, from: from.clone() }),
        automatable: automatable.map(|value| Known { value, from: from.clone() }),
        impact: impact.map(|value| Known { value, from: from.clone() }),
        detected: Some(Known { value: now, from }),
        ..Facts::default()
    };
    let due = match decide(table, &facts) {
        Decision::Determined(deadline) => deadline.due,
        Decision::Undetermined(open) => open.earliest,
    };
    let due = due.map_or(i64::MAX, domain::Timestamp::as_micros);
    let highest = record.cvss.iter().map(|cvss| cvss.score).fold(-1.0, f64::max);
    // tenths, exactly as published
    let score: i64 = format!("{:.0}", highest * 10.0).parse()?;
    let known = match record.exploitation {
        Some(Exploitation::Active) => 0,
        Some(Exploitation::Poc) => 1,
        Some(Exploitation::None) | None => 2,
    };
    let ssvc =
        vec![known, i64::from(automatable != Some(true)), i64::from(impact != Some(Impact::Total))];
    Ok([vec![due], vec![due, -score], ssvc, vec![-score]])
}

/// Everything in one order; those at one place are one straight piece.
fn curve(flaws: &[Flaw], order: usize) -> Curve {
    let mut groups: BTreeMap<&[i64], (u32, u32)> = BTreeMap::new();
    for flaw in flaws {
        let Some(place) = flaw.places.get(order) else { continue };
        let group = groups.entry(place).or_default();
        group.0 += 1;
        group.1 += u32::from(flaw.used_later);
    }
    let (all, used) = groups.values().fold((0, 0), |sum, group| (sum.0 + group.0, sum.1 + group.1));
    let (mut done, mut found, mut points) = (0, 0, vec![(0.0, 0.0)]);
    for (count, later) in groups.values() {
        done += count;
        found += later;
        points.push((f64::from(done) / f64::from(all), f64::from(found) / f64::from(used.max(1))));
    }
    points
}

fn pieces(curve: &Curve) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    curve.iter().copied().zip(curve.iter().copied().skip(1))
}

fn reached(curve: &Curve, share: f64) -> f64 {
    let within = pieces(curve).find(|(_, to)| to.0 >= share);
    within.map_or(1.0, |(from, to)| from.1 + (to.1 - from.1) * (share - from.0) / (to.0 - from.0))
}

fn area(curve: &Curve) -> f64 {
    pieces(curve).map(|(from, to)| (to.0 - from.0) * f64::midpoint(from.1, to.1)).sum()
}

/// The curves as a picture of 640 by 420, readable without colour by their dashes.
fn picture(curves: &[Curve], population: usize, later: usize) -> Result<String, std::fmt::Error> {
    const STYLES: [(&str, &str); 5] = [
        ("#990000", "1 2"),
        ("#0b5394", ""),
        ("#38761d", "8 3"),
        ("#b45f06", "2 3"),
        ("#666666", "10 3 2 3"),
    ];
    let mut out = String::from(concat!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 420\" role=\"img\" ",
        "font-family=\"sans-serif\" font-size=\"13\">\n",
        "<rect width=\"640\" height=\"420\" fill=\"#ffffff\"/>\n",
        "<path d=\"M60 20V350H620\" fill=\"none\" stroke=\"#000000\"/>\n"
    ));
    writeln!(
        out,
        "<title>Of {later} flaws that joined KEV after {SNAPSHOT}, the share reached, by share of {population} flaws fixed</title>"
    )?;
    for tenth in (0..=10).step_by(2) {
        let (x, y) = (60 + 56 * tenth, 350 - 33 * tenth);
        writeln!(out, "<text x=\"{x}\" y=\"368\" text-anchor=\"middle\">{tenth}0 %</text>")?;
        writeln!(out, "<text x=\"52\" y=\"{}\" text-anchor=\"end\">{tenth}0 %</text>", y + 4)?;
    }
    writeln!(
        out,
        "<text x=\"340\" y=\"392\" text-anchor=\"middle\">share of flaws fixed, in that order</text>"
    )?;
    writeln!(
        out,
        "<text x=\"16\" y=\"185\" text-anchor=\"middle\" transform=\"rotate(-90 16 185)\">share of later KEV entries reached</text>"
    )?;
    for (at, ((curve, (colour, dash)), (_, label))) in
        curves.iter().zip(STYLES).zip(ORDERS).enumerate()
    {
        let path: Vec<String> = curve
            .iter()
            .map(|(x, y)| format!("{:.1} {:.1}", 60.0 + 560.0 * x, 350.0 - 330.0 * y))
            .collect();
        let line = format!(
            "fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\""
        );
        writeln!(out, "<path d=\"M{}\" {line}/>", path.join("L"))?;
        let y = 250 + 20 * at;
        writeln!(out, "<path d=\"M400 {}h40\" {line}/>", y - 4)?;
        writeln!(out, "<text x=\"448\" y=\"{y}\">{label}, area {:.2}</text>", area(curve))?;
    }
    out.push_str("</svg>\n");
    Ok(out)
}
