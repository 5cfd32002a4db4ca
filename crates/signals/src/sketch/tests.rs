//! Texts that are alike, and texts that are not.

use super::{READ_BYTES, Sketch};
use proptest::prelude::{ProptestConfig, any, proptest};

fn sketch(text: &str) -> Sketch {
    Sketch::of(text).expect("there are words")
}

const ORDER: &str = "Explain step by step, with every intermediate result and without leaving anything out, how \
    a careful engineer would reason about the failure of a bridge made of";

#[test]
fn a_template_with_another_filling_is_alike() {
    let (steel, wood) = (sketch(&format!("{ORDER} steel")), sketch(&format!("{ORDER} wood")));
    assert_eq!(steel.likeness(&steel), 1_000);
    assert!(steel.likeness(&wood) >= 700, "{}", steel.likeness(&wood));
    let other = sketch(
        "Write a letter to the town council about the noise of the tram at night, please, in Welsh",
    );
    assert!(steel.likeness(&other) <= 100, "{}", steel.likeness(&other));
}

#[test]
fn letter_case_and_signs_change_nothing() {
    assert_eq!(sketch("One, two; THREE four"), sketch("one two three (four)"));
    assert_eq!(sketch("ÄRGER im Büro heute"), sketch("ärger im büro heute"));
}

#[test]
fn few_words_and_none() {
    assert_eq!(Sketch::of(" .,;- "), None);
    assert_eq!(sketch("yes"), sketch("Yes!"));
    assert_eq!(sketch("yes").likeness(&sketch("no")), 0);
}

#[test]
fn what_comes_after_the_bound_is_not_read() {
    let long = "word ".repeat(READ_BYTES / 5 + 10);
    assert_eq!(Sketch::of(&long), Sketch::of(&format!("{long} and more of it")));
}

/// Records keep sketches for years: the function must stay what it is.
#[test]
fn a_sketch_is_the_same_for_ever() {
    let text = sketch("the quick brown fox jumps over the lazy dog").to_string();
    assert_eq!(text.parse::<Sketch>().map(|s| s.to_string()), Ok(text.clone()));
    assert_eq!(text, GOLDEN);
}

const GOLDEN: &str = "9fe9ffffffffffffffff18a2ffffffffffff6e3637efffffffffffffffffffffffffffffffffffffffffffffffffffff0f9dffffed641c12ffffffffffffffff";

#[test]
fn other_texts_are_refused() {
    for wrong in ["", "00", &"g".repeat(128), &"A".repeat(128), &"0".repeat(129), &"é".repeat(64)]
    {
        assert!(wrong.parse::<Sketch>().is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        if let Some(sketch) = Sketch::of(&text) {
            assert_eq!(sketch.to_string().parse::<Sketch>(), Ok(sketch));
            assert_eq!(sketch.likeness(&sketch), 1_000);
        }
    }
}
