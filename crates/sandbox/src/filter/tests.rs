//! Both filters are run by a small interpreter of classic BPF, so that what they answer is seen
//! without a kernel.

use super::{ALLOW, ERRNO, deny, gate, own_programs, rules};
use proptest::prelude::*;
use seccompiler::sock_filter;

const KILL: u32 = 0x8000_0000;
const X86_64: u32 = 0xC000_003E;
const AARCH64: u32 = 0xC000_00B7;

fn here() -> u32 {
    if cfg!(target_arch = "x86_64") { X86_64 } else { AARCH64 }
}

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

fn both(nr: i64, args: [u64; 6]) -> u32 {
    let nr = u32::try_from(nr).unwrap();
    let answers = [gate(), deny(rules())].map(|p| answer(&p, nr, here(), args));
    answers.into_iter().find(|a| *a != ALLOW).unwrap_or(ALLOW)
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
        assert_eq!(both(nr, args), wanted, "call {nr} {args:x?}");
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
        let answers = own_programs().map(|p| answer(&p, number, here(), args));
        let given = answers.into_iter().find(|a| *a != ALLOW).unwrap_or(ALLOW);
        assert_eq!(given, wanted, "call {nr} {args:x?}");
    }
}

#[test]
fn a_foreign_architecture_is_killed() {
    let i386 = 0x4000_0003;
    assert_eq!(answer(&deny(rules()), 26, i386, [0; 6]), KILL);
}

proptest! {
    #[test]
    fn every_number_gets_an_answer(nr: u32, args: [u64; 6]) {
        for program in [gate(), deny(rules())] {
            let given = answer(&program, nr, here(), args);
            prop_assert!([ALLOW, EPERM, ENOSYS].contains(&given));
        }
        if nr > 462 {
            prop_assert_eq!(answer(&gate(), nr, here(), args), ENOSYS);
        }
    }
}
