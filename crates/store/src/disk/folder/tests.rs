//! Putting files where nothing is, with one step and without.

use super::{Folder, look_and_rename, rename_to_nothing};
use crate::{Disk, DiskFault};
use std::fs;

fn folder() -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = Folder::new(dir.path().to_owned());
    folder.create_folders(&["tmp".to_owned()]).expect("creates");
    (dir, folder)
}

#[test]
fn files_are_put_where_nothing_is_few_and_many() {
    for count in [3, 40] {
        let (_dir, folder) = folder();
        let path = |n: usize| format!("a/{}/{n}", n % 3);
        let folders: Vec<String> = ["a", "a/0", "a/1", "a/2"].map(str::to_owned).to_vec();
        folder.create_folders(&folders[..2]).expect("creates");
        folder.write(&[(path(0), b"old".as_slice())]).expect("writes");
        let contents: Vec<String> = (0..count).map(|n| format!("new {n}")).collect();
        let files: Vec<_> = (0..count).map(|n| (path(n), contents[n].as_bytes())).collect();
        assert_eq!(folder.put(&folders, &files).expect("puts"), [0]);
        assert_eq!(folder.read(&path(0)).expect("reads"), Some(b"old".to_vec()), "left as it was");
        for (path, bytes) in &files[1..] {
            assert_eq!(folder.read(path).expect("reads").as_deref(), Some(*bytes));
        }
        assert_eq!(folder.list("tmp").expect("lists"), Vec::<String>::new());
        assert_eq!(folder.put(&[], &files).expect("puts").len(), count, "all are there");
        let nowhere = folder.put(&[], &[("b/x".to_owned(), b"x".as_slice())]).expect_err("no b/");
        assert!(matches!(nowhere.fault, DiskFault::Other(_)), "{nowhere:?}");
    }
}

#[test]
fn a_file_is_moved_to_nothing_alone_whatever_the_file_system_can() {
    for rename in [rename_to_nothing, look_and_rename] {
        let (dir, _) = folder();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("from"), "new").expect("writes");
        fs::write(at("there"), "old").expect("writes");
        assert!(!rename(&at("from"), &at("there")).expect("looks"));
        assert_eq!(fs::read(at("there")).expect("reads"), b"old");
        assert!(rename(&at("from"), &at("free")).expect("moves"));
        assert_eq!(fs::read(at("free")).expect("reads"), b"new");
        rename(&at("from"), &at("elsewhere")).expect_err("there is nothing to move");
    }
}
