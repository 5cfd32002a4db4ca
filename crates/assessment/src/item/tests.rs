//! Priors are sound, and chances go where they must.

use super::Item;
use crate::family::Dial;

#[test]
fn chances_rise_with_ability_between_floor_and_ceiling() {
    for dial in Dial::ALL {
        let item = Item { floor: 50_000, ceiling: 900_000, ..Item::prior(dial) };
        assert!(item.is_sound());
        let at = |tenths: i32| {
            let ability = f64::from(tenths) / 10.0;
            item.mean_chance(ability, item.spread(0.5, ability))
        };
        for tenths in -60..60 {
            assert!(at(tenths) < at(tenths + 1), "{dial} {tenths}");
            assert!((0.05..=0.9).contains(&at(tenths)));
        }
    }
}

#[test]
fn doubt_pulls_chances_to_the_middle() {
    let sure = Item { doubt: 0, slope_doubt: 0, ..Item::prior(Dial::ALL[0]) };
    let unsure = Item { doubt: 2_000, ..sure };
    let at = |item: &Item| item.mean_chance(0.0, item.spread(0.5, 0.0));
    assert!(at(&sure) > 0.85 && at(&unsure) < at(&sure) && at(&unsure) > 0.5);
}

#[test]
fn bounds() {
    let good = Item::prior(Dial::ALL[2]);
    let bad = [
        Item { difficulty: i32::MIN, ..good },
        Item { doubt: 5_001, ..good },
        Item { slope: 2_001, ..good },
        Item { floor: 1_000_000, ..good },
        Item { ceiling: 1_000_001, ..good },
        Item { cost: 0, ..good },
    ];
    for item in bad {
        assert!(!item.is_sound(), "{item:?}");
    }
}
