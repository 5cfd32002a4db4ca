//! Grouping, order, the question, the words; hostile text stays text.
use super::*;
use crate::decision::tests::{at, known};
use crate::facts::Input;
use crate::index::Component;
use crate::index::tests::{component, record};
use crate::shared::{rule, table};
use crate::sifted::Sifted;
use advisory::{epss, kev, osv, vulnrichment};
use domain::Vocabulary;
use std::collections::BTreeSet;
use versions::Namespace;

/// A record with one CVE and one fix.
fn flaw(id: &str, cve: &str, package: &str, fixed: Option<&str>) -> osv::Record {
    let fix = fixed.map(|f| format!(r#",{{"fixed":"{f}"}}"#)).unwrap_or_default();
    let events = format!(r#"{{"introduced":"0"}}{fix}"#);
    let ranges = format!(r#""ranges":[{{"type":"SEMVER","events":[{events}]}}]"#);
    let mut record = record(id, package, &ranges);
    record.aliases = vec![cve.to_owned()];
    record.summary = Some(format!("A flaw in {package}"));
    record
}

fn facts_only() -> Intelligence {
    let entry = |cve: &str, added: &str, ransomware: &str| {
        format!(
            r#"{{"cveID":"{cve}","vendorProject":"v","product":"p","vulnerabilityName":"n",
            "dateAdded":"{added}","shortDescription":"s","requiredAction":"r",
            "dueDate":"2026-12-24","knownRansomwareCampaignUse":"{ransomware}"}}"#
        )
    };
    let entries = [
        entry("CVE-2026-1001", "2026-12-01", "Known"),
        entry("CVE-2026-1002", "2026-12-01", "Unknown"),
    ];
    let catalogue = format!(
        r#"{{"title":"t","catalogVersion":"2026.12.01","dateReleased":"2026-12-01T12:00:00Z",
        "count":{},"vulnerabilities":[{}]}}"#,
        entries.len(),
        entries.join(",")
    );
    let ssvc = |cve: &str, automatable: &str, impact: &str| {
        let line = format!(
            r#"{{"cve":"{cve}","ssvc":{{"Exploitation":"none","Automatable":"{automatable}",
            "Technical Impact":"{impact}","timestamp":"2026-11-20T00:00:00Z"}}}}"#
        );
        vulnrichment::read_compact(line.as_bytes()).unwrap()
    };
    let records = [
        ssvc("CVE-2026-1001", "yes", "total"),
        ssvc("CVE-2026-1002", "Yes", "Total"),
        ssvc("CVE-2026-1003", "no", "partial"),
        ssvc("CVE-2026-1004", "no", "partial"),
        ssvc("CVE-2026-1006", "yes", "total"),
    ];
    Intelligence::new().with_kev(&kev::read(catalogue.as_bytes()).unwrap()).with_ssvc(&records)
}

fn intelligence() -> Intelligence {
    let scores = "cve,epss\nCVE-2026-1003,0.00042\nCVE-2026-1004,0.61\n";
    facts_only().with_epss(&epss::read(scores.as_bytes()).unwrap())
}

fn records() -> Vec<osv::Record> {
    let mut unmaintained = flaw("RUSTSEC-2026-0007", "CVE-2026-1007", "crates.io/old", None);
    unmaintained.affected[0].database_specific.informational = Some("unmaintained".to_owned());
    vec![
        flaw("RUSTSEC-2026-0001", "CVE-2026-1001", "crates.io/mail", Some("1.2.0")),
        flaw("RUSTSEC-2026-0002", "CVE-2026-1002", "crates.io/mail", Some("1.4.0")),
        flaw("GHSA-aaaa", "CVE-2026-1001", "crates.io/mail", Some("1.2.0")),
        flaw("RUSTSEC-2026-0003", "CVE-2026-1003", "crates.io/lowly", Some("2.0.0")),
        flaw("RUSTSEC-2026-0004", "CVE-2026-1004", "crates.io/likely", Some("2.0.0")),
        flaw("RUSTSEC-2026-0005", "CVE-2026-1005", "crates.io/silent", Some("0.3.1")),
        flaw("RUSTSEC-2026-0006", "CVE-2026-1006", "crates.io/doomed", None),
        unmaintained,
    ]
}

fn asset(id: &str, name: &str, exposed: Option<bool>, parts: &[(&str, &str)]) -> Asset {
    let parts = parts.iter().map(|(name, version)| component(name, Some(version)));
    let parts = Sifted::of(&parts.collect::<Vec<_>>(), &Index::build(&records()));
    Asset {
        id: id.parse().unwrap(),
        name: name.parse().unwrap(),
        exposed: exposed.and_then(known),
        mission: None,
        taken_at: at("2026-12-02T07:00:00Z"),
        parts,
    }
}

