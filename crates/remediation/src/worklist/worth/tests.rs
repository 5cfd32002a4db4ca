//! Raising any input never lowers what a task is worth, and more work never raises it.
use super::*;
use crate::decision::tests::known;
use crate::facts::Facts;
use crate::flaw::{Class, Flaw};
use crate::fleet::{AssetSet, Fleet};
use crate::sifted::Sifted;
use crate::worklist::{Asset, Ruling};
use domain::Timestamp;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// What is known of one flaw on one system.
#[derive(Debug, Clone, Copy)]
struct One {
    system: u8,
    flaw: u8,
    /// Not listed, listed, listed with ransomware.
    kev: u8,
    active: bool,
    epss: Option<u32>,
    exposed: Option<bool>,
    mission: Option<Mission>,
}

/// The assets that the tests speak of, by the number in their name.
static ALL: LazyLock<AssetSet> = LazyLock::new(|| {
    let asset = |number: u8| Asset {
        id: format!("system-{number}").parse().unwrap(),
        name: "a system".parse().unwrap(),
        exposed: None,
        mission: None,
        taken_at: Timestamp::EPOCH,
        parts: Sifted::default(),
    };
    (0..=u8::MAX).map(asset).collect::<Fleet>().all()
});

fn target(one: &One) -> Target {
    let id: AdvisoryId = format!("CVE-2026-{}", one.flaw).parse().unwrap();
    let kev = match one.kev {
        0 => Kev::NotListed,
        kind => Kev::Listed {
            added: Timestamp::EPOCH,
            cisa_due: None,
            ransomware: Some(kind > 1),
            forensic_triage: None,
        },
    };
    Target {
        assets: ALL.with([u32::from(one.system)].into_iter().collect()),
        version: "1.0.0".into(),
        files: Vec::new(),
        ruling: Arc::new(Ruling {
            flaw: Arc::new(Flaw {
                ids: vec![id.clone()],
                id,
                summary: None,
                class: Class::Vulnerability,
            }),
            epss: one.epss.and_then(Probability::hundred_thousandth),
            facts: Facts {
                kev: known(kev),
                exposed: one.exposed.and_then(known),
                exploitation: one.active.then_some(Exploitation::Active).and_then(known),
                mission: one.mission.and_then(known),
                ..Facts::default()
            },
            decision: None,
        }),
    }
}

fn worth(all: &[One], effort: Effort) -> u64 {
    let targets: Vec<_> = all.iter().map(target).collect();
    Worth::of(&targets, effort).an_hour
}

/// One thousandth of a point an hour for every thousandth; all the figures of the manual.
#[test]
fn the_figures_of_the_manual() {
    let plain = One {
        system: 1,
        flaw: 1,
        kev: 0,
        active: false,
        epss: None,
        exposed: Some(true),
        mission: None,
    };
    let check = |one: One, effort, harm| {
        let worth = Worth::of(&[target(&one)], effort);
        assert_eq!(worth.all.harm, harm, "{one:?}");
        let (prepare, each) = effort.minutes();
        assert_eq!((worth.all.minutes, worth.all.systems), (prepare + each, 1));
        assert_eq!(worth.an_hour, harm * 60 / (prepare + each));
    };
    check(plain, Effort::Update, 1_000);
    check(One { kev: 1, ..plain }, Effort::Update, 100_000);
    check(One { active: true, ..plain }, Effort::NewLine, 100_000);
    check(One { kev: 2, ..plain }, Effort::Replace, 200_000);
    check(One { epss: Some(42), ..plain }, Effort::Update, 1_000);
    check(One { epss: Some(61_000), ..plain }, Effort::Update, 61_000);
    check(One { exposed: None, ..plain }, Effort::Update, 1_000);
    check(One { exposed: Some(false), ..plain }, Effort::Update, 100);
    check(One { mission: Some(Mission::Low), ..plain }, Effort::Update, 500);
    check(One { mission: Some(Mission::High), ..plain }, Effort::Update, 2_000);
    check(One { mission: Some(Mission::VeryHigh), ..plain }, Effort::Update, 4_000);
    // two flaws of one per cent: one chance in a hundred twice is 1.99
    let two = Worth::of(&[target(&plain), target(&One { flaw: 2, ..plain })], Effort::Update);
    assert_eq!(two.all.harm, 1_990);
    // one flaw in two copies of the package is one flaw
    let copies = Worth::of(&[target(&plain), target(&plain)], Effort::Update);
    assert_eq!(copies.all.harm, 1_000);
}

