//! Draws a host with one way to root, and much that looks like one.

use super::host::{Account, Asker, Change, Host, Kind, Node, Run, STICKY};
use crate::family::words::{MEASURES, THINGS};
use crate::seed::Draws;

/// How one account can change a file that another runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Everybody may write it.
    World,
    /// A group may write it.
    Group,
    /// The account owns it.
    Owner,
    /// A group may write its directory.
    Directory,
}

/// What stands between who runs and what is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detour {
    None,
    Link,
    Script,
}

/// Accounts besides root and the chain's.
const OTHERS: usize = 4;

/// A host, the account to start from, and the only shortest chain to root.
pub(super) fn planned(d: &mut Draws, step: u8) -> (Host, usize, Vec<Change>) {
    loop {
        let length = usize::from(step.saturating_sub(1).max(1));
        let mut builder = Builder::new(d, length);
        let roles = builder.roles.clone();
        let role = |at: usize| roles.get(at).copied().unwrap_or(0);
        for at in 0..length {
            let to = if at + 1 == length { 0 } else { role(at + 1) };
            builder.chain(role(at), to, at == 0, step);
        }
        builder.decoys(length, step);
        let (host, start) = (builder.finished(), role(0));
        if let [chain] = host.chains(start).as_slice()
            && chain.len() == length
        {
            return (host.clone(), start, chain.clone());
        }
    }
}

struct Builder<'a> {
    d: &'a mut Draws,
    host: Host,
    /// The group of all accounts but root.
    all: usize,
    /// Accounts but root in random order: those of the chain, then the others.
    roles: Vec<usize>,
    /// Groups of one account each that nothing belongs to yet.
    spare: Vec<(usize, usize)>,
}

impl<'a> Builder<'a> {
    fn new(d: &'a mut Draws, length: usize) -> Self {
        let names = d.distinct(&THINGS, 2 * (length + OTHERS) + 4);
        let (people, groups) = names.split_at(length + OTHERS);
        let mut host = Host::default();
        host.groups.push("root".to_owned());
        host.accounts.push(Account { name: "root".to_owned(), groups: vec![0] });
        host.groups
            .extend(groups.iter().map(|g| format!("{g}-{}", d.pick(&["crew", "desk", "shift"]))));
        let all = host.groups.len() - 1;
        // each has a primary group of its own, whose number says nothing
        for (n, name) in people.iter().enumerate() {
            host.accounts.push(Account { name: (*name).to_owned(), groups: vec![n + 1, all] });
        }
        let mut roles: Vec<usize> = (1..host.accounts.len()).collect();
        d.shuffle(&mut roles);
        let mut owners = [roles.as_slice(), &roles].concat();
        d.shuffle(&mut owners);
        let mut spare = Vec::new();
        for account in owners {
            spare.push((account, host.groups.len()));
            host.groups.push(format!("{}-{}", d.pick(&MEASURES), d.hex(2)));
            if let Some(account) = host.accounts.get_mut(account) {
                account.groups.push(host.groups.len() - 1);
            }
        }
        for dir in ["/opt", "/srv", "/usr", "/usr/local", "/usr/local/bin"] {
            let node = Node { kind: Kind::Directory, owner: 0, group: 0, mode: 0o755 };
            host.nodes.insert(dir.to_owned(), node);
        }
        Self { d, host, all, roles, spare }
    }

    fn node(&mut self, path: &str, kind: Kind, (owner, group): (usize, usize), mode: u16) {
        self.host.nodes.insert(path.to_owned(), Node { kind, owner, group, mode });
    }

    /// A path in a directory of its own.
    fn place(&mut self) -> (String, String) {
        let top = *self.d.pick(&["/opt", "/srv"]);
        let dir = format!("{top}/{}-{}", self.d.pick(&THINGS), self.d.hex(3));
        self.node(&dir, Kind::Directory, (0, 0), 0o755);
        let path = format!("{dir}/{}-{}", self.d.pick(&MEASURES), self.d.hex(8));
        (dir, path)
    }

    /// A group of one account alone, which is not its primary one.
    fn group_of(&mut self, account: usize) -> usize {
        let at = self.spare.iter().position(|(owner, _)| *owner == account);
        match at {
            Some(at) => self.spare.remove(at).1,
            None => self.primary(account),
        }
    }

    fn primary(&self, account: usize) -> usize {
        self.host.accounts.get(account).and_then(|a| a.groups.first().copied()).unwrap_or(0)
    }

    /// A file that only `from` can change, in this way, whoever runs it.
    fn writable(&mut self, from: usize, runner: usize, way: Way) -> String {
        let (dir, path) = self.place();
        let own = (runner, self.primary(runner));
        match way {
            Way::World => self.node(&path, Kind::File, own, 0o757),
            Way::Owner => self.node(&path, Kind::File, (from, self.primary(from)), 0o755),
            Way::Group => {
                let primary = self.d.below(3) == 0;
                let group = if primary { self.primary(from) } else { self.group_of(from) };
                self.node(&path, Kind::File, (runner, group), 0o775);
            }
            Way::Directory => {
                let group = self.group_of(from);
                self.node(&dir, Kind::Directory, (0, group), 0o775);
                self.node(&path, Kind::File, own, 0o755);
            }
        }
        path
    }