pub(super) fn assets() -> Vec<Asset> {
    let mut mail = asset(
        "mail",
        "the mail gateway",
        Some(true),
        &[("crates.io/mail", "1.0.0"), ("crates.io/lowly", "1.0.0"), ("crates.io/old", "1.0.0")],
    );
    mail.parts.uncovered.push(Component { namespace: None, name: "own".into(), version: None });
    let lab = asset(
        "lab",
        "the lab system",
        None,
        &[
            ("crates.io/mail", "1.0.0"),
            ("crates.io/likely", "1.0.0"),
            ("crates.io/lowly", "soon"),
            ("crates.io/silent", "0.3.0"),
            ("crates.io/doomed", "1.0.0"),
        ],
    );
    vec![mail, lab]
}

fn worklist(assets: &[Asset]) -> Worklist {
    let index = Index::build(&records());
    let now = at("2026-12-02T08:00:00Z");
    let fleet = &fleet(assets);
    Worklist::build((&table(), &index), &intelligence(), fleet, &Detections::new(), now)
}

fn fleet(assets: &[Asset]) -> Fleet {
    assets.iter().cloned().collect()
}

/// With what suppliers say.
pub(super) fn build_with(assets: &[Asset], say: impl FnOnce(&mut Suppressions)) -> Worklist {
    let (index, now) = (Index::build(&records()), at("2026-12-02T08:00:00Z"));
    let mut said = Suppressions::default();
    say(&mut said);
    let before = (&Detections::new(), &said);
    Worklist::build_without((&table(), &index), &intelligence(), &fleet(assets), before, now)
}

pub(super) fn vocabulary() -> Vocabulary {
    words("en")
}

fn words(language: &str) -> Vocabulary {
    let words = Vocabulary::read(&rule("vocabulary.toml"), language).unwrap();
    words.require(WORDS.iter().copied()).unwrap();
    words
}

#[test]
fn in_plain_words() {
    let words = words("en");
    let text = worklist(&assets()).view(&words).text(&words);
    expect_test::expect_file!["worklist-en.txt"].assert_eq(&text);
}

#[test]
fn in_spanish() {
    let words = words("es");
    let view = worklist(&assets()).view(&words);
    assert_eq!(view.today_heading.as_deref(), Some("Haga estas tres cosas hoy"));
    let text = view.text(&words);
    assert!(!text.contains('{') && !text.contains("worklist-") && !text.contains("due-"), "{text}");
}

#[test]
fn one_action_closes_all_its_advisories_once() {
    let list = worklist(&assets());
    let first = &list.items[0];
    assert_eq!((&*first.package, &first.remedy), ("mail", &Remedy::Upgrade { to: "1.4.0".into() }));
    let closes: Vec<_> = first.closes.iter().map(AdvisoryId::as_str).collect();
    let expected =
        ["CVE-2026-1001", "CVE-2026-1002", "GHSA-aaaa", "RUSTSEC-2026-0001", "RUSTSEC-2026-0002"];
    assert_eq!(closes, expected);
    // two systems, two flaws: the three records about one flaw count once
    assert_eq!(first.targets.len(), 4);
    assert!(first.forensics && first.worth.exploited && first.worth.ransomware);
    assert_eq!((first.row, first.plan_by.unwrap().date()), (Some(1), "2026-12-04".to_owned()));
    assert_eq!(list.notices.len(), 1);
    assert_eq!(list.unknowns.len(), 1);
    let uncovered = list.uncovered.iter().map(|(at, n)| (at.ids().collect::<Vec<_>>(), *n));
    assert_eq!(uncovered.collect::<Vec<_>>(), [(vec!["mail".parse().unwrap()], 1)]);
    assert_eq!(list.undetermined().count(), 5);
}

#[test]
fn epss_raises_among_equals_and_moves_no_deadline() {
    let parts = [("crates.io/likely", "1.0.0"), ("crates.io/lowly", "1.0.0")];
    let list = worklist(&[asset("a", "a", Some(true), &parts)]);
    let order: Vec<_> =
        list.items.iter().map(|a| (&*a.package, a.plan_by.unwrap().date())).collect();
    let due = "2027-01-31".to_owned();
    assert_eq!(order, [("likely", due.clone()), ("lowly", due)]);

    // the same without scores: no deadline is another
    let index = Index::build(&records());
    let without = facts_only();
    let assets = [asset("a", "a", Some(true), &parts)];
    let now = at("2026-12-02T08:00:00Z");
    let plain =
        Worklist::build((&table(), &index), &without, &fleet(&assets), &Detections::new(), now);
    let dues = |list: &Worklist| list.items.iter().map(|a| a.plan_by).collect::<BTreeSet<_>>();
    assert_eq!(dues(&plain), dues(&list));
}

