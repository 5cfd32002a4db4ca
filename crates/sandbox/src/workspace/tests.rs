//! Paths, sizes and removal, without a guest: what a guest could leave is made by hand.

use super::{Workspace, parts};
use crate::SandboxError;
use crate::home::Ids;
use crate::policy::{Guards, Policy};
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn workspace(path: &Path) -> Workspace {
    let ids = Ids { inside: 1000, uid: 0, gid: 0, other: false, drop_groups: false };
    Workspace::open(path, ids, Guards::ALL).unwrap()
}

#[test]
fn paths() {
    for (path, reason) in [
        ("", "use 1 to 1024 bytes"),
        ("/etc/passwd", "paths are relative to the workspace"),
        ("../x", "empty parts, `.` and `..` are not allowed"),
        ("a/../../x", "empty parts, `.` and `..` are not allowed"),
        ("a/./b", "empty parts, `.` and `..` are not allowed"),
        ("a//b", "empty parts, `.` and `..` are not allowed"),
        ("a/", "empty parts, `.` and `..` are not allowed"),
        ("a\0b", "a path holds no zero byte"),
    ] {
        match parts(path) {
            Err(SandboxError::Path { reason: given, .. }) => assert_eq!(given, reason, "{path:?}"),
            other => panic!("{path:?}: {other:?}"),
        }
    }
    assert!(parts(&"x".repeat(1025)).is_err());
    assert_eq!(parts("a/..b/c").unwrap(), ["a", "..b", "c"]);
}

#[test]
fn put_and_get() {
    let dir = tempfile::tempdir().unwrap();
    let work = workspace(dir.path());
    work.put("a/b/c.txt", b"one", false).unwrap();
    work.put("a/b/c.txt", b"two", true).unwrap();
    assert_eq!(work.get("a/b/c.txt", 3).unwrap(), b"two");
    let mode = fs::metadata(dir.path().join("a/b/c.txt")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let too_large = work.get("a/b/c.txt", 2).unwrap_err();
    assert_eq!(too_large.to_string(), "`a/b/c.txt` has 3 bytes; at most 2 are read");
    assert!(matches!(work.get("a/none", 9), Err(SandboxError::File { .. })));
    assert!(matches!(work.get("a/b", 9), Err(SandboxError::Path { .. })));
    assert!(work.put("a/b/c.txt/d", b"", false).is_err());
    assert!(work.put("a/b", b"", false).is_err());
}

#[test]
fn what_is_no_plain_file_is_neither_read_nor_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let work = workspace(dir.path());
    mknodat(CWD, dir.path().join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    assert!(matches!(work.get("fifo", 9), Err(SandboxError::Path { .. })));
    symlink("/etc/passwd", dir.path().join("link")).unwrap();
    symlink("/etc", dir.path().join("links")).unwrap();
    for path in ["link", "links/passwd"] {
        assert!(matches!(work.get(path, 1 << 20), Err(SandboxError::File { .. })), "{path}");
    }
    // Put replaces a link or a pipe itself, and does not go through one.
    work.put("link", b"mine", false).unwrap();
    work.put("fifo", b"mine", false).unwrap();
    assert!(work.put("links/file", b"mine", false).is_err());
    symlink("/etc/passwd", dir.path().join(".put")).unwrap();
    work.put("other", b"mine", false).unwrap();
    assert_eq!(work.get("link", 9).unwrap(), b"mine");
}

#[test]
fn usage() {
    let dir = tempfile::tempdir().unwrap();
    let work = workspace(dir.path());
    let over = |bytes, entries| {
        work.over(&Policy {
            workspace_bytes: bytes,
            workspace_entries: entries,
            ..Policy::default()
        })
    };
    work.put("a/b", &[7; 100_000], false).unwrap();
    work.put("a/c", b"", false).unwrap();
    assert!(!over(200_000, 3));
    assert!(over(50_000, 3));
    assert!(over(200_000, 2));
    // Length without blocks uses nothing.
    fs::File::create(dir.path().join("sparse")).unwrap().set_len(1 << 40).unwrap();
    assert!(!over(200_000, 4));
    let deep = (0..70).map(|_| "d").collect::<Vec<_>>().join("/");
    fs::create_dir_all(dir.path().join(deep)).unwrap();
    assert!(over(1 << 30, 1000), "deeper than is counted");
}

#[test]
fn clearing() {
    let dir = tempfile::tempdir().unwrap();
    let work = workspace(dir.path());
    // Deeper than the longest path and than any stack of descriptors.
    let mut at =
        rustix::fs::open(dir.path(), rustix::fs::OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..3000 {
        rustix::fs::mkdirat(&at, "deep", Mode::RWXU).unwrap();
        rustix::fs::mkdirat(&at, "side", Mode::empty()).unwrap();
        at = rustix::fs::openat(&at, "deep", rustix::fs::OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    work.put("locked/file", b"x", false).unwrap();
    fs::set_permissions(dir.path().join("locked"), fs::Permissions::from_mode(0o0)).unwrap();
    // Names that removal would like to use.
    work.put(".removed-1/x", b"x", false).unwrap();
    work.put(".removed-2", b"x", false).unwrap();
    symlink("/", dir.path().join("root")).unwrap();
    symlink("/nowhere", dir.path().join("locked-link")).unwrap();
    work.clear().unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

proptest! {
    /// Whatever a caller passes, nothing beside the workspace is touched.
    #[test]
    fn paths_never_leave(path in "[a./\\\\-]{0,12}|\\PC{0,20}") {
        let outer = tempfile::tempdir().unwrap();
        fs::create_dir(outer.path().join("work")).unwrap();
        let work = workspace(&outer.path().join("work"));
        if work.put(&path, b"x", false).is_ok() {
            prop_assert_eq!(work.get(&path, 1).unwrap(), b"x");
        }
        prop_assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 1);
    }
}
