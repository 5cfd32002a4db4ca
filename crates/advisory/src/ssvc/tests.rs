//! Values in both letter cases.
use super::*;

#[test]
fn both_cases() {
    assert_eq!(Exploitation::parse("None"), Some(Exploitation::None));
    assert_eq!(Exploitation::parse("PoC"), Some(Exploitation::Poc));
    assert_eq!(Automatable::parse("YES"), Some(Automatable::Yes));
    assert_eq!(TechnicalImpact::parse("Total"), Some(TechnicalImpact::Total));
    assert_eq!(TechnicalImpact::parse("totally"), None);
    assert_eq!(Exploitation::parse(""), None);
    for value in Exploitation::ALL {
        assert_eq!(Exploitation::parse(&value.to_string()), Some(*value));
    }
}
