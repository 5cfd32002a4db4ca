//! Base scores against three implementations that agree.
use super::*;
use crate::shared;

#[test]
fn examples() {
    let check = |vector: &str, expected: Option<(f64, &str)>| {
        let got = base_score(vector);
        assert_eq!(
            got.map(|one| (one.score.to_string(), one.severity)),
            expected.map(|(s, w)| (s.to_string(), w)),
            "{vector}"
        );
    };
    check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some((9.8, "CRITICAL")));
    check("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", Some((6.1, "MEDIUM")));
    check("CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", Some((0.0, "NONE")));
    check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/MAV:A", Some((9.8, "CRITICAL")));
    check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", None);
    check("CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None);
    check("CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None);
    check("CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None);
    check("", None);
}

#[test]
fn as_three_implementations_agree() {
    let Some(folder) = shared::folder("cvss") else { return };
    let text = std::fs::read_to_string(folder.join("vectors_agreed.csv")).unwrap();
    let mut scored = 0;
    for line in text.lines().filter(|line| line.starts_with("CVSS:3.")) {
        let mut fields = line.split(',');
        let (vector, score) = (fields.next().unwrap(), fields.next().unwrap());
        let got = base_score(vector).unwrap_or_else(|| panic!("{vector}")).score;
        assert!(
            (got - score.parse::<f64>().unwrap()).abs() < 0.01,
            "{vector}: {got} is not {score}"
        );
        scored += 1;
    }
    assert!(scored > 2_000, "{scored}");
}
