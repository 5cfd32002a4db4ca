//! A host's accounts and files, what can be changed there, and how the audit writes it down.

use std::collections::{BTreeMap, BTreeSet};

/// An account; 0 is root.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: String,
    /// Its primary group and the others it is in.
    pub(super) groups: Vec<usize>,
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File,
    /// A link and where it leads.
    Link(String),
}

/// A file, a directory or a link.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) owner: usize,
    pub(super) group: usize,
    /// Permission bits, the sticky bit included.
    pub(super) mode: u16,
}

/// Something that is run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) account: usize,
    pub(super) path: String,
    /// Who can have it run, in place of the clock.
    pub(super) by: Option<Asker>,
    /// Whether the line is commented out.
    pub(super) off: bool,
}

/// Who a rule of sudo names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asker {
    Account(usize),
    Group(usize),
}

/// A host.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    pub(super) accounts: Vec<Account>,
    pub(super) groups: Vec<String>,
    pub(super) nodes: BTreeMap<String, Node>,
    pub(super) runs: Vec<Run>,
    /// Lines of scripts by path.
    pub(super) scripts: BTreeMap<String, Vec<String>>,
    /// What scripts call, by path.
    pub(super) calls: BTreeMap<String, Vec<String>>,
}

/// Who gets whom by changing what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) path: String,
}

/// Bits of a class.
const WRITE: u16 = 2;
const SEARCH: u16 = 1;
pub(super) const STICKY: u16 = 0o1000;

impl Host {
    /// An account's name.
    pub(super) fn account(&self, account: usize) -> &str {
        self.accounts.get(account).map_or("nobody", |a| a.name.as_str())
    }

    fn member(&self, account: usize, group: usize) -> bool {
        self.accounts.get(account).is_some_and(|a| a.groups.contains(&group))
    }

    /// Whether an account has all these bits on a path. An owner can give them to itself.
    fn may(&self, account: usize, path: &str, bits: u16) -> bool {
        let Some(node) = self.nodes.get(path) else { return false };
        let shift = if self.member(account, node.group) { 3 } else { 0 };
        account == 0 || node.owner == account || node.mode >> shift & bits == bits
    }

