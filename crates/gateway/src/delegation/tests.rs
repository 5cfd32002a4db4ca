//! A link only takes away.

use super::{Delegation, DelegationFault};
use access::Endpoint;
use domain::{Digest, ModelId, Timestamp};

fn link(root: u8, to: u8, until: &str) -> Delegation {
    Delegation {
        root: Digest::of(&[root]),
        chain: vec![Digest::of(&[to])],
        until: until.parse().expect("an instant"),
        model: None,
        endpoints: None,
        tokens: None,
        links: Vec::new(),
    }
}

fn model(name: &str) -> ModelId {
    name.parse().expect("an id")
}

#[test]
fn what_two_links_leave_is_what_both_leave() {
    let (early, late) = ("2026-11-01T12:00:00Z", "2026-11-02T12:00:00Z");
    let first = Delegation {
        endpoints: Some([Endpoint::Messages, Endpoint::ChatCompletions].into()),
        tokens: Some(500),
        ..link(1, 2, early)
    };
    let second = Delegation {
        model: Some(model("model-1")),
        endpoints: Some([Endpoint::Messages, Endpoint::Embeddings].into()),
        tokens: Some(9_000),
        ..link(2, 3, late)
    };
    let left = first.clone().less(second.clone());
    assert_eq!(left.root, Digest::of(&[1]));
    assert_eq!(left.chain, [Digest::of(&[2]), Digest::of(&[3])]);
    assert_eq!((left.until, left.tokens), (early.parse().expect("an instant"), Some(500)));
    assert_eq!(left.allows(&model("model-1"), Endpoint::Messages), Ok(()));
    let less = |what| Err(DelegationFault::Less(what));
    assert_eq!(left.allows(&model("model-2"), Endpoint::Messages), less("this model"));
    for endpoint in [Endpoint::ChatCompletions, Endpoint::Embeddings] {
        assert_eq!(left.allows(&model("model-1"), endpoint), less("this address"));
    }
    let other = Delegation { model: Some(model("model-2")), ..second.clone() };
    let nothing = first.less(second).less(other);
    assert!(nothing.allows(&model("model-1"), Endpoint::Messages).is_err());
    assert!(nothing.allows(&model("model-2"), Endpoint::Messages).is_err());
}

#[test]
fn it_is_over_when_it_says() {
    let one = link(1, 2, "2026-11-01T12:00:00Z");
    let at = |text: &str| -> Timestamp { text.parse().expect("an instant") };
    assert_eq!(one.is_live(at("2026-11-01T11:59:59Z")), Ok(()));
    assert!(one.is_live(at("2026-11-01T12:00:00Z")).is_err());
}

#[test]
fn texts_that_are_no_chain_are_refused() {
    let token = Digest::of(b"token");
    for text in ["", ",", "a.b.c", "a,b,c,d,e", "....", "e30.e30.e30"] {
        assert!(Delegation::read(text, &token, &token).is_err(), "{text}");
    }
}
