//! Rules as a program of classic BPF that finds a call's answer by halving.
//!
//! The kernel runs a filter once for every call number when it is installed, to remember which are always allowed. A list that is walked
//! to its end makes that the dearest step of starting a sandbox; a tree of comparisons makes it a cheap one.

use seccompiler::{BpfProgram, sock_filter};
use std::collections::BTreeMap;

/// What one argument must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    /// The argument's lower half is this.
    Is(u8, u32),
    /// It is not.
    Not(u8, u32),
    /// Of its lower half, what the mask (first) shows is this.
    Shows(u8, u32, u32),
    /// Not all of its 64 bits are zero.
    NotZero(u8),
}

/// When a call is refused: always, where nothing is listed, else when all tests of one line hold.
pub(super) type Lines = Vec<Vec<Test>>;

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Allow,
    /// The call fails with this number, always.
    Fail(i32),
    /// It fails with `EPERM` when a line holds, and is allowed otherwise.
    When(Lines),
}

/// Instruction codes of classic BPF: load a word, mask, compare, return.
pub(super) const LOAD: u16 = 0x20;
pub(super) const MASK: u16 = 0x54;
pub(super) const JUMP: u16 = 0x05;
pub(super) const JUMP_EQ: u16 = 0x15;
pub(super) const JUMP_GE: u16 = 0x35;
pub(super) const RETURN: u16 = 0x06;
pub(super) const ALLOW: u32 = 0x7fff_0000;
pub(super) const ERRNO: u32 = 0x0005_0000;
pub(super) const KILL: u32 = 0x8000_0000;

/// Where `struct seccomp_data` has the call's number and the architecture.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;

/// The architecture this program is built for, as `linux/audit.h` numbers it.
#[cfg(target_arch = "x86_64")]
pub(super) const HERE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
pub(super) const HERE: u32 = 0xC000_00B7;

const fn op(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

/// Where an argument's lower or upper half is, on a little-endian machine.
fn half(argument: u8, upper: bool) -> u32 {
    16 + 8 * u32::from(argument) + if upper { 4 } else { 0 }
}

/// The program: a foreign architecture is killed, every number answered as it is listed, those from `last` on with `beyond`.
pub(super) fn compile(listed: &BTreeMap<u32, Answer>, last: u32, beyond: &Answer) -> BpfProgram {
    // from each number on, up to the next, the same is answered
    let mut starts: Vec<(u32, &Answer)> = Vec::new();
    let mut push = |from: u32, answer| match starts.last() {
        Some((_, before)) if *before == answer => {}
        Some((at, _)) if *at == from => {
            starts.pop();
            starts.push((from, answer));
        }
        _ => starts.push((from, answer)),
    };
    push(0, &Answer::Allow);
    for (number, answer) in listed.range(..=last) {
        push(*number, answer);
        push(number + 1, &Answer::Allow);
    }
    push(last + 1, beyond);
    for (number, answer) in listed.range(last + 1..) {
        push(*number, answer);
        push(number + 1, beyond);
    }
    let mut program = vec![
        op(LOAD, 0, 0, ARCHITECTURE),
        op(JUMP_EQ, 1, 0, HERE),
        op(RETURN, 0, 0, KILL),
        op(LOAD, 0, 0, NUMBER),
    ];
    program.extend(halved(&starts));
    program
}

fn halved(starts: &[(u32, &Answer)]) -> BpfProgram {
    let (lower, upper) = match starts {
        [] => return vec![op(RETURN, 0, 0, KILL)],
        [(_, answer)] => return leaf(answer),
        more => more.split_at(more.len() / 2),
    };
    let first = upper.first().map_or(0, |(from, _)| *from);
    let (lower, upper) = (halved(lower), halved(upper));
    let mut program = match u8::try_from(lower.len()) {
        Ok(over) => vec![op(JUMP_GE, over, 0, first)],
        Err(_) => {
            let over =
                u32::try_from(lower.len()).expect("programs are far below 4096 instructions");
            vec![op(JUMP_GE, 0, 1, first), op(JUMP, 0, 0, over)]
        }
    };
    program.extend(lower);
    program.extend(upper);
    program
}

fn leaf(answer: &Answer) -> BpfProgram {
    let fails = |number: i32| op(RETURN, 0, 0, ERRNO | number.unsigned_abs());
    match answer {
        Answer::Allow => vec![op(RETURN, 0, 0, ALLOW)],
        Answer::Fail(number) => vec![fails(*number)],
        Answer::When(lines) if lines.is_empty() => vec![fails(libc::EPERM)],
        Answer::When(lines) => {
            let mut program: BpfProgram = lines.iter().flat_map(|line| one(line)).collect();
            program.push(op(RETURN, 0, 0, ALLOW));
            program
        }
    }
}

/// A line: when all tests hold the call fails, else what comes after it decides.
fn one(line: &[Test]) -> BpfProgram {
    let mut program = vec![op(RETURN, 0, 0, ERRNO | libc::EPERM.unsigned_abs())];
    // from the last to the first, so that each knows how far it is to the end
    for test in line.iter().rev() {
        let over = u8::try_from(program.len()).expect("a line has few tests");
        let mut step = match *test {
            Test::Is(argument, value) => {
                vec![op(LOAD, 0, 0, half(argument, false)), op(JUMP_EQ, 0, over, value)]
            }
            Test::Not(argument, value) => {
                vec![op(LOAD, 0, 0, half(argument, false)), op(JUMP_EQ, over, 0, value)]
            }
            Test::Shows(argument, mask, value) => vec![
                op(LOAD, 0, 0, half(argument, false)),
                op(MASK, 0, 0, mask),
                op(JUMP_EQ, 0, over, value),
            ],
            Test::NotZero(argument) => vec![
                op(LOAD, 0, 0, half(argument, false)),
                op(JUMP_EQ, 0, 2, 0),
                op(LOAD, 0, 0, half(argument, true)),
                op(JUMP_EQ, over, 0, 0),
            ],
        };
        step.extend(program);
        program = step;
    }
    program
}