    /// The directories above a path, highest first, each with its entry on the way.
    fn above(path: &str) -> Vec<(&str, &str)> {
        let ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).skip(1).collect();
        let cut = |end: usize| path.split_at_checked(end).map_or(path, |(head, _)| head);
        let dirs = ends.iter().map(|end| cut(*end));
        let entries = ends.iter().skip(1).map(|end| cut(*end)).chain([path]);
        dirs.zip(entries).collect()
    }

    /// Whether an account can change what lies at a path, or replace it.
    pub(super) fn changes(&self, account: usize, path: &str) -> bool {
        for (dir, entry) in Self::above(path) {
            if !self.may(account, dir, SEARCH) {
                return false;
            }
            let owns = |path: &str| self.nodes.get(path).is_some_and(|n| n.owner == account);
            let sticky = self.nodes.get(dir).is_some_and(|n| n.mode & STICKY != 0);
            if self.may(account, dir, WRITE) && (!sticky || owns(dir) || owns(entry)) {
                return true;
            }
        }
        let link = self.nodes.get(path).is_some_and(|n| matches!(n.kind, Kind::Link(_)));
        !link && self.may(account, path, WRITE)
    }

    /// Everything that running a path runs: itself, what a link leads to, what scripts call.
    fn run(&self, path: &str, out: &mut BTreeSet<String>) {
        if !out.insert(path.to_owned()) {
            return;
        }
        if let Some(Node { kind: Kind::Link(target), .. }) = self.nodes.get(path) {
            self.run(target, out);
        }
        for called in self.calls.get(path).into_iter().flatten() {
            self.run(called, out);
        }
    }

    /// Every change by which one account gets another.
    pub(super) fn takeovers(&self) -> BTreeSet<Change> {
        let mut out = BTreeSet::new();
        for run in self.runs.iter().filter(|r| !r.off) {
            let mut paths = BTreeSet::new();
            self.run(&run.path, &mut paths);
            for from in 1..self.accounts.len() {
                let asks = match run.by {
                    None => true,
                    Some(Asker::Account(account)) => account == from,
                    Some(Asker::Group(group)) => self.member(from, group),
                };
                if !asks || from == run.account {
                    continue;
                }
                for path in paths.iter().filter(|path| self.changes(from, path)) {
                    out.insert(Change { from, to: run.account, path: path.clone() });
                }
            }
        }
        out
    }

    /// The shortest chains from an account to root.
    pub(super) fn chains(&self, start: usize) -> Vec<Vec<Change>> {
        let takeovers = self.takeovers();
        let mut open: Vec<Vec<Change>> =
            takeovers.iter().filter(|c| c.from == start).map(|c| vec![c.clone()]).collect();
        let mut seen = BTreeSet::from([start]);
        while !open.is_empty() {
            let at = |chain: &Vec<Change>| chain.last().map_or(start, |c| c.to);
            let done: Vec<_> = open.iter().filter(|chain| at(chain) == 0).cloned().collect();
            if !done.is_empty() {
                return done;
            }
            seen.extend(open.iter().map(at));
            let mut next = Vec::new();
            for chain in &open {
                let steps =
                    takeovers.iter().filter(|c| c.from == at(chain) && !seen.contains(&c.to));
                next.extend(steps.map(|c| [chain.as_slice(), std::slice::from_ref(c)].concat()));
            }
            open = next;
        }
        Vec::new()
    }

    /// The files of the audit.
    pub(super) fn files(&self) -> Vec<(&'static str, String)> {
        let group = |g: usize| self.groups.get(g).map_or("nogroup", String::as_str);
        let (mut passwd, mut groups) = (String::new(), String::new());
        for (n, account) in self.accounts.iter().enumerate() {
            let primary = account.groups.first().copied().unwrap_or(0);
            let (id, gid) = (number(n), number(primary));
            passwd.push_str(&format!(
                "{}:x:{id}:{gid}::/home/{}:/bin/sh\n",
                account.name, account.name
            ));
        }
        for (n, name) in self.groups.iter().enumerate() {
            // members by primary group are not named, as on any host
            let members = self.accounts.iter().filter(|a| a.groups.iter().skip(1).any(|g| *g == n));
            let members: Vec<&str> = members.map(|a| a.name.as_str()).collect();
            groups.push_str(&format!("{name}:x:{}:{}\n", number(n), members.join(",")));
        }
        let mut modes = String::new();
        for (path, node) in &self.nodes {
            let (owner, group) = (self.account(node.owner), group(node.group));
            let target = match &node.kind {
                Kind::Link(target) => format!(" -> {target}"),
                Kind::Directory | Kind::File => String::new(),
            };
            modes.push_str(&format!("{} {owner} {group} {path}{target}\n", letters(node)));
        }
        let (mut crontab, mut sudoers) = (String::new(), String::new());
        for (n, run) in self.runs.iter().enumerate() {
            let (off, account) = (if run.off { "# " } else { "" }, self.account(run.account));
            let who = match run.by {
                None => {
                    let minute = (7 * n + 3) % 60;
                    crontab.push_str(&format!("{off}{minute} * * * * {account} {}\n", run.path));
                    continue;
                }
                Some(Asker::Account(account)) => self.account(account).to_owned(),
                Some(Asker::Group(g)) => format!("%{}", group(g)),
            };
            sudoers.push_str(&format!("{off}{who} ALL=({account}) NOPASSWD: {}\n", run.path));
        }
        let scripts = self.scripts.iter().map(|(path, lines)| {
            let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
            format!("{path}:\n{lines}")
        });
        vec![
            ("passwd", passwd),
            ("group", groups),
            ("modes.txt", modes),
            ("crontab", format!("# m h dom mon dow account command\n{crontab}")),
            ("sudoers", format!("# rules of sudo\n{sudoers}")),
            ("scripts.txt", scripts.collect()),
        ]
    }
}

/// The number of an account or a group: root's is 0.
fn number(n: usize) -> usize {
    if n == 0 { 0 } else { 1000 + n }
}

/// A mode as `ls -l` writes it.
fn letters(node: &Node) -> String {
    let kind = match node.kind {
        Kind::Directory => 'd',
        Kind::File => '-',
        Kind::Link(_) => 'l',
    };
    let bit = |n: u32| node.mode >> (8 - n) & 1 == 1;
    let letter = |n: u32| ['r', 'w', 'x'].into_iter().cycle().nth(usize::try_from(n).unwrap_or(0));
    let mut out: String =
        (0..9).map(|n| if bit(n) { letter(n).unwrap_or('?') } else { '-' }).collect();
    if node.mode & STICKY != 0 {
        let last = if out.pop() == Some('x') { 't' } else { 'T' };
        out.push(last);
    }
    format!("{kind}{out}")
}
