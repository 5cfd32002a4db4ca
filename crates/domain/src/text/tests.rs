//! Bounds and control characters.
use super::*;

#[test]
fn lines_are_bounded_and_plain() {
    assert_eq!("Mercy Hospital".parse::<Line>().unwrap().as_str(), "Mercy Hospital");
    assert_eq!("".parse::<Line>(), Err(ParseTextError::Empty));
    assert_eq!("  ".parse::<Line>(), Err(ParseTextError::Empty));
    assert_eq!("a\u{1b}[2J".parse::<Line>(), Err(ParseTextError::Control { at: 2, code: 0x1b }));
    assert!("a\u{202e}b".parse::<Line>().is_err());
    assert!("a\nb".parse::<Line>().is_err());
    assert!("a\nb".parse::<Text>().is_ok());
    assert_eq!(
        "é".repeat(201).parse::<Line>(),
        Err(ParseTextError::TooLong { given: 201, bound: 200 })
    );
}
