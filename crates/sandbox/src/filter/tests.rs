//! The filter is run by a small interpreter of classic BPF, so that what it answers is seen without a kernel; and compared with what
//! `seccompiler` makes of the same rules.

use super::tree::{ALLOW, ERRNO, HERE, KILL, Test};
use super::{
    LAST_KNOWN, Lines, NEWER, Rules, guests, no_kill, own_program, own_rules, program, rules,
};
use proptest::prelude::*;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
    SeccompFilter, SeccompRule, sock_filter,
};
use std::collections::BTreeMap;

/// Runs a filter on `struct seccomp_data`.
fn answer(program: &[sock_filter], nr: u32, arch: u32, args: [u64; 6]) -> u32 {
    let mut data = Vec::new();
    data.extend(nr.to_le_bytes());
    data.extend(arch.to_le_bytes());
    data.extend(0_u64.to_le_bytes());
    data.extend(args.iter().flat_map(|a| a.to_le_bytes()));
    let (mut at, mut register) = (0, 0_u32);
    loop {
        let op = &program[at];
        at += 1;
        let jump = |yes: bool| usize::from(if yes { op.jt } else { op.jf });
        match op.code {
            0x20 => {
                let from = usize::try_from(op.k).unwrap();
                register = u32::from_le_bytes(data[from..from + 4].try_into().unwrap());
            }
            0x05 => at += usize::try_from(op.k).unwrap(),
            0x15 => at += jump(register == op.k),
            0x25 => at += jump(register > op.k),
            0x35 => at += jump(register >= op.k),
            0x54 => register &= op.k,
            0x06 => return op.k,
            other => panic!("the interpreter lacks code {other:#x}"),
        }
    }
}

fn guest(nr: i64, args: [u64; 6]) -> u32 {
    answer(guests(false), u32::try_from(nr).unwrap(), HERE, args)
}

/// The deny list as `seccompiler` compiles it.
fn listed(rules: &Rules) -> BpfProgram {
    let on = |argument, len, op, value| SeccompCondition::new(argument, len, op, value).unwrap();
    let condition = |test: &Test| match *test {
        Test::Is(argument, value) => on(argument, Len::Dword, Op::Eq, value.into()),
        Test::Not(argument, value) => on(argument, Len::Dword, Op::Ne, value.into()),
        Test::Shows(argument, mask, value) => {
            on(argument, Len::Dword, Op::MaskedEq(mask.into()), value.into())
        }
        Test::NotZero(argument) => on(argument, Len::Qword, Op::Ne, 0),
    };
    let rule = |line: &Vec<Test>| SeccompRule::new(line.iter().map(condition).collect()).unwrap();
    let all: BTreeMap<_, _> = rules
        .iter()
        .map(|(nr, lines): (&i64, &Lines)| (*nr, lines.iter().map(rule).collect::<Vec<_>>()))
        .collect();
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let eperm = SeccompAction::Errno(1);
    SeccompFilter::new(all, SeccompAction::Allow, eperm, arch).unwrap().try_into().unwrap()
}

const EPERM: u32 = ERRNO | 1;
const ENOSYS: u32 = ERRNO | 38;

#[test]
fn calls_are_answered() {
    let new_user = 0x1000_0000;
    for (nr, args, wanted) in [
        (libc::SYS_read, [0; 6], ALLOW),
        (libc::SYS_execve, [0; 6], ALLOW),
        (libc::SYS_ptrace, [0; 6], EPERM),
        (libc::SYS_mount, [0; 6], EPERM),
        (libc::SYS_bpf, [0; 6], EPERM),
        (libc::SYS_seccomp, [0; 6], EPERM),
        // A thread, a plain fork, and each namespace flag among others.
        (libc::SYS_clone, [0x003d_0f00, 0, 0, 0, 0, 0], ALLOW),
        (libc::SYS_clone, [17, 0, 0, 0, 0, 0], ALLOW),
        (libc::SYS_clone, [17 | new_user, 0, 0, 0, 0, 0], EPERM),
        (libc::SYS_clone, [17 | 0x4000_0000, 0, 0, 0, 0, 0], EPERM),
        (libc::SYS_clone3, [0; 6], ENOSYS),
        (libc::SYS_socket, [1, 1, 0, 0, 0, 0], ALLOW),
        (libc::SYS_socket, [2, 1, 0, 0, 0, 0], ALLOW),
        (libc::SYS_socket, [10, 1, 0, 0, 0, 0], ALLOW),
        (libc::SYS_socket, [16, 3, 0, 0, 0, 0], EPERM),
        (libc::SYS_socket, [40, 1, 0, 0, 0, 0], EPERM),
        // The kernel takes a family as 32 bits; the upper half changes nothing.
        (libc::SYS_socket, [40 | 1 << 32, 1, 0, 0, 0, 0], EPERM),
        (libc::SYS_ioctl, [0, 0x5401, 0, 0, 0, 0], ALLOW),
        (libc::SYS_ioctl, [0, 0x5412, 0, 0, 0, 0], EPERM),
        (libc::SYS_ioctl, [0, 0x5412 | 1 << 32, 0, 0, 0, 0], EPERM),
        (libc::SYS_personality, [0xffff_ffff, 0, 0, 0, 0, 0], ALLOW),
        (libc::SYS_personality, [0x0040_0000, 0, 0, 0, 0, 0], EPERM),
        (452, [0; 6], ALLOW),
        (453, [0; 6], ALLOW),
        (456, [0; 6], ALLOW),
        (457, [0; 6], ENOSYS),
        (462, [0; 6], ALLOW),
        (463, [0; 6], ENOSYS),
        (100_000, [0; 6], ENOSYS),
        (0x4000_0000, [0; 6], ENOSYS),
        (0x4000_0000 + 101, [0; 6], ENOSYS),
    ] {
        assert_eq!(guest(nr, args), wanted, "call {nr} {args:x?}");
    }
}

