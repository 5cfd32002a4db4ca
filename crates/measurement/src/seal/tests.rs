//! What people type.

use super::{cells, logits, rate, width};

#[test]
fn what_people_type() {
    for (text, ppm) in [("0.4", 400_000), ("1", 1_000_000), ("0.000001", 1), ("0", 0)] {
        assert_eq!(rate(text), Ok(ppm));
    }
    for text in ["", ".5", "-0.1", "1.1", "0.1234567", "1e-3", "0,5", "99", "0.५"] {
        assert!(rate(text).is_err(), "{text}");
    }
    for (text, thousandths) in [("0", 0), ("-0.5", -500), ("1.25", 1_250), ("10", 10_000)] {
        assert_eq!(logits(text), Ok(thousandths));
    }
    for text in ["", "-", "--1", "+1", "10.001", "-11", "0.0001", "1e3", "1,5", ".5"] {
        assert!(logits(text).is_err(), "{text}");
    }
    assert_eq!(width("0.5"), Ok(500));
    assert!(width("-0.5").is_err());
    let typed = |texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|&t| t.to_owned()).collect();
        cells(&texts)
            .map(|c| c.iter().map(|c| format!("{}{}", c.family, c.dial)).collect::<Vec<_>>())
    };
    assert_eq!(
        typed(&["record-overflow=1,4-5"]).unwrap(),
        ["record-overflow1", "record-overflow4", "record-overflow5"]
    );
    assert_eq!(typed(&[]).unwrap().len(), 5 * assessment::families().len());
    for text in [
        "record-overflow",
        "record-overflow=",
        "record-overflow=0",
        "record-overflow=5-1",
        "record-overflow=1-6",
        "x=1",
    ] {
        assert!(typed(&[text]).unwrap_err().to_string().contains(text));
    }
}