#[test]
fn the_question_is_the_one_that_matters() {
    let list = worklist(&assets());
    let question = list.question.unwrap();
    assert_eq!((question.asset.as_str(), question.input), ("lab", Input::Exposed));
    assert_eq!(question.if_yes.unwrap().date(), "2026-12-05");
    assert_eq!(question.if_no.unwrap().date(), "2027-01-31");
    assert!(question.moves >= 2, "{}", question.moves);

    let known: Vec<_> = assets()
        .into_iter()
        .map(|mut a| {
            a.exposed = known(true);
            a
        })
        .collect();
    assert_eq!(worklist(&known).question, None);
}

/// CISA's tree gives no days: its own order counts, what it wants soon comes today, and dates are words.
#[test]
fn a_table_without_days_orders_by_its_outcomes() {
    let tree = Table::read(&rule("ssvc-cisa.toml")).unwrap();
    let (index, now) = (Index::build(&records()), at("2026-12-02T08:00:00Z"));
    let mut critical = assets();
    critical.iter_mut().for_each(|asset| asset.mission = known(Mission::High));
    let list = Worklist::build(
        (&tree, &index),
        &intelligence(),
        &fleet(&critical),
        &Detections::new(),
        now,
    );
    let ranks: Vec<_> = list.items.iter().map(|action| action.rank).collect();
    assert!(ranks.is_sorted() && ranks.first() != ranks.last(), "{ranks:?}");
    let english = list.view(&words("en"));
    assert!(english.today[0].what.contains("mail"), "{:?}", english.today);
    assert_eq!(english.today[0].due, "as soon as you can; tell your leaders");
    assert_eq!(list.view(&words("es")).today[0].due, "lo antes posible; avise a la dirección");
    assert!(english.today[0].because[0].starts_with("CISA SSVC tree, row "));
    assert_eq!(list.question, None, "the tree does not ask what the internet can reach");
    let unsaid = Worklist::build(
        (&tree, &index),
        &intelligence(),
        &fleet(&assets()),
        &Detections::new(),
        now,
    );
    let missing: Vec<_> = unsaid.undetermined().flat_map(|(_, open)| &open.missing).collect();
    assert!(missing.contains(&&Input::Mission), "{missing:?}");
}

/// The deployer tree asks for exposure, and so does the list.
#[test]
fn the_question_works_without_days() {
    let tree = Table::read(&rule("ssvc-deployer.toml")).unwrap();
    let (index, now) = (Index::build(&records()), at("2026-12-02T08:00:00Z"));
    let mut assets = assets();
    assets.iter_mut().for_each(|asset| asset.mission = known(Mission::High));
    let list =
        Worklist::build((&tree, &index), &intelligence(), &fleet(&assets), &Detections::new(), now);
    let question = list.view(&words("en")).question.unwrap();
    assert!(question.ask.contains("the lab system"), "{question:?}");
    assert!(!question.if_yes.contains("20"), "words, no date: {question:?}");
}

#[test]
fn finding_it_again_restarts_no_clock() {
    let index = Index::build(&records());
    let assets = [asset("a", "a", Some(true), &[("crates.io/lowly", "1.0.0")])];
    let mut detections = Detections::new();
    detections.insert("a".parse().unwrap(), "CVE-2026-1003".parse().unwrap(), at("2026-11-01"));
    let now = at("2027-01-02T08:00:00Z");
    let list =
        Worklist::build((&table(), &index), &intelligence(), &fleet(&assets), &detections, now);
    assert_eq!(list.items[0].plan_by.unwrap().date(), "2026-12-31");
    let words = words("en");
    let view = list.view(&words);
    assert_eq!(view.today[0].due, "Overdue since 2026-12-31; days late: 2.");
}

