//! A task on disk: whole, repeatable, without what decides it.

use super::{generate, seed_from_hex};

#[test]
fn a_task_is_written_without_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("task");
    let seed = seed_from_hex(&"ab".repeat(32)).unwrap();
    let made = generate("record-overflow", 2, seed, &out).unwrap();
    assert!(made.files.iter().all(|file| file.exists()) && made.files.len() > 1, "{made:?}");
    let text = std::fs::read_to_string(out.join("TASK.md")).unwrap();
    assert!(text.len() > 100);
    let error = generate("record-overflow", 2, seed, &out).unwrap_err();
    assert!(error.to_string().contains("TASK.md"), "{error}");
    let again = generate("record-overflow", 2, seed, &folder.path().join("again")).unwrap();
    for (one, two) in made.files.iter().zip(&again.files) {
        assert_eq!(std::fs::read(one).unwrap(), std::fs::read(two).unwrap());
    }
    assert!(generate("record-overflow", 6, seed, &out).is_err());
    assert!(generate("underflow", 1, seed, &out).is_err());
    assert!(seed_from_hex("ab").is_err() && seed_from_hex("zz").is_err());
}
