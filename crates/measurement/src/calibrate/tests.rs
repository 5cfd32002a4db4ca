//! The store, the two tables, and a refit over them.

use super::{
    CalibrationError, calibrate, items_at, items_text, read_attempts, read_items, read_records,
    records_text, refit,
};
use assessment::{Cell, Dial, Item};
use operations::ctx::SeededRandom;
use operations::home::Home;
use proptest::prelude::proptest;
use std::fmt::Write as _;

fn table() -> String {
    let mut text = "subject,kind,family,dial,passed,tried\n".to_owned();
    // everyone finds dial 2 of this family as hard as dial 4 of the other
    for (subject, kind, known, odd) in [
        ("a", "model", [9, 7, 4, 2, 1], 2),
        ("b", "model", [10, 9, 8, 5, 3], 5),
        ("c", "human", [9, 5, 3, 1, 0], 1),
    ] {
        for (passed, dial) in known.iter().zip(1..) {
            let _ = writeln!(text, "{subject},{kind},keystream-recovery,{dial},{passed},10");
        }
        let _ = writeln!(text, "{subject},{kind},record-overflow,2,{odd},10");
    }
    text
}

#[test]
fn runs_are_stored_once_and_a_refit_is_a_file_of_items() {
    let folder = tempfile::tempdir().unwrap();
    let party = domain::Party {
        id: "meter".parse().unwrap(),
        name: "meter".parse().unwrap(),
        roles: vec![domain::Role::Evaluator],
    };
    Home::create(&folder.path().join("meter"), party, &SeededRandom::new(1)).unwrap();
    let home = Home::open(&folder.path().join("meter")).unwrap();
    let error = refit(&home, None, None).unwrap_err().to_string();
    assert!(error.contains("no runs are stored"), "{error}");
    let file = folder.path().join("runs.csv");
    std::fs::write(&file, table()).unwrap();
    let first = calibrate(&home, &file).unwrap();
    assert_eq!((first.added, first.lines), (18, 18));
    let again = calibrate(&home, &file).unwrap();
    assert_eq!((again.added, again.lines), (0, 18));

    let out = folder.path().join("items.csv");
    let found = refit(&home, None, Some(&out)).unwrap();
    assert_eq!((found.lines, found.tasks.len(), found.subjects.len()), (18, 6, 3));
    let items = items_at(&out).unwrap();
    let at = |family: &str, dial| {
        let cell = Cell { family: family.parse().unwrap(), dial: Dial::new(dial).unwrap() };
        items.get(&cell).copied().unwrap()
    };
    // moved towards what the runs show, its doubt smaller; what nobody met stays
    let odd = at("record-overflow", 2);
    assert!(odd.difficulty > 0 && odd.doubt < 700, "{odd:?}");
    assert_eq!(at("record-overflow", 5), Item::prior(Dial::new(5).unwrap()));
    // a second refit from these items finds no drift
    let next = refit(&home, Some(&out), None).unwrap();
    assert!(next.tasks.iter().all(|task| !task.drifted), "{next:?}");
    let error = refit(&home, None, Some(&out)).unwrap_err().to_string();
    assert!(error.contains("items.csv"), "{error}");
}

#[test]
fn tables_come_back_as_they_were_and_faults_have_a_line() {
    let rows = read_records(&table()).unwrap();
    assert_eq!(read_records(&records_text(rows.iter())), Ok(rows));
    let items = [(-2_345, 7), (1_005, 990)].map(|(difficulty, doubt)| Item {
        difficulty,
        doubt,
        floor: 50_000,
        ..Item::prior(Dial::ALL[0])
    });
    let cells = [1, 2].map(|dial| Cell {
        family: "keystream-recovery".parse().unwrap(),
        dial: Dial::new(dial).unwrap(),
    });
    let items = cells.into_iter().zip(items).collect();
    assert_eq!(read_items(&items_text(&items)), Ok(items));
    let line = |text: &str| read_records(&format!("{}{text}", table())).unwrap_err().to_string();
    assert!(matches!(read_records("subject\n"), Err(CalibrationError::Header(_))));
    for (text, says) in [
        ("a,model,keystream-recovery,1,2", "line 20: 5 fields"),
        ("a,robot,keystream-recovery,1,2,3", "neither"),
        ("a,model,crossword,1,2,3", "no family"),
        ("a,model,keystream-recovery,6,2,3", "no dial"),
        ("a,model,keystream-recovery,1,4,3", "4 of 3"),
        ("a,model,keystream-recovery,1,-1,3", "no count"),
    ] {
        assert!(line(text).contains(says), "{}", line(text));
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text: String) {
        let _ = read_records(&format!("subject,kind,family,dial,passed,tried\n{text}"));
        let _ = read_items(&format!("family,dial,difficulty,doubt,slope,slope_doubt,floor,ceiling,cost\n{text}"));
    }
}

#[test]
fn attempts_on_ranges() {
    let read = |line: &str| read_attempts(&format!("range,reached,steps,tokens\n{line}\n"));
    let rows = read("The Last Ones,12,32,90000000").unwrap();
    assert_eq!((rows[0].range.as_str(), rows[0].attempt.reached), ("The Last Ones", 12));
    for wrong in ["a,3,2,1", "a,0,0,1", "a,1,2", "a,x,2,1", "a,1,2,-1"] {
        assert!(matches!(read(wrong), Err(CalibrationError::Line { line: 2, .. })), "{wrong}");
    }
}