#[test]
fn a_process_of_ours_starts_threads_and_nothing_else() {
    let thread = 0x003d_0f00;
    for (nr, args, wanted) in [
        (libc::SYS_clone, [thread, 0, 0, 0, 0, 0], ALLOW),
        (libc::SYS_clone, [17, 0, 0, 0, 0, 0], EPERM),
        (libc::SYS_clone, [thread | 0x1000_0000, 0, 0, 0, 0, 0], EPERM),
        (libc::SYS_clone3, [0; 6], ENOSYS),
        (libc::SYS_execve, [0; 6], EPERM),
        (libc::SYS_execveat, [0; 6], EPERM),
        (libc::SYS_ptrace, [0; 6], EPERM),
        (libc::SYS_openat, [0; 6], ALLOW),
    ] {
        let number = u32::try_from(nr).unwrap();
        assert_eq!(answer(&own_program(), number, HERE, args), wanted, "call {nr} {args:x?}");
    }
}

#[test]
fn a_foreign_architecture_is_killed() {
    let i386 = 0x4000_0003;
    for nr in [0, 26, LAST_KNOWN, u32::MAX] {
        assert_eq!(answer(guests(false), nr, i386, [0; 6]), KILL);
    }
}

#[test]
fn the_tree_is_short_and_shallow() {
    let program = guests(true);
    assert!(program.len() < 700, "{}", program.len());
    // no path is longer than a few comparisons: the kernel walks one for every number
    let mut deepest = 0;
    for nr in 0..=500 {
        let (mut at, mut steps) = (4, 0);
        while program[at].code == 0x35 || program[at].code == 0x05 {
            let op = &program[at];
            let jump = match op.code {
                0x05 => op.k as usize,
                _ => usize::from(if nr >= op.k { op.jt } else { op.jf }),
            };
            at += 1 + jump;
            steps += 1;
        }
        deepest = deepest.max(steps);
    }
    assert!(deepest <= 20, "{deepest}");
}

/// Arguments that rules speak of, among others.
fn argument() -> impl Strategy<Value = u64> {
    let near = prop_oneof![
        Just(0),
        Just(1),
        Just(2),
        Just(9),
        Just(10),
        Just(16),
        Just(17),
        Just(22),
        Just(40),
        Just(0x8),
        Just(0x80),
        Just(0x5412),
        Just(0x541C),
        Just(0x2_0008),
        Just(0x003d_0f00),
        Just(0x1000_0011),
        Just(0xffff_ffff),
        Just(1 << 32),
        Just(9 | 1 << 32),
    ];
    prop_oneof![near, any::<u64>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every number is answered as `seccompiler` would, but for those that this kernel's filters answer with `ENOSYS`.
    #[test]
    fn the_tree_answers_as_the_list_does(args in prop::array::uniform6(argument()), more: u32) {
        for rules in [rules(), no_kill(rules()), own_rules()] {
            let (tree, list) = (program(rules.clone()), listed(&rules));
            for nr in (0..=600).chain([more, 0x4000_0000, 0x4000_0000 + 101]) {
                let unknown = nr > LAST_KNOWN && !NEWER.contains(&nr);
                let wanted = if unknown || i64::from(nr) == libc::SYS_clone3 {
                    ENOSYS
                } else {
                    answer(&list, nr, HERE, args)
                };
                prop_assert_eq!(answer(&tree, nr, HERE, args), wanted, "call {} {:x?}", nr, args);
            }
        }
    }
}
