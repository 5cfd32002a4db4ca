//! The reference solver: learns the machine from its source, runs the program, and finds the passphrase
//! character by character from what the program tests.

use super::Op;
use crate::family::text::{between, unhex};
use std::collections::BTreeMap;

/// Most steps of one run.
const STEPS: usize = 20_000;
/// What a passphrase is made of.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// What the source says.
struct Machine {
    ops: BTreeMap<u8, Op>,
    factor: usize,
    plus: usize,
    memory: Vec<u8>,
}

/// Values that decided something, in order, and whether the last word was acceptance.
struct Trace {
    tested: Vec<u8>,
    gathers: bool,
    accepted: bool,
}

/// The passphrase. Without `able`, only programs that stop at the first difference and are not masked.
pub(super) fn phrase(source: &str, program: &str, length: usize, able: bool) -> Option<String> {
    let machine = Machine::read(source, program)?;
    let mut found = vec![b'a'; length.min(64)];
    if !able && (machine.factor != 0 || machine.run(&found).gathers) {
        return None;
    }
    for at in 0..found.len() {
        let mut traces = Vec::new();
        for letter in LETTERS {
            *found.get_mut(at)? = *letter;
            traces.push((*letter, machine.run(&found).tested));
        }
        // the first value that depends on this character is the one that tests it
        let place = (0..STEPS).find(|i| {
            let mut values = traces.iter().map(|(_, t)| t.get(*i));
            let first = values.next().flatten();
            first.is_none() || values.any(|v| v != first)
        })?;
        let right = traces.iter().find(|(_, t)| t.get(place) == Some(&0));
        *found.get_mut(at)? = right.map(|(letter, _)| *letter)?;
    }
    machine.run(&found).accepted.then(|| String::from_utf8(found).ok())?
}

impl Machine {
    fn read(source: &str, program: &str) -> Option<Self> {
        let mut ops = BTreeMap::new();
        for line in source.lines() {
            let Some((code, does)) =
                between(line, "case 0x", "break;").and_then(|l| l.split_once(": "))
            else {
                continue;
            };
            ops.insert(u8::from_str_radix(code, 16).ok()?, meaning(does.trim())?);
        }
        let factor = between(source, "(at * ", "u + ")?.parse().ok()?;
        let plus = between(source, "u + ", "u);")?.parse().ok()?;
        let mut memory = unhex(program.trim())?;
        memory.resize(memory.len().max(1 << 16), 0);
        (ops.len() > 5).then_some(Self { ops, factor, plus, memory })
    }

    fn run(&self, input: &[u8]) -> Trace {
        let mut trace = Trace { tested: Vec::new(), gathers: false, accepted: false };
        let mut memory = self.memory.clone();
        let mut registers = [0_u8; 8];
        let mut at = 256_usize;
        for _ in 0..STEPS {
            let part = |at: usize| {
                let mask = at.wrapping_mul(self.factor).wrapping_add(self.plus).to_le_bytes()[0];
                memory.get(at & 0xFFFF).copied().unwrap_or(0) ^ mask
            };
            let (code, a, b) = (part(at), usize::from(part(at + 1) & 7), part(at + 2));
            at += 3;
            let Some(op) = self.ops.get(&code) else { return trace };
            let get = |i: usize| registers.get(i & 7).copied().unwrap_or(0);
            let (old, other) = (get(a), get(usize::from(b)));
            let place = usize::from(other) + usize::from(get(7)) * 256;
            let turn = u32::from(b & 7);
            let new = match op {
                Op::Set => b,
                Op::Move => other,
                Op::Add => old.wrapping_add(other),
                Op::Sub => old.wrapping_sub(other),
                Op::Xor => old ^ other,
                Op::Or => {
                    trace.gathers = true;
                    trace.tested.push(other);
                    old | other
                }
                Op::Mul => old.wrapping_mul(b),
                Op::Turn => old.rotate_left(turn),
                Op::Input => input.get(usize::from(other)).copied().unwrap_or(0),
                Op::Load => memory.get(place).copied().unwrap_or(0),
                Op::Store => {
                    if let Some(slot) = memory.get_mut(place) {
                        *slot = old;
                    }
                    old
                }
                Op::Jump => {
                    trace.tested.push(old);
                    if old != 0 {
                        at = 256 + usize::from(b) * 3;
                    }
                    old
                }
                Op::Halt => {
                    trace.accepted = old == 0;
                    return trace;
                }
            };
            if let Some(slot) = registers.get_mut(a) {
                *slot = new;
            }
        }
        trace
    }
}

/// What a statement of the interpreter does, by its shape.
fn meaning(does: &str) -> Option<Op> {
    let has = |part: &str| does.contains(part);
    Some(if does.starts_with("return") {
        Op::Halt
    } else if does.starts_with("if (") {
        Op::Jump
    } else if has("<<") {
        Op::Turn
    } else if has("+=") {
        Op::Add
    } else if has("-=") {
        Op::Sub
    } else if has("^=") {
        Op::Xor
    } else if has("|=") {
        Op::Or
    } else if has("*=") {
        Op::Mul
    } else if has("* 256]") {
        if does.ends_with("* 256];") { Op::Load } else { Op::Store }
    } else if does.ends_with("]];") {
        Op::Input
    } else if does.ends_with("= b;") {
        Op::Set
    } else if does.ends_with("[b & 7];") {
        Op::Move
    } else {
        return None;
    })
}
