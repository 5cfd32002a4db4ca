//! What a rung may say of itself, and its bytes.

use super::{Elicitation, Incentive, Named, Prompt, Scaffold};
use crate::criteria::Fault;
use crate::ladder::Kind;
use domain::wire::{decode, encode};
use expect_test::expect;

#[test]
fn what_a_rung_changes_is_what_its_kind_says() {
    let bare = Elicitation::BARE;
    assert_eq!(bare.check(false), Ok(()));
    let of = |kind| Elicitation { kind, ..bare };
    for kind in [Kind::Prompt, Kind::Incentive, Kind::Scaffold, Kind::HelpfulOnly, Kind::FineTune] {
        assert!(matches!(of(kind).check(false), Err(Fault::Rung(_))), "{kind}");
    }
    for kind in [Kind::HelpfulOnly, Kind::FineTune, Kind::Budget] {
        assert_eq!(of(kind).check(true), Ok(()), "{kind}");
    }
    for (rung, kind) in [
        (Elicitation { prompt: Prompt::Worked, ..bare }, Kind::Prompt),
        (Elicitation { incentive: Incentive::Stakes, ..bare }, Kind::Incentive),
        (Elicitation { scaffold: Scaffold::Coached, ..bare }, Kind::Scaffold),
    ] {
        assert!(matches!(rung.check(false), Err(Fault::Rung(_))), "bare must be bare: {rung}");
        assert_eq!(Elicitation { kind, ..rung }.check(false), Ok(()), "{kind}");
    }
}

#[test]
fn names_read_back_and_bytes_stay() {
    for (value, name) in Prompt::ALL {
        assert_eq!(Prompt::from_name(name), Ok(*value));
    }
    for (value, name) in Scaffold::ALL {
        assert_eq!(Scaffold::from_name(name), Ok(*value));
    }
    for (value, name) in Kind::ALL {
        assert_eq!(Kind::from_name(name), Ok(*value));
    }
    expect!["`loud` is none of: none, stakes, selection"]
        .assert_eq(&Incentive::from_name("loud").expect_err("no such"));
    let rung = Elicitation {
        kind: Kind::Scaffold,
        prompt: Prompt::Worked,
        incentive: Incentive::Selection,
        scaffold: Scaffold::Coached,
    };
    let bytes = encode(&rung);
    assert_eq!(bytes, [0x84, 3, 2, 2, 1], "golden: never edit");
    assert_eq!(decode(&bytes), Ok(rung));
}
