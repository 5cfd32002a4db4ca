//! Batches of several parties: judged in order, each by what stands before it; a storage that fails at any step loses
//! nothing that was acknowledged.

mod rotation;

use crate::ctx::{Random, SeededRandom, SetClock};
use crate::node::{Backing, Node, NodeError, Ticket};
use crate::wire;
use domain::{Digest, Line, Party, PartyId, Role, Statement, Timestamp};
use ledger::{
    Audience, Content, Draft, Entry, Event, Grade, Heads, LogSigner, Member, Receipt, SecretKeys,
    Signers, Trust, VerifiedReceipt, verify_log,
};
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use store::{Database, Disk, DiskError, DiskFault, Log, LogStore, MemoryDisk, Register};

/// A disk in memory whose chosen operation fails, once, before or after it is done.
#[derive(Debug, Default)]
struct Failing {
    disk: MemoryDisk,
    left: AtomicU64,
    done: bool,
}

impl Failing {
    fn run<T>(
        &self,
        what: impl FnOnce(&MemoryDisk) -> Result<T, DiskError>,
    ) -> Result<T, DiskError> {
        if self.left.load(Ordering::SeqCst) == 0 || self.left.fetch_sub(1, Ordering::SeqCst) != 1 {
            return what(&self.disk);
        }
        if self.done {
            what(&self.disk)?;
        }
        let source = Error::from(ErrorKind::Other);
        Err(DiskError { path: String::new(), fault: DiskFault::Other("failed on purpose"), source })
    }
}

impl Disk for Failing {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.disk.read(path)
    }
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        self.disk.list(folder)
    }
    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        self.run(|disk| disk.create_folders(folders))
    }
    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        self.run(|disk| disk.write(files))
    }
    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        self.run(|disk| disk.place(files))
    }
    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        self.run(|disk| disk.put(folders, files))
    }
    fn remove(&self, path: &str) -> Result<(), DiskError> {
        self.run(|disk| disk.remove(path))
    }
}

#[derive(Debug)]
struct Rig {
    log: Log,
    database: Arc<Database>,
}

impl Backing for Rig {
    fn log(&self) -> &dyn LogStore {
        &self.log
    }
    fn database(&self) -> &Database {
        &self.database
    }
}

const PARTIES: [(&str, Role); 3] =
    [("lab", Role::Developer), ("gov", Role::Government), ("ig", Role::Inspector)];

/// A log's storage, its key and its parties.
struct Hall {
    disk: Arc<Failing>,
    database: Arc<Database>,
    signer: String,
    trust: Trust,
    keys: BTreeMap<PartyId, SecretKeys>,
    random: SeededRandom,
    clock: Arc<SetClock>,
    /// Where each party's chain stands, as the party believes.
    heads: Mutex<Heads>,
}

fn party(id: &str) -> PartyId {
    id.parse().unwrap()
}

impl Hall {
    fn new() -> Self {
        Self::failing(false)
    }

    fn failing(done: bool) -> Self {
        let random = SeededRandom::new(9);
        let signer = LogSigner::generate("log.example/hall", &mut |into| random.fill(into));
        let signer = signer.unwrap();
        let mut keys = BTreeMap::new();
        let mut members = Vec::new();
        for (id, role) in PARTIES {
            let secret = SecretKeys::generate(&mut |into| random.fill(into)).unwrap();
            let who = Party { id: party(id), name: id.parse().unwrap(), roles: vec![role] };
            members.push(Member { party: who, keys: secret.public().clone(), root: None });
            keys.insert(party(id), secret);
        }
        Self {
            disk: Arc::new(Failing { done, ..Failing::default() }),
            database: Arc::new(Database::in_memory().unwrap()),
            trust: Trust::new(signer.verifier(), members).unwrap(),
            signer: signer.to_text().to_string(),
            keys,
            random,
            clock: Arc::new(SetClock::new("2026-11-20T10:00:00Z".parse().unwrap())),
            heads: Mutex::default(),
        }
    }

    fn node(&self) -> Result<Node, NodeError> {
        let register: Arc<dyn Register> = Arc::<Database>::clone(&self.database);
        let log = Log::open(Arc::<Failing>::clone(&self.disk), register);
        let backing =
            Rig { log: log.map_err(NodeError::Store)?, database: Arc::clone(&self.database) };
        let signer = LogSigner::read(&self.signer).unwrap();
        Node::over(
            Box::new(backing),
            signer,
            self.trust.clone(),
            Arc::<SetClock>::clone(&self.clock),
        )
    }

