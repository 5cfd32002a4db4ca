//! The steps, each guarded by the rule that the shipped code follows there.

/// A log: its statements in order, as digits; at most two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Log([u8; 2]);

impl Log {
    pub(super) fn len(self) -> usize {
        self.0.iter().filter(|statement| **statement != 0).count()
    }

    /// The log with one more statement; none if it has it, or is full.
    fn with(self, statement: u8) -> Option<Self> {
        let mut log = self;
        let place = log.0.iter_mut().find(|place| **place == 0)?;
        *place = statement;
        (!self.0.contains(&statement)).then_some(log)
    }
}

/// Whether `a` is how `b` begins.
pub(super) fn is_beginning(a: Log, b: Log) -> bool {
    a.0.iter().zip(b.0).all(|(a, b)| *a == 0 || *a == b)
}

/// What can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Lock,
    Stage,
    CompareAndSwap,
    PublishAfterCommit,
    AcknowledgeAfterCommit,
    ApplyBeforePublish,
    SyncBeforePublish,
    Settle,
    AskAtStart,
    WitnessCompares,
}

/// The rules in force, and how the world is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// One bit for each rule that is off.
    off: u16,
    /// Whether a witness may be out of reach while the other answers.
    pub(super) silence: bool,
    /// Most crashes.
    crashes: u8,
    /// Whether a backup may be made and restored.
    backup: bool,
}

impl Rules {
    pub(super) const ALL: Self = Self { off: 0, silence: false, crashes: 2, backup: true };

    pub(super) const fn without(self, rule: Rule) -> Self {
        Self { off: self.off | 1 << rule as u16, ..self }
    }

    pub(super) const fn with_silence(self) -> Self {
        Self { silence: true, ..self }
    }

    /// A smaller world: without the lock, processes have many more orders of their steps.
    pub(super) const fn small(self) -> Self {
        Self { crashes: 1, backup: false, ..self }
    }

    fn holds(&self, rule: Rule) -> bool {
        self.off >> rule as u16 & 1 == 0
    }
}

/// What lies on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Folder {
    /// The database's checkpoint.
    pub(super) committed: Log,
    /// The head of the bundle below `stage/`.
    pub(super) staged: Option<Log>,
    /// The head whose files are all in place.
    pub(super) applied: Log,
    /// The head whose files would all be whole if the machine stopped now.
    durable: Log,
    /// `log/checkpoint`.
    pub(super) published: Log,
}

/// Where a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) enum Phase {
    #[default]
    Down,
    /// It holds the lock, if there is one.
    Opened,
    /// What a crash left is finished.
    Settled,
    /// A witness is ahead, or the folder contradicts itself; it ends without signing.
    Refused,
    Idle,
    /// It has signed a checkpoint of the second log, which goes on from the first.
    Planned(Log, Log),
    Staged(Log, Log),
    Swapped(Log),
    /// The files are in place, and may be torn if the machine stops.
    Applied(Log),
    Synced(Log),
    Published(Log),
}

/// One step of the world; the number says whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Open(usize),
    Settle(usize),
    /// The witnesses that answer, one bit each.
    Ask(usize, u8),
    Plan(usize, u8),
    Stage(usize),
    Swap(usize),
    Apply(usize),
    Sync(usize),
    Publish(usize),
    Acknowledge(usize),
    /// The witness of the second number sees the published checkpoint.
    Witness(usize, usize),
    Crash(usize),
    Backup,
    Restore,
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct World {
    pub(super) folder: Folder,
    pub(super) processes: [Phase; 2],
    /// What each witness has recorded.
    witnesses: [Log; 2],
    backup: Option<Folder>,
    pub(super) restored: bool,
    crashes: u8,
    /// Every log that was ever published, sorted.
    pub(super) published: Vec<Log>,
    /// Every log up to whose last statement a client has a receipt, sorted.
    pub(super) acknowledged: Vec<Log>,
    /// Every log that both witnesses have cosigned, sorted.
    pub(super) full: Vec<Log>,
    cosigned: [Vec<Log>; 2],
}

