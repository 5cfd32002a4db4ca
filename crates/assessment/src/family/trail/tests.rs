//! Days as the dials say, and a solver that bears damaged logs.

use super::{Dial, Draws, Story, Trail};
use crate::family::{Effort, Family as _};
use crate::seed::MasterSeed;
use proptest::prelude::proptest;

#[test]
fn each_dial_adds_what_its_table_says() {
    let master = MasterSeed::new([2; 32]);
    for index in 0..40 {
        for dial in Dial::ALL {
            let seed = master.instance("intrusion-trail", index, "r");
            let story = Story::draw(&mut Draws::new(&seed, "story"), dial.step());
            assert_eq!(story.skew != 0, dial.step() >= 3);
            assert_eq!(
                story.events.iter().filter(|e| e.deleted).count(),
                usize::from(dial.step() == 5)
            );
            assert!(story.events.iter().all(|e| (0..86_400).contains(&e.at)), "within the day");
            assert!(story.taken.len() >= 5);
            // an honest reading of the store's clock would be misled
            let files = Trail.generate(&seed, dial).files;
            let names: Vec<_> = files.iter().map(|f| f.path.as_str()).collect();
            let wanted: &[&str] = match dial.step() {
                1 => &["gate.log"],
                2 | 3 => &["gate.log", "store.log"],
                _ => &["gate.log", "gate.log.1", "gate.log.2", "store.log"],
            };
            assert_eq!(names, wanted);
        }
    }
}

proptest! {
    #[test]
    fn damaged_logs_never_panic(dial in 0_usize..5, at in 0_usize..9_000, c in "[0-9a-z#: \n]") {
        let seed = MasterSeed::new([2; 32]).instance("intrusion-trail", 1, "r");
        let mut instance = Trail.generate(&seed, Dial::ALL[dial]);
        for file in &mut instance.files {
            let mut text = String::from_utf8(file.bytes.clone()).expect("text");
            let at = at % text.len();
            text.replace_range(at..=at, &c);
            file.bytes = text.into_bytes();
        }
        let _found = Trail.solve(&instance.view(), Effort::Full);
    }
}