    fn now(&self) -> Timestamp {
        crate::ctx::Clock::now(self.clock.as_ref())
    }

    fn draft<S: Statement>(&self, issuer: &str, event: &S) -> Draft {
        let content = Content::of(event).unwrap();
        let mut fill = |into: &mut [u8]| self.random.fill(into);
        let log = self.trust.log();
        Draft::start(log, content, &party(issuer), Audience::Public, &mut fill, self.now()).unwrap()
    }

    /// Signs by everyone, at the next place of the issuer's chain.
    fn issue(&self, mut draft: Draft) -> Entry {
        for signer in draft.missing() {
            draft.sign(&signer, &self.keys[&signer]).unwrap();
        }
        let issuer = draft.header().issuer().clone();
        let mut heads = self.heads.lock().unwrap();
        let entry =
            draft.issue(heads.next(&issuer, None, self.now()), &self.keys[&issuer]).unwrap();
        let checked = entry.clone().checked().unwrap();
        heads.admit(checked.leaf(), checked.leaf_hash(), u64::MAX);
        entry
    }

    fn declined(issuer: &str, what: &str) -> access::Event {
        access::Event::RequestDeclined(access::Decline {
            case: "case".parse().unwrap(),
            developer: party(issuer),
            reason: Some(what.parse().unwrap()),
        })
    }

    fn says(&self, issuer: &str, what: &str) -> Entry {
        self.issue(self.draft(issuer, &Self::declined(issuer, what)))
    }

    fn revoked(&self, whose: &str) -> Entry {
        let (parties, needed) = self.trust.needed_for(&party(whose), false).unwrap();
        let event = Event::KeyRevoked {
            party: party(whose),
            key: self.trust.sealing_keys(&party(whose)).unwrap().fingerprint(),
            reason: "stolen".parse().unwrap(),
            signers: Signers {
                parties: parties.into_iter().collect(),
                needed: u8::try_from(needed).unwrap(),
            },
        };
        self.issue(self.draft("gov", &event))
    }

    fn shredded(&self, statement: Digest, by: &str) -> Entry {
        let line = |text: &str| text.parse::<Line>().unwrap();
        let event = Event::Shredded {
            statement,
            by: party(by),
            authority: line("Records Officer"),
            rule: line("three years"),
            with: None,
        };
        self.issue(self.draft(by, &event))
    }

    fn verified(&self, receipt: &[u8]) -> VerifiedReceipt {
        Receipt::from_bytes(receipt).unwrap().verify(&self.trust).unwrap()
    }

    /// Everything published verifies, and the log has these ids in this order.
    fn check(&self, node: &Node, size: u64) -> Vec<Digest> {
        let report = verify_log(node.log(), &self.trust);
        assert!(report.is_sound(), "{:?}", report.faults);
        let all = node.leaves(0, 1_000).unwrap();
        assert_eq!(u64::try_from(all.len()).unwrap(), size);
        all.into_iter().map(|leaf| leaf.id).collect()
    }
}

/// Lets all wait and appends them as one batch.
fn batch(node: &Node, entries: &[&Entry]) -> Vec<Result<Vec<u8>, NodeError>> {
    let accept = |entry: &&Entry| node.accept(&wire::entry_bytes(entry)).unwrap();
    let tickets: Vec<Ticket> = entries.iter().map(accept).collect();
    node.lead();
    tickets.into_iter().map(Ticket::wait).collect()
}