fn note(logs: &mut Vec<Log>, log: Log) {
    if let Err(at) = logs.binary_search(&log) {
        logs.insert(at, log);
    }
}

impl World {
    /// Whether nothing that a witness recorded is missing here.
    pub(super) fn witnesses_are_behind(&self) -> bool {
        self.witnesses.iter().all(|seen| is_beginning(*seen, self.folder.committed))
    }

    /// Every step that might be taken; those that can't are refused by [`World::after`].
    pub(super) fn steps(&self, rules: &Rules, steps: &mut Vec<Step>) {
        for who in 0..2 {
            steps.extend([Step::Open(who), Step::Settle(who)]);
            let some: &[u8] = if rules.silence { &[0b01, 0b10, 0b11] } else { &[0b11] };
            steps.extend(some.iter().map(|answer| Step::Ask(who, *answer)));
            steps.extend([1, 2].map(|statement| Step::Plan(who, statement)));
            steps.extend([Step::Stage(who), Step::Swap(who), Step::Apply(who)]);
            steps.extend([
                Step::Sync(who),
                Step::Publish(who),
                Step::Acknowledge(who),
                Step::Crash(who),
            ]);
            steps.extend([0, 1].map(|witness| Step::Witness(who, witness)));
        }
        steps.extend([Step::Backup, Step::Restore]);
    }

    pub(super) fn after(&self, rules: &Rules, step: Step) -> Option<Self> {
        let mut world = self.clone();
        let done = match step {
            Step::Open(who) => world.open(rules, who),
            Step::Settle(who) => world.settle(rules, who),
            Step::Ask(who, answers) => world.ask(rules, who, answers),
            Step::Plan(who, statement) => world.plan(who, statement),
            Step::Stage(who) => world.stage(rules, who),
            Step::Swap(who) => world.swap(rules, who),
            Step::Apply(who) => world.apply(rules, who),
            Step::Sync(who) => world.sync(who),
            Step::Publish(who) => world.publish(rules, who),
            Step::Acknowledge(who) => world.acknowledge(who),
            Step::Witness(who, witness) => world.witness(rules, who, witness),
            Step::Crash(who) => world.crash(rules, who),
            Step::Backup => world.back_up(rules),
            Step::Restore => world.restore(),
        };
        done.map(|()| world)
    }

    fn phase(&self, who: usize) -> Phase {
        self.processes[who]
    }

    fn go(&mut self, who: usize, phase: Phase) -> Option<()> {
        self.processes[who] = phase;
        Some(())
    }

    fn open(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let free = !rules.holds(Rule::Lock) || self.phase(1 - who) == Phase::Down;
        (self.phase(who) == Phase::Down && free).then_some(())?;
        self.go(who, Phase::Opened)
    }

    /// Brings the files in line with what is committed, or refuses a folder that contradicts itself.
    fn settle(&mut self, rules: &Rules, who: usize) -> Option<()> {
        (self.phase(who) == Phase::Opened).then_some(())?;
        let Folder { committed, staged, published, .. } = self.folder;
        if !is_beginning(published, committed) {
            return self.go(who, Phase::Refused);
        }
        if rules.holds(Rule::Settle) {
            if staged == Some(committed) {
                (self.folder.applied, self.folder.durable) = (committed, committed);
            } else if published != committed {
                return self.go(who, Phase::Refused);
            }
            self.folder.staged = None;
        }
        self.publish_now(committed);
        self.go(who, Phase::Settled)
    }

    fn ask(&mut self, rules: &Rules, who: usize, answers: u8) -> Option<()> {
        (self.phase(who) == Phase::Settled).then_some(())?;
        let ahead = self.witnesses.iter().enumerate().any(|(at, seen)| {
            answers >> at & 1 == 1 && !is_beginning(*seen, self.folder.committed)
        });
        let refused = rules.holds(Rule::AskAtStart) && ahead;
        self.go(who, if refused { Phase::Refused } else { Phase::Idle })
    }

