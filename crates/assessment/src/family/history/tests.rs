//! What the store must be for the task to have one answer.

use super::{History, solve};
use crate::family::{Dial, Family as _};
use crate::seed::MasterSeed;

fn store(dial: u8, index: u32) -> (String, String) {
    let seed = MasterSeed::new([6; 32]).instance("history-secret", index, "r");
    let instance = History.generate(&seed, Dial::new(dial).unwrap());
    let text = |path| instance.view().text(path).unwrap().to_owned();
    (text("objects.txt"), text("revoked.txt"))
}

#[test]
fn nothing_is_left_when_the_answer_is_revoked_too() {
    for dial in 1..=5 {
        for index in 0..10 {
            let (objects, revoked) = store(dial, index);
            let answer = solve::answer(&objects, &revoked, true).unwrap();
            let key = answer.split(':').nth(1).unwrap();
            let revoked = format!("{revoked}{key}\n");
            assert_eq!(solve::answer(&objects, &revoked, true), None, "dial {dial}, seed {index}");
        }
    }
}

#[test]
fn from_dial_four_no_branch_reaches_the_credential() {
    for (dial, reached) in [(2, true), (3, true), (4, false), (5, false)] {
        let (objects, revoked) = store(dial, 3);
        let answer = solve::answer(&objects, &revoked, true).unwrap();
        let (commit, _) = answer.split_once(':').unwrap();
        let mut at = objects.lines().next().unwrap().split(' ').nth(2).unwrap();
        let mut found = at == commit;
        let parent = |id: &str| {
            let (_, rest) = objects.split_once(&format!("object {id} commit\n")).unwrap();
            rest.lines().take(2).find_map(|l| l.strip_prefix("|parent "))
        };
        while let Some(before) = parent(at) {
            at = before;
            found |= at == commit;
        }
        assert_eq!(found, reached, "dial {dial}");
    }
}
