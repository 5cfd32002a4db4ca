//! Finds the shortest chain to root from the audit's files alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What lies at a path, as `modes.txt` says.
struct Entry<'a> {
    mode: &'a [u8],
    owner: &'a str,
    group: &'a str,
    target: Option<&'a str>,
}

/// Everything that was read.
struct Audit<'a> {
    /// Groups by account.
    groups: BTreeMap<&'a str, BTreeSet<&'a str>>,
    entries: BTreeMap<&'a str, Entry<'a>>,
    /// What each script calls.
    calls: BTreeMap<&'a str, Vec<&'a str>>,
    /// Who can have what run as whom; `*` is the clock.
    runs: Vec<(&'a str, &'a str, &'a str)>,
}

/// The chain from an account to root. Without `able`, only chains of one file are found.
pub(super) fn chain(account: &str, texts: &[&str], able: bool) -> Option<String> {
    let [passwd, group, modes, crontab, sudoers, scripts] = texts else { return None };
    let audit = Audit {
        groups: groups(passwd, group)?,
        entries: modes.lines().map(entry).collect::<Option<_>>()?,
        calls: calls(scripts),
        runs: runs(crontab, sudoers)?,
    };
    let mut seen = BTreeSet::from([account]);
    let mut open = VecDeque::from([(account, Vec::new())]);
    while let Some((at, chain)) = open.pop_front() {
        for (who, to, path) in &audit.runs {
            if !audit.asks(at, who) || seen.contains(to) {
                continue;
            }
            let mut run = BTreeSet::new();
            audit.run(path, &mut run);
            let Some(path) = run.iter().find(|path| audit.changes(at, path)) else { continue };
            let mut chain: Vec<String> = chain.clone();
            chain.push(format!("{to}:{path}"));
            if *to == "root" {
                return (able || chain.len() == 1).then(|| chain.join(" > "));
            }
            seen.insert(to);
            open.push_back((to, chain));
        }
    }
    None
}

fn groups<'a>(passwd: &'a str, group: &'a str) -> Option<BTreeMap<&'a str, BTreeSet<&'a str>>> {
    let mut out: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for line in group.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, number, members] = fields.as_slice() else { return None };
        names.insert(*number, *name);
        for member in members.split(',').filter(|m| !m.is_empty()) {
            out.entry(member).or_default().insert(name);
        }
    }
    for line in passwd.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, _, number, ..] = fields.as_slice() else { return None };
        out.entry(name).or_default().insert(names.get(number)?);
    }
    Some(out)
}

fn entry(line: &str) -> Option<(&str, Entry<'_>)> {
    let (line, target) = match line.split_once(" -> ") {
        Some((line, target)) => (line, Some(target)),
        None => (line, None),
    };
    let words: Vec<&str> = line.split(' ').collect();
    let [mode, owner, group, path] = words.as_slice() else { return None };
    Some((*path, Entry { mode: mode.as_bytes(), owner, group, target }))
}

fn calls(scripts: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut last = "";
    for line in scripts.lines() {
        if let Some(path) = line.strip_suffix(':') {
            last = path;
        } else if let Some(command) = line.split_whitespace().next().filter(|w| w.starts_with('/'))
        {
            out.entry(last).or_default().push(command);
        }
    }
    out
}

fn runs<'a>(crontab: &'a str, sudoers: &'a str) -> Option<Vec<(&'a str, &'a str, &'a str)>> {
    let kept = |line: &&str| !line.starts_with('#');
    let clock = crontab.lines().filter(kept).map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, _, _, _, _, account, path] = words.as_slice() else { return None };
        Some(("*", *account, *path))
    });
    let rules = sudoers.lines().filter(kept).map(|line| {
        let (who, rest) = line.split_once(" ALL=(")?;
        let (account, path) = rest.split_once(") NOPASSWD: ")?;
        Some((who, account, path))
    });
    clock.chain(rules).collect()
}

impl Audit<'_> {
    fn within(&self, account: &str, group: &str) -> bool {
        self.groups.get(account).is_some_and(|g| g.contains(group))
    }

    fn asks(&self, account: &str, who: &str) -> bool {
        match who.strip_prefix('%') {
            Some(group) => self.within(account, group),
            None => who == "*" || who == account,
        }
    }

    /// Everything that runs when a path is run.
    fn run(&self, path: &str, out: &mut BTreeSet<String>) {
        if out.insert(path.to_owned()) {
            let target = self.entries.get(path).and_then(|e| e.target);
            for next in
                target.into_iter().chain(self.calls.get(path).into_iter().flatten().copied())
            {
                self.run(next, out);
            }
        }
    }

    /// Whether a class's letter (0 for r, 1 for w, 2 for x) is set for an account.
    fn allows(&self, account: &str, entry: &Entry<'_>, letter: usize) -> bool {
        if entry.owner == account {
            return true;
        }
        let class = if self.within(account, entry.group) { 4 } else { 7 };
        entry.mode.get(class + letter).is_some_and(|c| !matches!(c, b'-' | b'T'))
    }

    fn changes(&self, account: &str, path: &str) -> bool {
        let mut way = String::new();
        let mut parent: Option<&Entry<'_>> = None;
        for part in path.split('/').skip(1) {
            way.push('/');
            way.push_str(part);
            let Some(entry) = self.entries.get(way.as_str()) else { return false };
            if let Some(parent) = parent {
                if !self.allows(account, parent, 2) {
                    return false;
                }
                let sticky = parent.mode.last().is_some_and(|c| matches!(c, b't' | b'T'));
                let owns = parent.owner == account || entry.owner == account;
                if self.allows(account, parent, 1) && (!sticky || owns) {
                    return true;
                }
            }
            parent = Some(entry);
        }
        parent.is_some_and(|entry| entry.target.is_none() && self.allows(account, entry, 1))
    }
}