    fn plan(&mut self, who: usize, statement: u8) -> Option<()> {
        (self.phase(who) == Phase::Idle).then_some(())?;
        let from = self.folder.committed;
        self.go(who, Phase::Planned(from, from.with(statement)?))
    }

    fn stage(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let Phase::Planned(from, to) = self.phase(who) else { return None };
        if rules.holds(Rule::Stage) {
            self.folder.staged = Some(to);
        }
        if !rules.holds(Rule::PublishAfterCommit) {
            (self.folder.applied, self.folder.durable) = (to, to);
            self.publish_now(to);
        }
        if !rules.holds(Rule::AcknowledgeAfterCommit) {
            note(&mut self.acknowledged, to);
        }
        self.go(who, Phase::Staged(from, to))
    }

    fn swap(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let Phase::Staged(from, to) = self.phase(who) else { return None };
        if rules.holds(Rule::CompareAndSwap) && self.folder.committed != from {
            return self.go(who, Phase::Idle);
        }
        self.folder.committed = to;
        self.go(who, Phase::Swapped(to))
    }

    fn apply(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let Phase::Swapped(to) = self.phase(who) else { return None };
        if rules.holds(Rule::ApplyBeforePublish) {
            self.folder.applied = to;
        }
        self.go(who, Phase::Applied(to))
    }

    /// One sync makes all of it durable.
    fn sync(&mut self, who: usize) -> Option<()> {
        let Phase::Applied(to) = self.phase(who) else { return None };
        self.folder.durable = self.folder.applied;
        self.go(who, Phase::Synced(to))
    }

    fn publish_now(&mut self, log: Log) {
        self.folder.published = log;
        note(&mut self.published, log);
    }

    fn publish(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let (Phase::Synced(to) | Phase::Applied(to)) = self.phase(who) else { return None };
        let unsynced = self.phase(who) == Phase::Applied(to);
        (!unsynced || !rules.holds(Rule::SyncBeforePublish)).then_some(())?;
        self.publish_now(to);
        if !rules.holds(Rule::ApplyBeforePublish) {
            self.folder.staged = self.folder.staged.filter(|staged| *staged != to);
        }
        self.go(who, Phase::Published(to))
    }

    fn acknowledge(&mut self, who: usize) -> Option<()> {
        let Phase::Published(to) = self.phase(who) else { return None };
        note(&mut self.acknowledged, to);
        // the bundle is dropped only after everything is in place
        self.folder.staged = self.folder.staged.filter(|staged| *staged != to);
        self.go(who, Phase::Idle)
    }

    /// A witness cosigns what continues its record, durably before it answers.
    fn witness(&mut self, rules: &Rules, who: usize, witness: usize) -> Option<()> {
        (self.phase(who) == Phase::Idle).then_some(())?;
        let shown = self.folder.published;
        let seen = self.witnesses[witness];
        if rules.holds(Rule::WitnessCompares) && !is_beginning(seen, shown) {
            return self.go(who, Phase::Refused); // a second history ends the node
        }
        (seen != shown).then_some(())?;
        self.witnesses[witness] = shown;
        note(&mut self.cosigned[witness], shown);
        if self.cosigned.iter().all(|by| by.contains(&shown)) {
            note(&mut self.full, shown);
        }
        Some(())
    }

    fn crash(&mut self, rules: &Rules, who: usize) -> Option<()> {
        let phase = self.phase(who);
        (phase != Phase::Down).then_some(())?;
        // a process that refused ends by itself
        if phase != Phase::Refused {
            (self.crashes < rules.crashes).then_some(())?;
            self.crashes += 1;
        }
        // the worst of it: the machine stops, and what was not synced is torn
        self.folder.applied = self.folder.durable;
        self.go(who, Phase::Down)
    }

    fn back_up(&mut self, rules: &Rules) -> Option<()> {
        (rules.backup && self.backup.is_none() && !self.restored).then_some(())?;
        self.backup = Some(self.folder);
        Some(())
    }

    fn restore(&mut self) -> Option<()> {
        (self.processes == [Phase::Down; 2]).then_some(())?;
        self.folder = self.backup.take()?;
        self.restored = true;
        Some(())
    }
}