#[test]
fn nothing_to_do_says_so() {
    let list = worklist(&[asset("a", "a", Some(true), &[("crates.io/fine", "1.0.0")])]);
    let words = words("en");
    let text = list.view(&words).text(&words);
    assert!(text.contains("Nothing here has a known flaw"), "{text}");
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "x\u{1b}[2J\u{202e}$(reboot)";
    let mut bad = flaw("RUSTSEC-2026-0009", "CVE-2026-1009", "crates.io/x", Some("1.0.0"));
    bad.affected[0].package.as_mut().unwrap().name = hostile.to_owned();
    bad.summary = Some("one\ntwo \u{7} {package}".to_owned());
    let index = Index::build([&bad]);
    let mut asset = asset("a", "a", Some(true), &[]);
    let part = Component {
        namespace: Some(Namespace::whole(Ecosystem::CratesIo)),
        name: hostile.into(),
        version: Some("0.9.0".into()),
    };
    asset.parts = Sifted::of(&[part], &index);
    let now = at("2026-12-02");
    let list = Worklist::build(
        (&table(), &index),
        &intelligence(),
        &fleet(&[asset]),
        &Detections::new(),
        now,
    );
    let words = words("en");
    let view = list.view(&words);
    let text = view.text(&words);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}') && text.contains("no command is given"), "{text}");
    assert!(text.contains("one two {package}"), "{text}");
    assert!(serde_json::to_string(&view).is_ok() && serde_json::to_string(&list).is_ok());
}

#[test]
fn a_flaw_is_explained_by_any_of_its_ids() {
    let words = words("en");
    words.require(EXPLAIN_WORDS.iter().copied()).unwrap();
    let (index, list) = (Index::build(&records()), worklist(&assets()));
    let ask = |id: &str| {
        explain(&id.parse().unwrap(), (&table(), &index), &intelligence(), &list, &words)
    };
    let by_cve = ask("CVE-2026-1001").unwrap();
    assert_eq!(by_cve, ask("RUSTSEC-2026-0001").unwrap());
    expect_test::expect_file!["explain-en.txt"].assert_eq(&by_cve.text(&words));
    let unlisted = ask("CVE-2026-1006").unwrap();
    let inputs: Vec<_> = unlisted.would_change.iter().map(|c| (c.input, c.value)).collect();
    assert!(inputs.contains(&(Input::Exposed, false)), "{unlisted:?}");
    for change in &unlisted.would_change {
        assert_ne!(change.is, change.would_be);
    }
    assert_eq!(ask("CVE-1999-0001"), None);
    let spanish = Vocabulary::read(&rule("vocabulary.toml"), "es").unwrap();
    spanish.require(EXPLAIN_WORDS.iter().copied()).unwrap();
    let text = by_cve.text(&spanish);
    assert!(!text.contains('{') && !text.contains("explain-"), "{text}");
}

/// What nobody can rule out, and what has no date, is not "not here".
#[test]
fn what_may_be_there_is_explained() {
    let words = words("en");
    let (index, table) = (Index::build(&records()), table());
    let ask = |id: &str, parts: &[(&str, &str)]| {
        let list = worklist(&[asset("lab", "the lab system", None, parts)]);
        explain(&id.parse().unwrap(), (&table, &index), &intelligence(), &list, &words).unwrap()
    };
    let check = |id: &str, part, told: &str| {
        let explained = ask(id, &[part]);
        let text = explained.text(&words);
        assert!(explained.is_here() && explained.here.is_empty(), "{text}");
        assert!(text.contains(told) && !text.contains(words.word("explain-not-here")), "{text}");
    };
    check("CVE-2026-1003", ("crates.io/lowly", "soon"), "We could not tell");
    check("CVE-2026-1007", ("crates.io/old", "1.0.0"), "Worth knowing");
    let elsewhere = ask("CVE-2026-1003", &[("crates.io/old", "1.0.0")]);
    assert!(!elsewhere.is_here());
    assert!(elsewhere.text(&words).contains(words.word("explain-not-here")));
}

/// One system: what is known of it, and what the one fact would move that only its operator knows.
#[test]
fn a_system_is_explained() {
    let table = table();
    for (language, told) in
        [("en", "If you take it off the internet"), ("es", "Si lo quita de internet")]
    {
        let words = words(language);
        words.require(EXPLAIN_WORDS.iter().copied()).unwrap();
        let list = worklist(&assets()[..1]);
        let explained = explain_asset("the mail gateway", &table, &list, &words);
        assert_eq!(explained.view, list.view(&words));
        let [moves] = &explained.would_change[..] else { panic!("{explained:?}") };
        assert!(!moves.exposed && moves.count > 0 && moves.is != moves.would_be, "{moves:?}");
        let text = explained.text(&words);
        assert!(text.contains(told) && !text.contains('{') && !text.contains("explain-"), "{text}");
    }
    // where nobody knows, the date to plan by is already that of yes
    let list = worklist(&assets()[1..]);
    let explained = explain_asset("the lab system", &table, &list, &words("en"));
    assert!(explained.would_change.iter().all(|moves| !moves.exposed), "{explained:?}");
    assert_eq!(explained.would_change.len(), 1);
}
