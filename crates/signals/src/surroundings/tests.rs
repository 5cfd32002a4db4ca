//! Places on the globe, hours over midnight, and files that are refused.

use super::Surroundings;
use crate::network_of;
use domain::Timestamp;

const FILE: &str = r#"
[[site]]
name = "office"
party = "evaluator"
networks = ["192.0.2.0/24", "2001:db8::/48"]
latitude = 51.5
longitude = -0.1

[[site]]
name = "branch"
networks = ["198.51.100.0/23"]
latitude = 40.7
longitude = -74.0

[[hours]]
party = "evaluator"
from = 22
to = 6
utc-offset-minutes = 60
days = [1, 2, 3, 4, 5]

[[hours]]
party = "evaluator"
person = "p2"
from = 9
to = 17

[[purpose]]
grant = "g1"
is = "red-team"
"#;

#[test]
fn places_and_distances() {
    let all = Surroundings::read(&FILE.replace("/23", "/24")).expect("sound");
    let party = "evaluator".parse().expect("id");
    let site = |address: &str| all.site(&party, &network_of(address.parse().expect("address")));
    let office = site("192.0.2.77").expect("declared");
    assert_eq!(office.name, "office");
    assert_eq!(site("2001:db8:0:7::1").map(|s| s.name.as_str()), Some("office"));
    assert_eq!(site("::ffff:192.0.2.1").map(|s| s.name.as_str()), Some("office"));
    assert!(site("203.0.113.1").is_none());
    let branch = site("198.51.100.1").expect("declared for everyone");
    // London to New York: 5,570 km
    assert!((5_540..=5_600).contains(&office.kilometres_to(branch).expect("both are placed")));
    assert_eq!(office.kilometres_to(office), Some(0));
    let other = "other".parse().expect("id");
    assert!(all.site(&other, &network_of("192.0.2.77".parse().expect("address"))).is_none());
}

#[test]
fn hours_reach_over_midnight_and_a_person_may_have_other_ones() {
    let all = Surroundings::read(&FILE.replace("/23", "/24")).expect("sound");
    let party = "evaluator".parse().expect("id");
    let at_work = |person: &str, at: &str| {
        let at: Timestamp = at.parse().expect("instant");
        all.at_work(&party, &person.parse().expect("id"), at)
    };
    // 2026-06-08 is a Monday; the clock there is an hour ahead
    assert_eq!(at_work("p1", "2026-06-08T21:00:00Z"), Some(true));
    assert_eq!(at_work("p1", "2026-06-08T20:59:00Z"), Some(false));
    assert_eq!(at_work("p1", "2026-06-09T04:59:00Z"), Some(true));
    assert_eq!(at_work("p1", "2026-06-09T05:00:00Z"), Some(false));
    // Saturday morning belongs to Friday's night, Sunday's night to nobody's
    assert_eq!(at_work("p1", "2026-06-13T03:00:00Z"), Some(true));
    assert_eq!(at_work("p1", "2026-06-14T22:00:00Z"), Some(false));
    assert_eq!(at_work("p2", "2026-06-08T10:00:00Z"), Some(true));
    assert_eq!(at_work("p2", "2026-06-08T21:00:00Z"), Some(false));
    let nobody = "other".parse().expect("id");
    let noon = "2026-06-08T12:00:00Z".parse().expect("instant");
    assert_eq!(all.at_work(&nobody, &"p1".parse().expect("id"), noon), None);
}

#[test]
fn what_is_wrong_is_named() {
    let sound = FILE.replace("/23", "/24");
    let check = |from: &str, to: &str, says: &str| {
        let text = sound.replacen(from, to, 1);
        assert_ne!(text, sound, "`{from}` is in the file");
        let error = Surroundings::read(&text).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    };
    check("192.0.2.0/24", "192.0.2.0/28", "/24");
    check("192.0.2.0/24", "192.0.2.7/24", "first address");
    check("192.0.2.0/24", "somewhere", "not a network");
    check("latitude = 51.5", "latitude = 91.5", "degrees");
    check("latitude = 51.5\n", "", "degrees");
    check("longitude = -0.1", "longitude = -0.1\nroaming = true", "no place");
    check("from = 22", "from = 24", "hours of");
    check("to = 6", "to = 22", "hours of");
    check("days = [1", "days = [0", "hours of");
    check("[[purpose]]", "[[purpose]]\ngrant = \"g0\"", "duplicate key");
    check("networks", "network", "unknown field");
    assert!(Surroundings::read("").is_ok());
}
