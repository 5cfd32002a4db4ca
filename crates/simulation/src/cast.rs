//! Who takes part, and their keys: made once for all runs, since keys are slow to make.

use domain::{Line, Party, PartyId, Role, Timestamp};
use ledger::{LogSigner, Member, SecretKeys, Trust};
use operations::ctx::{Random, SeededRandom};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::str::FromStr;
use std::sync::LazyLock;

pub(crate) const LAB: &str = "lab";
pub(crate) const GOVERNMENT: &str = "government";
pub(crate) const EVALUATOR: &str = "evaluator";
pub(crate) const PARTNER: &str = "partner";
pub(crate) const DEFENDER: &str = "defender";
/// Known to the log, and without any role.
pub(crate) const OUTSIDER: &str = "outsider";

/// Everyone, in a fixed order.
pub(crate) const ALL: [&str; 6] = [LAB, GOVERNMENT, EVALUATOR, PARTNER, DEFENDER, OUTSIDER];

/// The two whose word together gives access.
pub(crate) fn is_main(party: &PartyId) -> bool {
    matches!(party.as_str(), LAB | GOVERNMENT)
}

/// Keys and roots of trust.
pub(crate) struct Cast {
    keys: BTreeMap<PartyId, SecretKeys>,
    log: LogSigner,
    pub(crate) trust: Trust,
}

static CAST: LazyLock<Cast> = LazyLock::new(Cast::new);

/// The one cast of all runs.
pub(crate) fn cast() -> &'static Cast {
    &CAST
}

/// An id, line or text that the simulation itself spells.
pub(crate) fn spelled<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("what the simulation spells is well formed")
}

/// When every run begins.
pub(crate) fn beginning() -> Timestamp {
    spelled("2026-12-01T09:00:00Z")
}

fn roles(party: &str) -> Vec<Role> {
    match party {
        LAB => vec![Role::Developer],
        GOVERNMENT => vec![Role::Government, Role::Determiner],
        EVALUATOR => vec![Role::Evaluator],
        PARTNER => vec![Role::Partner],
        DEFENDER => vec![Role::Defender],
        _ => Vec::new(),
    }
}

impl Cast {
    fn new() -> Self {
        let random = SeededRandom::new(0);
        let mut fill = |into: &mut [u8]| random.fill(into);
        let log = LogSigner::generate("log.example/simulation", &mut fill);
        let log = log.expect("the name is well formed");
        let keys: BTreeMap<PartyId, SecretKeys> = ALL
            .iter()
            .map(|id| (spelled(id), SecretKeys::generate(&mut fill).expect("keys can be made")))
            .collect();
        let members = keys.iter().map(|(id, secret)| Member {
            party: party(id.as_str()),
            keys: secret.public().clone(),
            root: None,
        });
        let trust = Trust::new(log.verifier(), members).expect("six parties with their own keys");
        Self { keys, log, trust }
    }

    pub(crate) fn keys(&self, party: &PartyId) -> &SecretKeys {
        self.keys.get(party).expect("every party of a run is of the cast")
    }

    /// A signer of the log, which is not to be copied otherwise.
    pub(crate) fn signer(&self) -> LogSigner {
        LogSigner::read(&self.log.to_text()).expect("the text was just written")
    }

    /// The directory that rules judge by.
    pub(crate) fn directory(&self) -> BTreeMap<PartyId, Party> {
        self.keys.keys().map(|id| (id.clone(), party(id.as_str()))).collect()
    }
}

fn party(id: &str) -> Party {
    Party { id: spelled(id), name: spelled::<Line>(id), roles: roles(id) }
}