#[test]
fn each_is_judged_by_what_stands_before_it() {
    let hall = Hall::new();
    let node = hall.node().unwrap();
    let one = hall.says("lab", "one");
    let skipped = hall.says("gov", "never sent");
    let early = hall.says("gov", "after what was never sent");
    let two = hall.says("lab", "two");
    let other = hall.says("ig", "beside them");
    let outcomes = batch(&node, &[&one, &early, &one, &two, &other]);
    let place = |n: usize| {
        let receipt = hall.verified(outcomes[n].as_ref().unwrap());
        assert_eq!((receipt.size, receipt.grade), (3, Grade::Provisional), "one batch");
        receipt.index
    };
    assert_eq!([place(0), place(2), place(3), place(4)], [0, 0, 1, 2]);
    assert!(matches!(outcomes[1], Err(NodeError::Chain(_))), "{:?}", outcomes[1]);
    // what was refused can come later, and what was logged gives its receipt again
    let outcomes = batch(&node, &[&two, &skipped, &early]);
    let places = outcomes.iter().map(|o| hall.verified(o.as_ref().unwrap()).index);
    assert_eq!(places.collect::<Vec<_>>(), [1, 3, 4]);
    let order = [&one, &two, &other, &skipped, &early].map(|e| e.id);
    assert_eq!(hall.check(&node, 5), order);
    drop(node);
    assert_eq!(hall.check(&hall.node().unwrap(), 5), order, "as after a restart");
}

#[test]
fn the_receipt_of_a_statement_issued_again_is_of_the_one_that_is_logged() {
    let hall = Hall::new();
    let node = hall.node().unwrap();
    let event = access::Event::RequestDeclined(access::Decline {
        case: "case".parse().unwrap(),
        developer: party("lab"),
        reason: None,
    });
    let draft = hall.draft("lab", &event);
    let first = hall.issue(draft.clone());
    let again = hall.issue(draft);
    assert_eq!(first.id, again.id);
    assert_ne!(first.leaf, again.leaf);
    for outcomes in [batch(&node, &[&first, &again]), batch(&node, &[&again])] {
        for receipt in outcomes {
            assert_eq!(hall.verified(&receipt.unwrap()).index, 0);
        }
    }
    hall.check(&node, 1);
}

#[test]
fn a_key_that_the_batch_revokes_counts_for_what_comes_before_it_only() {
    let hall = Hall::new();
    let node = hall.node().unwrap();
    let before = hall.says("lab", "before");
    let revoked = hall.revoked("lab");
    let after = hall.says("lab", "after");
    let untouched = hall.says("ig", "untouched");
    let outcomes = batch(&node, &[&before, &revoked, &after, &untouched]);
    assert!(matches!(outcomes[2], Err(NodeError::Unsound(_))), "{:?}", outcomes[2]);
    assert!(crate::plain(outcomes[2].as_ref().unwrap_err()).contains("revoked by statement 1"));
    assert!(outcomes[0].is_ok() && outcomes[1].is_ok() && outcomes[3].is_ok());
    assert_eq!(hall.check(&node, 3), [before.id, revoked.id, untouched.id]);
    let refused = node.submit(&wire::entry_bytes(&after)).unwrap_err();
    assert!(matches!(refused, NodeError::Unsound(_)), "at once, the key is known to have ended");
    // logged already: given again though its key counts no more
    let again = node.submit(&wire::entry_bytes(&before)).unwrap();
    assert_eq!(Receipt::from_bytes(&again).unwrap().index(), 0);
}

#[test]
fn nothing_comes_after_the_statement_that_closes_the_log() {
    let hall = Hall::new();
    let node = hall.node().unwrap();
    let before = hall.says("lab", "before");
    let founders = hall.trust.founders();
    let event = Event::LogClosed {
        successor: None,
        reason: "the programme has ended".parse().unwrap(),
        signers: Signers {
            parties: founders.parties().iter().cloned().collect(),
            needed: u8::try_from(founders.threshold()).unwrap(),
        },
    };
    let closed = hall.issue(hall.draft("gov", &event));
    let after = hall.says("lab", "after");
    let outcomes = batch(&node, &[&before, &closed, &after]);
    assert!(matches!(&outcomes[2], Err(NodeError::Closed(c)) if c.index == 1), "{outcomes:?}");
    assert!(matches!(node.submit(&wire::entry_bytes(&after)), Err(NodeError::Closed(_))));
    assert_eq!(hall.check(&node, 2), [before.id, closed.id]);
}