    /// A file that nobody but root can change.
    fn locked(&mut self) -> String {
        let (_, path) = self.place();
        let mode = *self.d.pick(&[0o755, 0o750, 0o700, 0o555]);
        self.node(&path, Kind::File, (0, 0), mode);
        path
    }

    fn cron(&mut self, account: usize, path: String) {
        self.host.runs.push(Run { account, path, by: None, off: false });
    }

    /// A link or a script of root's that leads to a path.
    fn led(&mut self, path: String, detour: Detour) -> String {
        match detour {
            Detour::None => path,
            Detour::Link => {
                let name = format!("{}-{}", self.d.pick(&THINGS), self.d.hex(6));
                let link = format!("/usr/local/bin/{name}");
                self.node(&link, Kind::Link(path), (0, 0), 0o777);
                link
            }
            Detour::Script => {
                let script = self.locked();
                let before = self.locked();
                self.calls(&script, vec![before, path], None);
                script
            }
        }
    }

    /// A script that calls these, and mentions another in a comment.
    fn calls(&mut self, script: &str, called: Vec<String>, mentioned: Option<String>) {
        let mut lines = vec!["#!/bin/sh".to_owned(), "set -eu".to_owned()];
        lines.extend(mentioned.map(|path| format!("# {path}")));
        lines.extend(called.iter().map(|path| format!("{path} --{}", self.d.pick(&MEASURES))));
        self.host.scripts.insert(script.to_owned(), lines);
        self.host.calls.insert(script.to_owned(), called);
    }

    /// One step of the chain.
    fn chain(&mut self, from: usize, to: usize, first: bool, step: u8) {
        let ways: &[Way] = match (step, first) {
            (1, _) => &[Way::World],
            (2, _) => &[Way::Group],
            (3, true) => &[Way::World, Way::Group, Way::Owner],
            (3, false) => &[Way::Group, Way::Owner],
            _ => &[Way::Group, Way::Owner, Way::Directory, Way::Directory],
        };
        let detours: &[Detour] = match step {
            1..=3 => &[Detour::None],
            4 => &[Detour::None, Detour::Link],
            _ => &[Detour::None, Detour::Link, Detour::Script],
        };
        let way = *self.d.pick(ways);
        let path = self.writable(from, to, way);
        let detour = *self.d.pick(detours);
        let path = self.led(path, detour);
        let sudo = step >= 4 && self.d.coin();
        let by = sudo.then(|| match self.d.coin() {
            true => Asker::Account(from),
            false => Asker::Group(self.group_of(from)),
        });
        self.host.runs.push(Run { account: to, path, by, off: false });
    }

    /// What looks like a way and is none.
    fn decoys(&mut self, length: usize, step: u8) {
        let role = |at: usize| self.roles.get(at).copied().unwrap_or(0);
        let (start, outsider) = (role(0), role(length));
        let dead = [role(length + 1), role(length + 2)];
        for _ in 0..3 {
            let path = self.locked();
            self.cron(0, path);
            let (_, path) = self.place();
            self.node(&path, Kind::File, (0, 0), 0o757);
        }
        let path = self.writable(start, 0, Way::World);
        self.host.runs.push(Run { account: 0, path, by: None, off: true });
        if step >= 2 {
            let path = self.writable(outsider, 0, Way::Group);
            self.cron(0, path);
            // the group's class denies what the others' class would allow, and all are in the group
            let (_, path) = self.place();
            self.node(&path, Kind::File, (0, self.all), 0o757);
            self.cron(0, path);
        }
        if step >= 3 {
            let (dir, path) = self.place();
            self.node(&dir, Kind::Directory, (0, 0), 0o750);
            self.node(&path, Kind::File, (0, 0), 0o757);
            self.cron(0, path);
            for dead in dead {
                let path = self.writable(start, dead, Way::Owner);
                self.cron(dead, path);
            }
        }
        if step >= 4 {
            let path = self.locked();
            let link = self.led(path, Detour::Link);
            self.cron(0, link);
            let path = self.locked();
            self.host.runs.push(Run {
                account: 0,
                path,
                by: Some(Asker::Account(start)),
                off: false,
            });
            // it can be changed by the account, but only an outsider can have it run
            let path = self.writable(start, 0, Way::Owner);
            let by = Some(Asker::Account(outsider));
            self.host.runs.push(Run { account: 0, path, by, off: false });
        }
        if step >= 5 {
            let (dir, path) = self.place();
            self.node(&dir, Kind::Directory, (0, 0), 0o777 | STICKY);
            self.node(&path, Kind::File, (0, 0), 0o755);
            self.cron(0, path);
            let script = self.locked();
            let (called, mentioned) = (self.locked(), self.writable(start, 0, Way::Owner));
            self.calls(&script, vec![called], Some(mentioned));
            self.cron(0, script);
        }
    }

    fn finished(mut self) -> Host {
        let Host { runs, .. } = &mut self.host;
        self.d.shuffle(runs);
        let paths: Vec<String> = self.host.runs.iter().map(|r| r.path.clone()).collect();
        for path in paths {
            if matches!(self.host.nodes.get(&path), Some(Node { kind: Kind::File, .. })) {
                let lines = ["#!/bin/sh".to_owned(), format!("echo {}", self.d.pick(&THINGS))];
                self.host.scripts.entry(path).or_insert(lines.to_vec());
            }
        }
        self.host
    }
}