/// A small system beside a grave one: more to do in all, and the task stays where it is.
#[test]
fn a_further_system_moves_nothing_back() {
    let grave = One {
        system: 1,
        flaw: 1,
        kev: 2,
        active: false,
        epss: None,
        exposed: Some(true),
        mission: Some(Mission::VeryHigh),
    };
    let small = One { system: 2, exposed: Some(false), mission: Some(Mission::Low), ..grave };
    let alone = Worth::of(&[target(&grave)], Effort::Update);
    let both = Worth::of(&[target(&small), target(&grave)], Effort::Update);
    assert_eq!(both.first, alone.all);
    assert_eq!(both.an_hour, alone.an_hour);
    assert!(both.all.harm > alone.all.harm && both.all.systems == 2);
    // two alike share the preparation
    let alike = Worth::of(&[target(&grave), target(&One { system: 2, ..grave })], Effort::Update);
    assert!(alike.an_hour > alone.an_hour && alike.first == alike.all);
}

/// As one target on many systems, as it is with a target for each.
#[test]
fn many_systems_at_once_are_each_of_them() {
    let one = |system, flaw, kev, exposed| One {
        system,
        flaw,
        kev,
        active: false,
        epss: Some(u32::from(flaw) * 9_000),
        exposed: Some(exposed),
        mission: None,
    };
    let apart: Vec<_> = (0..40)
        .flat_map(|s| [one(s, 1, 0, s < 9), one(s, 2, 1, s < 9)])
        .chain((20..60).map(|s| one(s, 3, 2, false)))
        .map(|one| target(&one))
        .collect();
    let with = |flaw: u8, systems: std::ops::Range<u8>, kev, exposed| {
        let set = systems.clone().map(u32::from).collect();
        Target { assets: ALL.with(set), ..target(&one(systems.start, flaw, kev, exposed)) }
    };
    let joined = [
        with(1, 0..9, 0, true),
        with(2, 0..9, 1, true),
        with(1, 9..40, 0, false),
        with(2, 9..40, 1, false),
        with(3, 20..60, 2, false),
    ];
    for effort in [Effort::Update, Effort::NewLine, Effort::Replace] {
        assert_eq!(Worth::of(&joined, effort), Worth::of(&apart, effort));
    }
}

prop_compose! {
    /// Exposure and mission are a system's own.
    fn some()(
        systems in prop::collection::vec((prop::option::of(any::<bool>()), 0usize..5), 3),
        flaws in prop::collection::vec(
            (0u8..3, 0u8..6, 0u8..3, any::<bool>(), prop::option::of(0u32..=100_000)),
            1..12,
        ),
    ) -> Vec<One> {
        let one = |&(system, flaw, kev, active, epss)| {
            let (exposed, mission) = systems[usize::from(system)];
            let mission = mission.checked_sub(1).map(|at| Mission::ALL[at]);
            One { system, flaw, kev, active, epss, exposed, mission }
        };
        flaws.iter().map(one).collect()
    }
}

/// The values of an input, ascending by the harm that they stand for.
fn raised(all: &[One], at: usize, what: u8) -> Vec<One> {
    let mut all = all.to_vec();
    let place = at % all.len();
    let system = all[place].system;
    let of_system = |all: &mut Vec<One>, raise: &dyn Fn(&mut One)| {
        all.iter_mut().filter(|one| one.system == system).for_each(raise);
    };
    match what {
        0 => all[place].kev = (all[place].kev + 1).min(2),
        1 => all[place].active = true,
        2 => all[place].epss = Some(all[place].epss.map_or(0, |p| (p + p / 3 + 1).min(100_000))),
        3 => of_system(&mut all, &|one| one.exposed = Some(true)),
        4 => of_system(&mut all, &|one| {
            one.mission = Some(match one.mission {
                Some(Mission::Low) => Mission::Medium,
                None | Some(Mission::Medium) => Mission::High,
                Some(Mission::High | Mission::VeryHigh) => Mission::VeryHigh,
            });
        }),
        _ => {
            // it closes one more flaw, or what it closes is on one more system
            let more = One { flaw: 100 + what, ..all[place] };
            all.push(if what == 5 { more } else { One { system: 9, ..more } });
        }
    }
    all
}

proptest! {
    #[test]
    fn raising_an_input_never_lowers(all in some(), at in 0usize..12, what in 0u8..7) {
        for effort in [Effort::Update, Effort::NewLine, Effort::Replace] {
            let (before, after) = (worth(&all, effort), worth(&raised(&all, at, what), effort));
            prop_assert!(after >= before, "{before} -> {after}");
        }
    }

    #[test]
    fn a_score_never_lowers(all in some()) {
        let without: Vec<_> = all.iter().map(|one| One { epss: None, ..*one }).collect();
        prop_assert!(worth(&all, Effort::Update) >= worth(&without, Effort::Update));
    }

    #[test]
    fn more_work_never_raises(all in some()) {
        let [a, b, c] = [Effort::Update, Effort::NewLine, Effort::Replace].map(|e| worth(&all, e));
        prop_assert!(a >= b && b >= c);
    }

    /// The order in which flaws are found decides nothing.
    #[test]
    fn any_order_is_worth_the_same(all in some()) {
        let mut back = all.clone();
        back.reverse();
        prop_assert_eq!(worth(&all, Effort::Update), worth(&back, Effort::Update));
    }
}
