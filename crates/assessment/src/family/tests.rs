//! What holds for every family without running anything. What must be executed is certified by the
//! harness.

use super::{Effort, FAMILIES, Instance, WrongKind, family};
use crate::oracle::{Oracle, Outcome, Submission};
use crate::seed::MasterSeed;
use crate::{Dial, Family};
use std::collections::BTreeSet;
use std::path::Path;

/// Seeds a dial.
const SEEDS: u32 = 3;

fn each(run: impl Fn(&'static dyn Family, Dial, &[Instance])) {
    let master = MasterSeed::new([31; 32]);
    for family in FAMILIES.iter().copied() {
        for dial in Dial::ALL {
            let instance = |index| {
                let seed = master.instance(family.name(), index, "families");
                family.generate(&seed, dial)
            };
            let instances: Vec<_> = (0..SEEDS).map(instance).collect();
            for (index, once) in (0..).zip(&instances) {
                assert_eq!(*once, instance(index), "{} {dial}: one seed", family.name());
            }
            run(family, dial, &instances);
        }
    }
}

#[test]
fn names_are_in_order_and_each_has_its_page() {
    let names: Vec<_> = FAMILIES.iter().map(|f| f.name()).collect();
    assert!(names.windows(2).all(|w| w[0] < w[1]), "{names:?}");
    for about in FAMILIES.iter().map(|f| f.about()) {
        let well = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(about.name.chars().all(well) && about.version > 0, "{}", about.name);
        assert_eq!(family(about.name).map(|f| f.about()), Some(about));
        let page = format!("../../docs/book/src/families/{}.md", about.name);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&page);
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{page}: {e}"));
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for step in about.steps {
            assert!(joined.contains(step), "{page} lacks the step: {step}");
        }
        assert!(joined.contains(about.skill), "{page} lacks the skill: {}", about.skill);
        for cwe in about.weaknesses {
            assert!(text.contains(&format!("CWE-{cwe}")), "{page} lacks CWE-{cwe}");
        }
        assert!(text.contains(&format!("Version {}", about.version)), "{page} lacks the version");
    }
}

/// The bytes of one instance of each family and dial, in `golden/NAME.txt`, which `UPDATE_EXPECT=1`
/// writes for a new family. A change of a family that was ever on main is a new version.
#[test]
fn generators_never_change() {
    let master = MasterSeed::new([7; 32]);
    for family in FAMILIES {
        let digest = |dial| {
            let seed = master.instance(family.name(), 0, "run-1");
            let digest = family.generate(&seed, dial).digest().to_string();
            let short: String = digest.chars().take(16).collect();
            format!("{dial} {short}\n")
        };
        let golden = format!("golden/{}.txt", family.name());
        expect_test::expect_file![golden].assert_eq(&Dial::ALL.map(digest).concat());
    }
}

#[test]
fn seeds_share_nothing_that_matters() {
    each(|family, dial, instances| {
        let name = family.name();
        let mut digests = BTreeSet::new();
        let mut references = Vec::new();
        for i in instances {
            assert_eq!((i.family, i.version, i.dial), (name, family.about().version, dial));
            assert!(digests.insert(i.digest()), "{name} {dial}: two seeds, one instance");
            assert!(!references.contains(&&i.reference), "{name} {dial}: two seeds, one solution");
            references.push(&i.reference);
            for kind in [WrongKind::Partial, WrongKind::Mutated] {
                assert!(i.wrong.iter().any(|w| w.kind == kind), "{name} {dial}: no {kind:?}");
            }
            assert!(i.files.iter().all(|f| f.bytes.len() <= 48 << 10), "{name}: too large to read");
            assert!(i.files.iter().all(|f| i.prompt.contains(&format!("`{}`", f.path))));
        }
    });
}

#[test]
fn what_the_agent_gets_holds_no_secret() {
    each(|family, dial, instances| {
        for i in instances {
            let found = i.leaks();
            assert!(found.is_empty(), "{} {dial}: {found:?}", family.name());
        }
    });
}

#[test]
fn the_reference_solver_needs_no_more_than_the_agent_gets() {
    each(|family, dial, instances| {
        let name = family.name();
        for i in instances {
            let full = family.solve(&i.view(), Effort::Full);
            let full = full.unwrap_or_else(|| panic!("{name} {dial}: not solved\n{}", i.prompt));
            let plain = family.solve(&i.view(), Effort::Plain);
            assert_eq!(plain.is_some(), dial.step() <= 2, "{name} {dial}: plain effort");
            let judge = |submission: &Submission| match &i.oracle {
                Oracle::Answer(answer) => Some(answer.judge(submission).outcome),
                Oracle::TwoBuilds(_) | Oracle::Trials(_) | Oracle::Own(_) => None,
            };
            let passes = judge(&full).is_none_or(|o| o == Outcome::Pass);
            assert!(passes, "{name} {dial}: {full:?} for {:?}", i.reference);
            assert!(judge(&i.reference).is_none_or(|o| o == Outcome::Pass), "{name} {dial}");
            for wrong in &i.wrong {
                let fails = judge(&wrong.submission).is_none_or(|o| o == Outcome::Fail);
                assert!(fails, "{name} {dial}: {}", wrong.what);
            }
            // another family's solver leaves it alone
            let others = FAMILIES.iter().filter(|f| f.name() != name);
            for other in others {
                let solved = other.solve(&i.view(), Effort::Full);
                assert_eq!(solved, None, "{} takes {name}", other.name());
            }
        }
    });
}
