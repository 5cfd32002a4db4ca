//! Everything of one run: the host, the parties, the gateway, the network, and what really happened.

use crate::Summary;
use crate::audit::Auditor;
use crate::cast::{ALL, LAB, beginning, cast, spelled};
use crate::dice::Dice;
use crate::door::Door;
use crate::flaw::Flaw;
use crate::host::{Host, Served};
use crate::oracle::Fact;
use crate::party::{Party, shifted};
use access::{Event, GrantRequest};
use domain::{CaseId, Digest, GrantId, PartyId, Statement, Timestamp};
use ledger::{Audience, Content, Draft, Kem, PublicKeys, SyncError};
use operations::ctx::{Random, SeededRandom};
use std::collections::{BTreeMap, BTreeSet};

/// A statement as it was made.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) event: Event,
    /// Whose keys have signed it so far.
    pub(crate) signed: BTreeSet<PartyId>,
    pub(crate) claimed_at: Timestamp,
}

/// Bytes on their way to the node.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Whose statement it is, by place in the list of parties.
    pub(crate) from: usize,
    pub(crate) id: Digest,
    pub(crate) bytes: Vec<u8>,
    /// Nobody who holds the keys made it.
    pub(crate) forged: bool,
}

/// A run.
pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) flaw: Flaw,
    pub(crate) step: u64,
    /// The true time.
    pub(crate) now: Timestamp,
    /// The latest instant that any clock has shown.
    pub(crate) horizon: Timestamp,
    pub(crate) host: Host,
    /// How wrong the host's clock is, in microseconds.
    pub(crate) host_skew: i64,
    pub(crate) parties: Vec<Party>,
    pub(crate) door: Door,
    pub(crate) network: Vec<Message>,
    pub(crate) made: BTreeMap<Digest, Made>,
    /// Statements that the node acknowledged, and where it said they are.
    pub(crate) acknowledged: BTreeMap<Digest, u64>,
    pub(crate) auditor: Auditor,
    /// What the gateway has read, as it really was.
    pub(crate) facts: Vec<Fact>,
    /// Every grant that anyone asked for.
    pub(crate) grants: Vec<GrantRequest>,
    pub(crate) budgets: BTreeMap<GrantId, u64>,
    /// The case that parties work on, and when it began.
    pub(crate) case: u64,
    pub(crate) case_began: u64,
    pub(crate) names: u64,
    random: SeededRandom,
    pub(crate) summary: Summary,
}

impl World {
    pub(crate) fn new(seed: u64, flaw: Flaw) -> Result<Self, String> {
        let mut dice = Dice::new(seed);
        let host = Host::new(&mut dice, flaw)?;
        let random = SeededRandom::new(dice.next());
        let mut world = Self {
            dice,
            flaw,
            step: 0,
            now: beginning(),
            horizon: beginning(),
            host,
            host_skew: 0,
            parties: ALL.iter().map(|id| Party::new(id)).collect(),
            door: Door::new(&spelled(LAB), flaw),
            network: Vec::new(),
            made: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            auditor: Auditor::default(),
            facts: Vec::new(),
            grants: Vec::new(),
            budgets: BTreeMap::new(),
            case: 1,
            case_began: 0,
            names: 0,
            random,
            summary: Summary { seed, ..Summary::default() },
        };
        world.set_clocks();
        Ok(world)
    }

    pub(crate) fn case(&self) -> CaseId {
        spelled(&format!("case-{}", self.case))
    }

    /// The host's clock follows the true time; notes the latest instant that any clock shows.
    pub(crate) fn set_clocks(&mut self) {
        self.host.clock.set(shifted(self.now, self.host_skew));
        let skews = self.parties.iter().map(|party| party.skew);
        let ahead = skews.chain([self.host_skew, self.door.skew, 0]).max().unwrap_or_default();
        self.horizon = self.horizon.max(shifted(self.now, ahead));
    }

    /// A party's clock.
    pub(crate) fn clock_of(&self, at: usize) -> Timestamp {
        self.parties.get(at).map_or(self.now, |party| shifted(self.now, party.skew))
    }

    /// The gateway's clock.
    pub(crate) fn door_clock(&self) -> Timestamp {
        shifted(self.now, self.door.skew)
    }

    /// Which of the parties it is.
    pub(crate) fn place_of(&self, id: &PartyId) -> usize {
        self.parties.iter().position(|party| party.id == *id).unwrap_or_default()
    }

