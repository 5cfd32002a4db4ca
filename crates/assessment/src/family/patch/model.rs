//! What the program is meant to do, as a model that gives the right output, and inputs for the tests.

use super::{Bug, Notes};
use crate::seed::Draws;
use std::fmt::Write as _;

/// One line of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    Put(i64, String),
    Get(i64),
    Add(i64, i64),
    Join(i64, i64),
    Fill(i64, char),
}

impl Notes {
    /// Commands as the program reads them.
    pub(super) fn text(&self, commands: &[Command]) -> String {
        let [put, get, add, join, fill] = self.verbs;
        let line = |command: &Command| match command {
            Command::Put(slot, text) => format!("{put} {slot} {text}\n"),
            Command::Get(slot) => format!("{get} {slot}\n"),
            Command::Add(slot, n) => format!("{add} {slot} {n}\n"),
            Command::Join(a, b) => format!("{join} {a} {b}\n"),
            Command::Fill(n, c) => format!("{fill} {n} {c}\n"),
        };
        commands.iter().map(line).collect()
    }

    /// What a correct program prints.
    pub(super) fn answers(&self, commands: &[Command]) -> String {
        let mut notes = vec![String::new(); self.slots];
        let mut sums = vec![0_i64; self.slots];
        let mut out = String::new();
        for command in commands {
            let said = self.answer(command, &mut notes, &mut sums);
            // writing to a string does not fail
            let _ = writeln!(out, "{}", said.unwrap_or_else(|| "error".to_owned()));
        }
        out
    }

    fn answer(&self, command: &Command, notes: &mut [String], sums: &mut [i64]) -> Option<String> {
        let at = |slot: &i64| usize::try_from(*slot).ok();
        match command {
            Command::Put(slot, text) => {
                let note = notes.get_mut(at(slot)?)?;
                (text.len() < self.width).then(|| note.clone_from(text))?;
                Some(format!("kept {slot} {}", text.len()))
            }
            Command::Get(slot) => {
                let note = notes.get(at(slot)?)?;
                Some(format!("{slot} {}", if note.is_empty() { "empty" } else { note }))
            }
            Command::Add(slot, n) => {
                let sum = sums.get_mut(at(slot)?)?;
                *sum += n;
                Some(format!("{slot} {sum}"))
            }
            Command::Join(a, b) => {
                let both = format!("{}{}", notes.get(at(a)?)?, notes.get(at(b)?)?);
                (both.len() < self.room).then(|| format!("joined {both}"))
            }
            Command::Fill(n, c) => {
                let n = usize::try_from(*n).ok().filter(|n| (1..=self.most).contains(n))?;
                let bytes =
                    (0..n * self.unit).map(|i| u32::from(*c) + u32::try_from(i % 7).unwrap_or(0));
                let sum = bytes.fold(0_u32, |sum, b| {
                    sum.wrapping_mul(31).wrapping_add(b & 0xFF) & 0x00FF_FFFF
                });
                Some(format!("filled {sum}"))
            }
        }
    }

    fn slot(&self, d: &mut Draws) -> i64 {
        i64::try_from(d.length(0, u32::try_from(self.slots - 1).unwrap_or(0))).unwrap_or(0)
    }

    fn letters(d: &mut Draws, n: usize) -> String {
        (0..n).map(|_| char::from(*d.pick(b"abcdefghijklmnopqrstuvwxyz0123456789"))).collect()
    }

    fn number(n: usize) -> i64 {
        i64::try_from(n).unwrap_or(i64::MAX)
    }

    /// Commands that the program as it was obeys rightly too.
    pub(super) fn ordinary(&self, d: &mut Draws, n: usize) -> Vec<Command> {
        let half = u32::try_from(self.room / 2 - 1).unwrap_or(8);
        let width = u32::try_from(self.width - 1).unwrap_or(8);
        let mut commands = Vec::new();
        for _ in 0..n {
            commands.push(match d.below(6) {
                0 | 1 => {
                    let length = d.length(1, half.min(width));
                    Command::Put(self.slot(d), Self::letters(d, length))
                }
                2 => Command::Get(
                    self.slot(d) + if d.below(5) == 0 { Self::number(self.slots) } else { 0 },
                ),
                3 => Command::Add(self.slot(d), Self::number(d.length(0, 5_000)) - 2_000),
                4 => Command::Join(self.slot(d), self.slot(d)),
                _ => Command::Fill(Self::number(d.length(1, 200)), *d.pick(&['a', 'k', 'q', 'Z'])),
            });
        }
        commands
    }

    /// Use at every limit.
    pub(super) fn limits(&self, d: &mut Draws) -> Vec<Command> {
        let last = Self::number(self.slots - 1);
        let long = Self::letters(d, self.width - 1);
        let rest = Self::letters(d, self.room - self.width);
        vec![
            Command::Put(last, long.clone()),
            Command::Put(0, rest),
            Command::Join(last, 0),
            Command::Join(0, last),
            Command::Get(last),
            Command::Get(0),
            Command::Add(last, 7),
            Command::Add(0, -9),
            Command::Add(last, Self::number(d.length(1, 900))),
            Command::Fill(Self::number(self.most), 'b'),
            Command::Fill(1, 'c'),
            Command::Fill(Self::number(65_536 / self.unit + 1), 'd'),
            Command::Get(last),
        ]
    }

    /// Everything that must be refused, each followed by something that must still be right.
    pub(super) fn outside(&self, d: &mut Draws) -> Vec<Command> {
        let over = Self::number(self.slots);
        let mut commands = self.ordinary(d, 4);
        for bug in super::ALL {
            commands.extend(self.offence(bug, d));
            commands.push(Command::Get(self.slot(d)));
        }
        commands.extend([
            Command::Put(-1, "x".to_owned()),
            Command::Add(over, 3),
            Command::Join(0, over),
            Command::Join(-1, 0),
            Command::Fill(0, 'e'),
            Command::Fill(Self::number(self.most + 1), 'e'),
            Command::Get(-1),
        ]);
        commands.extend((0..over).map(|slot| Command::Add(slot, 0)));
        commands.extend((0..over).map(Command::Get));
        commands
    }

    /// Commands that damage a program with this bug.
    fn offence(&self, bug: Bug, d: &mut Draws) -> Vec<Command> {
        let over = Self::number(self.slots);
        match bug {
            Bug::High => {
                let slot = over + Self::number(d.length(0, 3));
                vec![Command::Put(slot, Self::letters(d, 6))]
            }
            Bug::Low => vec![Command::Add(-1 - Self::number(d.length(0, 13)), 77)],
            Bug::Brim => vec![Command::Put(self.slot(d), Self::letters(d, self.width))],
            Bug::Wrap => {
                let n = Self::number(65_536 / self.unit + d.length(1, 20));
                vec![Command::Fill(n, 'f')]
            }
            Bug::Both => vec![
                Command::Put(0, Self::letters(d, self.width - 1)),
                Command::Put(1, Self::letters(d, self.room - self.width + 1)),
                Command::Join(0, 1),
            ],
        }
    }

    /// An input that crashes a program with this bug: some use, the offence, some more use.
    pub(super) fn proof(&self, bug: Bug, d: &mut Draws) -> Vec<Command> {
        let mut commands = self.ordinary(d, 3);
        commands.extend(self.offence(bug, d));
        commands.extend(self.ordinary(d, 3));
        commands.extend((0..Self::number(self.slots)).map(Command::Get));
        commands
    }
}
