//! Deadlines, missing inputs, what-if, and the shares of real CVEs.
use super::*;
use crate::intelligence::Intelligence;
use crate::shared::{read, table};
use std::collections::BTreeMap;

pub(crate) fn known<T>(value: T) -> Option<Known<T>> {
    let from = Provenance { source: "a test".parse().unwrap(), as_of: Timestamp::EPOCH };
    Some(Known { value, from })
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn listed(added: &str) -> Kev {
    let cisa_due = Some(at("2026-12-20"));
    Kev::Listed { added: at(added), cisa_due, ransomware: None, forensic_triage: None }
}

pub(crate) fn facts(kev: Kev, exposed: bool, automatable: bool, impact: Impact) -> Facts {
    Facts {
        kev: known(kev),
        exposed: known(exposed),
        automatable: known(automatable),
        impact: known(impact),
        detected: known(at("2026-12-03T15:00:00Z")),
        ..Facts::default()
    }
}

fn deadline(facts: &Facts) -> Deadline {
    match decide(&table(), facts) {
        Decision::Determined(deadline) => deadline,
        Decision::Undetermined(open) => panic!("{open:?}"),
    }
}

#[test]
fn the_clock_starts_at_the_earlier_of_the_two() {
    let found_first = deadline(&facts(listed("2026-12-05"), true, true, Impact::Total));
    assert_eq!(found_first.started_by, ClockStart::Detection);
    assert_eq!(found_first.due, Some(at("2026-12-06T23:59:59.999999Z")));
    assert!(found_first.outcome.forensics && found_first.row == 1);
    assert_eq!(found_first.cisa_due, Some(at("2026-12-20")));

    let listed_first = deadline(&facts(listed("2026-12-01"), true, true, Impact::Total));
    assert_eq!(listed_first.started_by, ClockStart::KevAddition);
    assert_eq!(listed_first.due, Some(at("2026-12-04T23:59:59.999999Z")));

    let mut unseen = facts(listed("2026-12-01"), true, false, Impact::Partial);
    unseen.detected = None;
    assert_eq!(deadline(&unseen).due.unwrap().date(), "2026-12-15");

    let upgrade = deadline(&facts(Kev::NotListed, false, false, Impact::Total));
    assert_eq!((upgrade.row, upgrade.due), (15, None));
}

#[track_caller]
fn open(facts: &Facts) -> Undetermined {
    match decide(&table(), facts) {
        Decision::Determined(deadline) => panic!("{deadline:?}"),
        Decision::Undetermined(open) => open,
    }
}

#[test]
fn a_missing_input_is_never_guessed() {
    let full = facts(Kev::NotListed, true, true, Impact::Total);
    let without = |edit: fn(&mut Facts)| {
        let mut facts = full.clone();
        edit(&mut facts);
        open(&facts)
    };
    let exposed = without(|f| f.exposed = None);
    assert_eq!((exposed.missing, exposed.possible), (vec![Input::Exposed], vec![5, 13]));
    assert_eq!(exposed.earliest.unwrap().date(), "2026-12-06");
    assert_eq!(exposed.latest.unwrap().date(), "2027-02-01");

    let kev = without(|f| f.kev = None);
    assert_eq!((kev.missing, kev.possible), (vec![Input::Kev], vec![1, 5]));
    assert_eq!(without(|f| f.automatable = None).missing, [Input::Automatable]);
    assert_eq!(without(|f| f.impact = None).missing, [Input::Impact]);

    let unseen = without(|f| f.detected = None);
    assert_eq!((unseen.missing, unseen.earliest), (vec![Input::Detected], None));

    // every row that is left says 14 days, and it is still not an answer
    let mut agreed = facts(listed("2026-12-01"), false, false, Impact::Total);
    agreed.impact = None;
    let agreed = open(&agreed);
    assert_eq!(agreed.missing, [Input::Impact]);
    assert_eq!(agreed.earliest, agreed.latest);

    // without exposure an upgrade may do, so there is no latest
    let mut far = facts(Kev::NotListed, true, false, Impact::Total);
    far.exposed = None;
    assert_eq!(open(&far).latest, None);

    let nothing = open(&Facts::default());
    assert_eq!(nothing.possible.len(), 16);
    assert_eq!(nothing.missing.len(), 5);
}

#[test]
fn the_fallback_is_off_and_says_so_when_on() {
    let mut silent = facts(Kev::NotListed, true, true, Impact::Total);
    (silent.automatable, silent.impact) = (None, None);
    assert_eq!(open(&silent).missing, [Input::Automatable, Input::Impact]);

    let table = table().with_fallback(true);
    let Decision::Determined(deadline) = decide(&table, &silent) else { panic!() };
    assert_eq!(deadline.row, 7);
    assert_eq!(deadline.assumed, [Input::Automatable, Input::Impact]);

    // it does not apply in KEV, nor where one value is there, nor where KEV itself is missing
    for edit in [
        (|f| f.kev = known(listed("2026-12-01"))) as fn(&mut Facts),
        |f| f.kev = None,
        |f| f.impact = known(Impact::Partial),
    ] {
        let mut facts = silent.clone();
        edit(&mut facts);
        assert!(matches!(decide(&table, &facts), Decision::Undetermined(_)));
    }
}

#[test]
fn what_if_a_fact_were_another() {
    let base = facts(Kev::NotListed, true, true, Impact::Partial);
    let now = at("2026-12-04");
    let row = |suppose| {
        let what = what_if(&table(), &base, suppose, now);
        assert_eq!(what.is.deadline().unwrap().row, 6);
        what.would_be.deadline().unwrap().row
    };
    assert_eq!(row(Supposition::Exposed(false)), 14);
    assert_eq!(row(Supposition::AddedToKev(now)), 2);
    assert_eq!(row(Supposition::NotInKev), 6);
    assert_eq!(row(Supposition::Automatable(false)), 8);
    assert_eq!(row(Supposition::Impact(Impact::Total)), 5);
}

/// Prints the shares of outcomes over real CVEs and compares them with the measured ones.
#[test]
fn shares_of_real_cves() {
    let (Some(lines), Some(kev)) = (
        read("vulnrichment/ssvc_cvss_by_cve.jsonl.zst"),
        read("kev/known_exploited_vulnerabilities.json"),
    ) else {
        return;
    };
    let records: Vec<_> =
        advisory::vulnrichment::read_lines(&lines).collect::<Result<_, _>>().unwrap();
    assert_eq!(records.len(), 35_333);
    let catalogue = advisory::kev::read(&kev).unwrap();
    let known_cves = Intelligence::new().with_kev(&catalogue).with_ssvc(&records);
    let table = table();
    for (exposed, expected) in [
        (true, [("3-days-forensics", 0.4), ("3-days", 6.9), ("14-days", 35.0), ("60-days", 57.6)]),
        (
            false,
            [
                ("3-days-forensics", 0.2),
                ("14-days", 0.4),
                ("60-days", 17.6),
                ("next-upgrade", 81.8),
            ],
        ),
    ] {
        let mut counts: BTreeMap<Box<str>, f64> = BTreeMap::new();
        let mut total = 0.0;
        let mut undetermined = 0;
        for record in &records {
            let mut facts = known_cves.facts([record.cve.as_str()]);
            facts.exposed = known(exposed);
            facts.detected = known(at("2026-12-03"));
            match decide(&table, &facts) {
                Decision::Determined(d) => {
                    *counts.entry(d.outcome.id).or_default() += 1.0;
                    total += 1.0;
                }
                Decision::Undetermined(open) => {
                    assert_eq!(open.missing, [Input::Automatable, Input::Impact]);
                    undetermined += 1;
                }
            }
        }
        println!("exposed: {exposed}, {total} determined, {undetermined} undetermined");
        for (outcome, count) in &counts {
            println!("  {outcome}: {:.1} %", 100.0 * count / total);
        }
        assert_eq!(counts.len(), expected.len());
        for (outcome, share) in expected {
            let ours = 100.0 * counts[outcome] / total;
            // these records are four fifths of those measured
            assert!((ours - share).abs() < 1.0, "{outcome}: {ours:.1} against {share}");
        }
    }
}