    /// Seals a statement of the party at `at` to everyone or to some, and remembers what it says. `signers` are
    /// those whose signatures it asks for.
    pub(crate) fn draft(
        &mut self,
        at: usize,
        event: &Event,
        signers: BTreeSet<PartyId>,
    ) -> Result<Draft, String> {
        let now = self.clock_of(at);
        let issuer = self.parties.get(at).map(|p| p.id.clone()).ok_or("no such party")?;
        let content = Content::of(event).map_err(|e| e.to_string())?;
        let content = Content { signers, ..content };
        let sealed = self.dice.once_in(10);
        let mut readers: BTreeSet<PartyId> = content.signers.clone();
        readers.extend([issuer.clone(), spelled(LAB), spelled("government")]);
        let keys = |id: &PartyId| cast().keys(id).public();
        let readers: Vec<(PartyId, &PublicKeys)> =
            readers.iter().map(|id| (id.clone(), keys(id))).collect();
        let kem = Kem::default();
        let audience = if sealed { Audience::Readers(&readers, kem) } else { Audience::Public };
        let fill = &mut |into: &mut [u8]| self.random.fill(into);
        let log = cast().trust.log();
        let draft = Draft::start(log, content, &issuer, audience, fill, now);
        let draft = draft.map_err(|e| format!("a statement can't be sealed: {e}"))?;
        let claimed_at = draft.header().claimed_at();
        let made = Made { event: event.clone(), signed: BTreeSet::from([issuer]), claimed_at };
        self.made.insert(draft.id(), made);
        if let Event::GrantRequested(request) = event {
            self.budgets.insert(request.grant.clone(), request.budget_tokens);
            self.grants.push(request.clone());
        }
        Ok(draft)
    }

    /// A party states an event: it is to be logged when its word is enough, else it is offered to the others.
    pub(crate) fn state(&mut self, at: usize, event: &Event) -> Result<(), String> {
        let mut draft = self.draft(at, event, event.signers())?;
        let reached = {
            let Some(party) = self.parties.get_mut(at) else { return Ok(()) };
            if draft.is_complete() {
                party.outbox.push(draft);
                return Ok(());
            }
            let id = party.id.clone();
            draft.sign(&id, cast().keys(&id)).map_err(|e| e.to_string())?;
            party.offered.insert(draft.id());
            self.host.reach().map(|node| node.offer(&draft.to_bytes()))
        };
        match reached {
            Some(Ok(_)) => self.summary.drafts += 1,
            Some(Err(error)) => self.refused_by_node(error.code()),
            None => {}
        }
        Ok(())
    }

    /// A party reads on.
    pub(crate) fn sync(&mut self, at: usize) -> Result<bool, String> {
        let Some(node) = self.host.reach() else { return Ok(false) };
        let Some(party) = self.parties.get_mut(at) else { return Ok(false) };
        match party.sync(&Served(node), self.flaw) {
            Ok(()) => {}
            Err(SyncError::File(_)) => return Ok(false),
            Err(error) => return Err(format!("{} does not believe the log: {error}", party.id)),
        }
        let (id, head) = (party.id.clone(), party.reader.cursor.head);
        self.auditor.seen(id.as_str(), head.size, head.root)?;
        Ok(true)
    }

    /// The gateway reads on.
    pub(crate) fn sync_door(&mut self) -> Result<bool, String> {
        let Some(node) = self.host.reach() else { return Ok(false) };
        match self.door.reader.read_on(&Served(node)) {
            Ok(_) => {}
            Err(SyncError::File(_)) => return Ok(false),
            Err(error) => return Err(format!("the gateway does not believe the log: {error}")),
        }
        self.auditor.look(&Served(node), &self.made, &mut self.dice, false)?;
        if self.door.running {
            self.door.take_in();
            // it does so a moment later, and requests may come in between
            if self.dice.once_in(2) {
                self.door.count_recorded();
            }
        }
        self.learn_facts()?;
        Ok(true)
    }

    /// What the gateway has read is what was stated, and its verdicts do not change.
    pub(crate) fn learn_facts(&mut self) -> Result<(), String> {
        let verdicts = self.door.admitted.iter().zip(&self.facts);
        if let Some(at) =
            verdicts.enumerate().find_map(|(at, (a, f))| (*a != f.admitted).then_some(at))
        {
            return Err(format!(
                "the gateway judges its statement {at} differently after a restart"
            ));
        }
        let known = self.facts.len();
        for (statement, admitted) in
            self.door.reader.read.iter().zip(&self.door.admitted).skip(known)
        {
            let index = usize::try_from(statement.index).unwrap_or(usize::MAX);
            let id = self.auditor.ids.get(index);
            let made = id.and_then(|id| self.made.get(id));
            let made = made.ok_or_else(|| format!("nobody made statement {index}"))?;
            let same = made.event == statement.event
                && made.signed == statement.signers
                && made.claimed_at == statement.claimed_at;
            if !same {
                return Err(format!("statement {index} is read as something else than was stated"));
            }
            let Made { event, signed, claimed_at } = made.clone();
            if *admitted && !event.signers().is_subset(&signed) {
                let kind = event.kind();
                return Err(format!("the gateway admits a {kind} that only {signed:?} signed"));
            }
            self.facts.push(Fact { event, signed, claimed_at, admitted: *admitted });
        }
        Ok(())
    }

    pub(crate) fn refused_by_node(&mut self, code: &'static str) {
        *self.summary.node_refusals.entry(code).or_default() += 1;
    }
}