#[test]
fn a_statement_and_its_shredding_may_be_in_one_batch() {
    for step in 1..20 {
        let hall = Hall::new();
        let secret = hall.says("lab", "the secret reason");
        let shredded = hall.shredded(secret.id, "lab");
        let node = hall.node().unwrap();
        hall.disk.left.store(step, Ordering::SeqCst);
        let outcomes = batch(&node, &[&secret, &shredded]);
        let failed = outcomes.iter().any(Result::is_err);
        drop(node);
        // however far it came, opening the node and asking again finishes it
        hall.disk.left.store(0, Ordering::SeqCst);
        let node = hall.node().unwrap();
        for receipt in batch(&node, &[&secret, &shredded]) {
            receipt.unwrap();
        }
        let object = node.file(&ledger::object_path(&secret.id)).unwrap().unwrap();
        assert!(ledger::Object::from_bytes(&object).unwrap().is_shredded(), "step {step}");
        assert_eq!(hall.disk.list("stage").unwrap(), Vec::<String>::new(), "step {step}");
        assert!(failed || step > 4, "step {step} failed and nobody was told");
        hall.check(&node, 2);
    }
}

#[test]
fn two_threads_lose_nothing_when_the_storage_fails_between_them() {
    let mut reached = 0;
    for (step, done) in (1..=24).flat_map(|step| [(step, false), (step, true)]) {
        let hall = Hall::failing(done);
        let mut streams: [Vec<Entry>; 2] = [Vec::new(), Vec::new()];
        for n in 0..100 {
            streams[0].push(hall.says("lab", &format!("{n}")));
            streams[1].push(hall.says(["gov", "ig"][n % 2], &format!("{n}")));
        }
        let node = hall.node().unwrap();
        hall.disk.left.store(step, Ordering::SeqCst);
        let failures = AtomicU64::new(0);
        let acknowledged: Mutex<BTreeMap<Digest, u64>> = Mutex::default();
        std::thread::scope(|scope| {
            for stream in &streams {
                scope.spawn(|| send(&hall, &node, stream, &failures, &acknowledged));
            }
        });
        reached += failures.load(Ordering::SeqCst);
        let order = hall.check(&node, 200);
        for (id, index) in acknowledged.into_inner().unwrap() {
            assert_eq!(order[usize::try_from(index).unwrap()], id, "step {step}");
        }
    }
    assert!(reached > 24, "the faults were felt: {reached}");
}

/// Sends a stream in batches as long as nothing fails, and again what failed, as a client does.
fn send(
    hall: &Hall,
    node: &Node,
    stream: &[Entry],
    failures: &AtomicU64,
    acknowledged: &Mutex<BTreeMap<Digest, u64>>,
) {
    for some in stream.chunks(25) {
        let mut left: Vec<&Entry> = some.iter().collect();
        for _ in 0..8 {
            let mut again = Vec::new();
            for (entry, outcome) in left.iter().zip(batch(node, &left)) {
                match outcome {
                    Ok(receipt) => {
                        let index = hall.verified(&receipt).index;
                        let before = acknowledged.lock().unwrap().insert(entry.id, index);
                        assert!(before.is_none_or(|before| before == index));
                    }
                    Err(_) => again.push(*entry),
                }
            }
            failures.fetch_add(u64::from(!again.is_empty()), Ordering::SeqCst);
            left = again;
            if left.is_empty() {
                break;
            }
        }
        assert!(left.is_empty(), "nothing keeps a statement out for ever");
    }
}

/// The folder's lock keeps a second node out. Where there is none, as in the register of another kind, the commit point
/// does: whoever finds that the log has grown by another hand reads its end anew and goes on from there.
#[test]
fn two_nodes_on_one_commit_point_go_on_from_each_other() {
    let hall = Hall::new();
    let (one, other) = (hall.node().unwrap(), hall.node().unwrap());
    let revoked = hall.revoked("lab");
    let late = hall.says("lab", "signed with a key that the other node saw revoked");
    let mut order = Vec::new();
    for n in 0..3 {
        let (first, second) = (hall.says("ig", &format!("{n}")), hall.says("ig", "again"));
        for (node, entry) in [(&one, first), (&other, second)] {
            let receipt = node.submit(&wire::entry_bytes(&entry)).unwrap();
            assert_eq!(hall.verified(&receipt).index, u64::try_from(order.len()).unwrap());
            order.push(entry.id);
        }
    }
    one.submit(&wire::entry_bytes(&revoked)).unwrap();
    order.push(revoked.id);
    let refused = other.submit(&wire::entry_bytes(&late)).unwrap_err();
    assert!(crate::plain(&refused).contains("revoked by statement 6"), "{refused}");
    assert_eq!(hall.check(&one, 7), order);
    assert_eq!(hall.check(&other, 7), order);
}
