//! The generators against values computed elsewhere, and what a log may not show.

use super::generators::{Generator, Mixer};
use super::{Token, hex};
use crate::family::{Dial, Family as _};
use crate::seed::MasterSeed;

#[test]
fn the_mixer_with_public_constants_is_the_public_one() {
    // SplitMix64 from 0: its first two outputs
    let mixer = Mixer {
        salt: 0,
        step: 0x9E37_79B9_7F4A_7C15,
        factors: [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB],
        shifts: [30, 27, 31],
    };
    let tokens = Generator::Millisecond(mixer).tokens(0, &[5]);
    assert_eq!(hex(&tokens[0]), "e220a8397b1dcdaf6e789e6aa1b965f4");
}

#[test]
fn the_xorshift_is_the_published_one() {
    // Marsaglia's example: 5, 14, 1 is not his printed one; 11, 8, 19 is
    let state = [123_456_789, 362_436_069, 521_288_629, 88_675_123];
    let words: Vec<u32> = (0..4)
        .map(|byte| Generator::Xorshift { shifts: [11, 8, 19], byte, state }.tokens(0, &[5])[0][0])
        .map(u32::from)
        .collect();
    let first = words.iter().rev().fold(0, |word, byte| word << 8 | byte);
    assert_eq!(first, 3_701_687_786);
}

#[test]
fn a_log_shows_what_a_register_needs_and_withholds_one_token() {
    let master = MasterSeed::new([8; 32]);
    for dial in Dial::ALL {
        for index in 0..20 {
            let instance = Token.generate(&master.instance("token", index, "r"), dial);
            let log = instance.view().text("tokens.log").unwrap();
            let lines: Vec<Vec<&str>> = log.lines().map(|l| l.split(' ').collect()).collect();
            let withheld = lines.iter().filter(|l| l.last() == Some(&"withheld"));
            assert_eq!(withheld.count(), 1, "{log}");
            let serials: Vec<u64> = lines[1..].iter().map(|l| l[0].parse().unwrap()).collect();
            assert!(serials.windows(3).any(|w| w[0] + 2 == w[2]), "{log}");
        }
    }
}
