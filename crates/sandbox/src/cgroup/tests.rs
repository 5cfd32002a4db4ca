//! Where groups are, from texts of real machines; and the files of the second version on a made-up tree.

use super::{Controller, Group, How, Place, locate};
use crate::Limits;
use expect_test::{Expect, expect};
use std::fs;

fn check(cgroup: &str, mountinfo: &str, expected: &Expect) {
    let told: Vec<_> = locate(cgroup, mountinfo)
        .iter()
        .map(|p| format!("{:?} {:?} {:?}\n", p.controller, p.how, p.parents))
        .collect();
    expected.assert_eq(&told.concat());
}

#[test]
fn places() {
    // First version, hybrid.
    check(
        "9:name=systemd:/\n8:pids:/\n4:memory:/jobs/a\n2:cpu,cpuacct:/\n0::/\n",
        "30 29 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
         31 29 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n\
         32 29 0:28 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n\
         33 29 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
        &expect![[r#"
            Memory CgroupV1 ["/sys/fs/cgroup/memory/jobs/a"]
            Pids CgroupV1 ["/sys/fs/cgroup/pids/"]
            Cpu CgroupV1 ["/sys/fs/cgroup/cpu,cpuacct/"]
        "#]],
    );
    // Second version, in a user's session: the own group first, then beside it.
    check(
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope\n",
        "35 29 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
        &expect![[r#"
            Memory CgroupV2 ["/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope", "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice"]
            Pids CgroupV2 ["/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope", "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice"]
            Cpu CgroupV2 ["/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/shell.scope", "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice"]
        "#]],
    );
    // A container that sees its own part of the first version.
    check(
        "4:memory:/docker/abc\n",
        "31 29 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
        &expect![[r#"
            Memory CgroupV1 ["/sys/fs/cgroup/memory/"]
        "#]],
    );
    check("", "", &expect![""]);
    check("nonsense\n:::\n0::\n", "nonsense - \n - - -\n", &expect![""]);
}

/// A directory that looks like a group of the second version; `make` fills what the kernel would.
fn tree(subtree: &str) -> (tempfile::TempDir, Vec<Place>) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("cgroup.controllers"), "cpu memory pids\n").unwrap();
    fs::write(dir.path().join("cgroup.subtree_control"), subtree).unwrap();
    let place = |controller| Place {
        controller,
        how: How::CgroupV2,
        parents: vec!["/nowhere".into(), dir.path().to_owned()],
    };
    let places = [Controller::Memory, Controller::Pids, Controller::Cpu].map(place).into();
    (dir, places)
}

#[test]
fn second_version() {
    let (dir, places) = tree("cpu memory pids\n");
    let mut group = Group::create_at(&places, "run");
    let own = dir.path().join("run");
    for file in ["memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max"] {
        fs::write(own.join(file), "").unwrap();
    }
    let limits = Limits { memory: 1000, processes: 7, cpu_percent: 150, ..Limits::default() };
    let enforced = group.limit(&limits);
    assert_eq!([enforced.memory, enforced.processes, enforced.cpu], [How::CgroupV2; 3]);
    let read = |file| fs::read_to_string(own.join(file)).unwrap();
    assert_eq!(read("memory.max"), "1000");
    assert_eq!(read("memory.swap.max"), "0");
    assert_eq!(read("memory.oom.group"), "1");
    assert_eq!(read("pids.max"), "8");
    assert_eq!(read("cpu.max"), "150000 100000");
    fs::write(own.join("memory.events"), "low 0\noom 3\noom_kill 2\noom_group_kill 1\n").unwrap();
    assert_eq!(group.oom_kills(), 2);
}

#[test]
fn what_can_not_be_had_is_said() {
    // No file for pids: that controller is given up, the others stay.
    let (dir, places) = tree("cpu memory pids\n");
    let mut group = Group::create_at(&places, "run");
    fs::write(dir.path().join("run/memory.max"), "").unwrap();
    fs::write(dir.path().join("run/cpu.max"), "").unwrap();
    let enforced = group.limit(&Limits::default());
    assert_eq!(enforced.memory, How::CgroupV2);
    assert_eq!((enforced.processes, enforced.cpu), (How::Rlimit, How::CgroupV2));
    let mut none = Group::none();
    let enforced = none.limit(&Limits::default());
    assert_eq!((enforced.memory, enforced.cpu), (How::Rlimit, How::Nothing));
    assert_eq!(none.oom_kills(), 0);
}

#[test]
fn controllers_are_handed_down_when_they_are_not() {
    let (dir, places) = tree("");
    Group::create_at(&places[..1], "run");
    assert_eq!(fs::read_to_string(dir.path().join("cgroup.subtree_control")).unwrap(), "+memory");
    fs::write(dir.path().join("cgroup.controllers"), "cpu\n").unwrap();
    assert!(Group::create_at(&places[1..2], "other").parts.is_empty());
}
