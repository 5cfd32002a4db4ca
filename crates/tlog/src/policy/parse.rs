//! Reading a policy, line by line.

use super::{LineError, MAX_ENTRIES, MAX_POLICY, Policy, PolicyError, PolicyMember, Quorum};
use super::{cosigns, signs_logs};
use crate::VerifierKey;
use crate::text::{decimal, shown};

/// What the lines so far have defined.
#[derive(Default)]
struct Reading {
    logs: Vec<VerifierKey>,
    members: Vec<PolicyMember>,
    /// Positions that are a member of a group.
    grouped: Vec<usize>,
    quorum: Option<Quorum>,
}

impl PolicyMember {
    /// Its name within the policy.
    pub fn name(&self) -> &[u8] {
        match self {
            Self::Witness { name, .. } | Self::Group { name, .. } => name,
        }
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] names the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > MAX_POLICY {
            return Err(PolicyError::File("is longer than 1 MiB"));
        }
        if bytes.iter().any(|b| (*b < 0x20 && *b != b'\t' && *b != b'\n') || *b == 0x7f) {
            return Err(PolicyError::File("has a control character other than tab and newline"));
        }
        let lines = bytes.strip_suffix(b"\n").ok_or(PolicyError::File("has no final newline"))?;
        let mut reading = Reading::default();
        for (i, line) in lines.split(|b| *b == b'\n').enumerate() {
            let items: Vec<&[u8]> =
                line.split(|b| *b == b' ' || *b == b'\t').filter(|i| !i.is_empty()).collect();
            let read = reading.line(&items);
            read.map_err(|why| PolicyError::Line { line: i + 1, why })?;
        }
        let Reading { logs, members, grouped: _, quorum } = reading;
        let quorum = quorum.ok_or(PolicyError::NoQuorum)?;
        let mut keys = logs.clone();
        keys.extend(members.iter().filter_map(|m| match m {
            PolicyMember::Witness { key, .. } => Some(key.clone()),
            PolicyMember::Group { .. } => None,
        }));
        Ok(Self { logs, members, quorum, keys })
    }
}

fn text(name: &[u8]) -> String {
    shown(&String::from_utf8_lossy(name))
}

fn key(item: &[u8]) -> Result<VerifierKey, LineError> {
    let text = std::str::from_utf8(item).map_err(|_| LineError::Form)?;
    text.parse().map_err(LineError::Key)
}

impl Reading {
    fn line(&mut self, items: &[&[u8]]) -> Result<(), LineError> {
        match items {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", vkey] | [b"log", vkey, _] => self.log(key(vkey)?),
            [b"witness", name, vkey] | [b"witness", name, vkey, _] => {
                self.witness(name, key(vkey)?)
            }
            [b"group", name, threshold, members @ ..] if !members.is_empty() => {
                self.group(name, threshold, members)
            }
            [b"quorum", name] => self.quorum(name),
            _ => Err(LineError::Form),
        }
    }

    fn log(&mut self, key: VerifierKey) -> Result<(), LineError> {
        if !signs_logs(key.key()) {
            return Err(LineError::KeyType(key.key().kind()));
        }
        if self.logs.len() >= MAX_ENTRIES {
            return Err(LineError::TooMany);
        }
        if self.logs.iter().any(|l| l.key().bytes() == key.key().bytes()) {
            return Err(LineError::DuplicateKey);
        }
        self.logs.push(key);
        Ok(())
    }

    /// Checks that a new member's name is free.
    fn fresh(&self, name: &[u8]) -> Result<Vec<u8>, LineError> {
        if self.members.len() >= MAX_ENTRIES {
            return Err(LineError::TooMany);
        }
        if name == b"none" || self.position(name).is_some() {
            return Err(LineError::DuplicateName(text(name)));
        }
        Ok(name.to_vec())
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        self.members.iter().position(|m| m.name() == name)
    }

    fn witness(&mut self, name: &[u8], key: VerifierKey) -> Result<(), LineError> {
        if !cosigns(key.key()) {
            return Err(LineError::KeyType(key.key().kind()));
        }
        let name = self.fresh(name)?;
        let same = |m: &PolicyMember| match m {
            PolicyMember::Witness { key: other, .. } => other.key().bytes() == key.key().bytes(),
            PolicyMember::Group { .. } => false,
        };
        if self.members.iter().any(same) {
            return Err(LineError::DuplicateKey);
        }
        self.members.push(PolicyMember::Witness { name, key });
        Ok(())
    }

    fn group(&mut self, name: &[u8], threshold: &[u8], names: &[&[u8]]) -> Result<(), LineError> {
        let name = self.fresh(name)?;
        let threshold = match threshold {
            b"all" => names.len(),
            b"any" => 1,
            number => std::str::from_utf8(number)
                .ok()
                .and_then(decimal)
                .and_then(|k| usize::try_from(k).ok())
                .filter(|k| (1..=names.len()).contains(k))
                .ok_or(LineError::Threshold)?,
        };
        let mut members = Vec::with_capacity(names.len());
        for name in names {
            let at = self.position(name).ok_or_else(|| LineError::UnknownName(text(name)))?;
            // Once in all groups together: every witness counts in one way only.
            if self.grouped.contains(&at) {
                return Err(LineError::MemberTwice(text(name)));
            }
            self.grouped.push(at);
            members.push(at);
        }
        self.members.push(PolicyMember::Group { name, threshold, members });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), LineError> {
        if self.quorum.is_some() {
            return Err(LineError::SecondQuorum);
        }
        self.quorum = Some(match name {
            b"none" => Quorum::Nobody,
            name => Quorum::Member(
                self.position(name).ok_or_else(|| LineError::UnknownName(text(name)))?,
            ),
        });
        Ok(())
    }
}
