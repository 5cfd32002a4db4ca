//! What the record has come to say is taken over once, whoever asks for it meanwhile.

use super::Gate;
use crate::{
    Account, Ack, Authority, Caller, Cap, Clock, Config, Intent, OwnMinute, Recorded, RequestId,
    Spent, UseRecord, UseSink,
};
use access::{Permit, Recording, Refusal, UseRequest, Used};
use domain::{Digest, GrantId, ModelId, Timestamp};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use tokio::sync::watch;

fn grant() -> GrantId {
    "grant-1".parse().expect("an id")
}

/// A use log with one minute of 100 tokens, which it names until it is told that it counts; two who ask come together.
struct Minute {
    counted: AtomicBool,
    together: Barrier,
    begun: AtomicBool,
}

impl UseSink for Minute {
    fn intent(&self, _: Intent) -> Ack {
        Ack::ready(Ok(()))
    }
    fn grown(&self, _: RequestId, _: u64) -> Ack {
        Ack::ready(Ok(()))
    }
    fn outcome(&self, _: UseRecord) -> Ack {
        Ack::ready(Ok(()))
    }
    fn spent(&self) -> Vec<Spent> {
        vec![Spent { grant: grant(), tokens: 100, day: None }]
    }
    fn uncounted(&self) -> Vec<OwnMinute> {
        if !self.begun.load(Ordering::SeqCst) || self.counted.load(Ordering::SeqCst) {
            return Vec::new();
        }
        let uses = Used { requests: 1, tokens_in: 0, tokens_out: 100 };
        let (minute, root) = (Timestamp::EPOCH, Digest::of(b""));
        vec![OwnMinute { grant: grant(), minute, root, uses, of_day: uses }]
    }
    fn counted(&self, _: &[OwnMinute]) {
        self.counted.store(true, Ordering::SeqCst);
    }
    fn recording(&self) -> Recording {
        Recording::Durable
    }
}

/// A record that counts whatever it is asked about, and takes its time.
struct Counts(watch::Sender<u64>);

impl Authority for Counts {
    fn recognises(&self, _: &Caller, _: Timestamp) -> Result<(), Refusal> {
        Err(Refusal::UnknownCredential)
    }
    fn permit(&self, _: &Digest, _: &UseRequest, _: Timestamp) -> Result<Permit, Refusal> {
        Err(Refusal::UnknownCredential)
    }
    fn is_live(&self, _: &Permit, _: Timestamp) -> bool {
        false
    }
    fn models(&self, _: &Caller, _: Timestamp) -> Result<Vec<ModelId>, Refusal> {
        Err(Refusal::UnknownCredential)
    }
    #[expect(clippy::disallowed_methods, reason = "a slow record")]
    fn recorded(&self, _: &GrantId, own: &[OwnMinute]) -> Option<Recorded> {
        std::thread::sleep(std::time::Duration::from_millis(50));
        Some(Recorded { tokens: 100, days: BTreeMap::new(), counted: own.to_vec() })
    }
    fn epoch(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }
}

#[test]
fn a_minute_that_two_take_over_at_once_counts_once() {
    let config = Config::new("http://127.0.0.1:1/v1".parse().expect("a URI"));
    let sink = Arc::new(Minute {
        counted: AtomicBool::new(false),
        together: Barrier::new(2),
        begun: AtomicBool::new(false),
    });
    let authority = Arc::new(Counts(watch::Sender::new(0)));
    let as_sink: Arc<dyn UseSink> = Arc::<Minute>::clone(&sink);
    let gate = Gate::new(&config, authority, as_sink, Arc::new(Epoch)).expect("sound settings");
    sink.begun.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                sink.together.wait();
                gate.count_recorded();
            });
        }
    });
    let cap = Cap { tokens: 1_000, recorded: 100, day: None, person: None };
    gate.budgets.reserve(&grant(), cap, 60).expect("900 are left").settle(60);
    assert_eq!(gate.budgets.account(&grant()), Account { settled: 160, reserved: 0 });
}
