//! What must hold of any model, and one worked by hand.
use super::*;

fn ring(readers: u32, systems: u32, half_life: f64, share: f64) -> LeadRing {
    LeadRing { name: "ring".to_owned(), readers, systems, half_life, share }
}

fn model(leak: f64) -> LeadModel {
    let rings = vec![ring(20, 1_000, 7.0, 1.0), ring(0, 9_000, 43.0, 0.0)];
    LeadModel { rings, leak, weapon: 1.0, noticed: 0.0, horizon: 365.0 }
}

#[test]
fn by_hand() {
    // one system, half-life 1 day, attackable from the public hour for ever: 1/ln 2 days; told a day before: half
    let one = LeadModel {
        rings: vec![ring(1, 1, 1.0, 1.0)],
        leak: 0.0,
        weapon: 0.0,
        noticed: 0.0,
        horizon: 1_000.0,
    };
    let all = one.leads(1).unwrap();
    assert!((all.leads[0].exposure - 1.0 / std::f64::consts::LN_2).abs() < 1e-9);
    assert!((all.leads[1].exposure - 0.5 / std::f64::consts::LN_2).abs() < 1e-9);
}

#[test]
fn without_leaks_longer_is_better() {
    let all = model(0.0).leads(30).unwrap();
    assert!(all.leads.windows(2).all(|pair| pair[1].exposure < pair[0].exposure));
    assert_eq!((all.best.days, all.best.leaks), (30, 0.0));
}

#[test]
fn a_leak_tells_everybody_and_the_risk_grows() {
    let all = model(0.01).leads(30).unwrap();
    assert!(all.leads.windows(2).all(|pair| pair[1].leaks > pair[0].leaks));
    let expected = 1.0 - (-0.01f64 * 20.0 * 30.0).exp();
    assert!((all.leads[30].leaks - expected).abs() < 1e-9);
    assert!(all.leads.iter().skip(1).all(|lead| lead.exposure > lead.without_leak));
    assert!(all.leads.iter().all(|lead| lead.exposure.is_finite()));
}

/// The later a leak is noticed, the more it costs; whoever is told with everybody is attacked unawares meanwhile.
#[test]
fn a_leak_that_nobody_notices_costs_more() {
    let with =
        |noticed| LeadModel { noticed, ..model(0.001) }.leads(30).unwrap().leads[30].exposure;
    assert!(with(0.0) < with(3.0) && with(3.0) < with(10.0));
    // one ring, told with everybody, leaks at once five days ahead, noticed after three: 9,000 systems wait
    // two days (one day passes until attackers use it) and then patch with half-life 43 days
    let all = LeadModel { noticed: 3.0, ..model(0.0) };
    let rate = 43.0 / std::f64::consts::LN_2;
    let late = 9_000.0 * (2.0 + rate * (1.0 - (-362.0f64 / 43.0).exp2()));
    let early = 1_000.0 * 7.0 / std::f64::consts::LN_2
        * ((-1.0f64 / 7.0).exp2() - (-365.0f64 / 7.0).exp2());
    assert!((all.exposed(5.0, -5.0) - (late + early)).abs() < 1e-6);
    // at the public hour everybody is told, whatever was noticed
    let far = LeadModel { noticed: 300.0, ..model(0.0) };
    let five = LeadModel { noticed: 5.0, ..model(0.0) };
    assert!((far.exposed(5.0, -5.0) - five.exposed(5.0, -5.0)).abs() < 1e-9);
}

#[test]
fn numbers_outside_are_refused() {
    let mut wrong = model(0.01);
    wrong.rings[0].share = 1.5;
    let error = wrong.leads(30).unwrap_err().to_string();
    assert_eq!(error, "the share of `ring` is 1.5; it must be 0 to 1");
    assert!(model(f64::NAN).leads(30).is_err() && model(0.01).leads(0).is_err());
}

#[test]
fn the_picture_is_whole() {
    let svg = model(0.001).leads(28).unwrap().svg();
    assert_eq!(svg.matches("<polyline").count(), 3);
    assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
}
