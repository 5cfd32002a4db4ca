//! A key's rotation between statements of one batch: the old key counts before it, the new one behind it.

use super::{Hall, batch, party};
use crate::ctx::Random;
use crate::node::NodeError;
use crate::wire;
use ledger::{Entry, Event, Possession, SecretKeys, Signers};

impl Hall {
    /// The party's key gives way to `new`; everybody whose word is needed has signed.
    fn rotated(&self, whose: &str, new: &SecretKeys) -> Entry {
        let whose = party(whose);
        let (parties, needed) = self.trust.needed_for(&whose, true).unwrap();
        let event = Event::KeyRotated {
            old: self.trust.sealing_keys(&whose).unwrap().fingerprint(),
            keys: new.public().to_text(),
            proof: Possession { log: self.trust.log(), party: &whose }.sign(new),
            signers: Signers {
                parties: parties.into_iter().collect(),
                needed: u8::try_from(needed).unwrap(),
            },
            party: whose,
        };
        self.issue(self.draft("gov", &event))
    }

    /// What a party says with a key of its choice, at the same place of its chain each time.
    fn says_with(&self, issuer: &str, what: &str, keys: &SecretKeys) -> Entry {
        let draft = self.draft(issuer, &Self::declined(issuer, what));
        let heads = self.heads.lock().unwrap();
        draft.issue(heads.next(&party(issuer), None, self.now()), keys).unwrap()
    }
}

#[test]
fn a_key_that_the_batch_replaces_counts_before_it_and_the_new_one_behind_it() {
    let hall = Hall::new();
    let node = hall.node().unwrap();
    let new = SecretKeys::generate(&mut |into| hall.random.fill(into)).unwrap();
    let old = &hall.keys[&party("lab")];
    // nobody has a key before the log says so, and the statement does not wait until it does
    let early = hall.says_with("lab", "by a key that nobody knows yet", &new);
    assert!(matches!(node.accept(&wire::entry_bytes(&early)), Err(NodeError::Unsound(_))));
    let before = hall.says("lab", "before");
    let rotated = hall.rotated("lab", &new);
    let late = hall.says_with("lab", "by the old key", old);
    let outcomes = batch(&node, &[&before, &rotated, &late]);
    assert!(outcomes[0].is_ok() && outcomes[1].is_ok(), "{outcomes:?}");
    let refused = crate::plain(outcomes[2].as_ref().unwrap_err());
    assert!(refused.contains("replaced by statement 1"), "{refused}");
    // behind the batch: the new key at once, the old one never again, also beside each other and after a restart
    let late = hall.says_with("lab", "by the old key, again", old);
    assert!(matches!(node.accept(&wire::entry_bytes(&late)), Err(NodeError::Unsound(_))));
    let after = hall.says_with("lab", "after", &new);
    let beside = hall.says("ig", "beside it");
    let receipts = batch(&node, &[&after, &beside]);
    assert!(receipts.iter().all(Result::is_ok), "{receipts:?}");
    let order = [before.id, rotated.id, after.id, beside.id];
    assert_eq!(hall.check(&node, 4), order);
    drop(node);
    let node = hall.node().unwrap();
    assert!(matches!(node.accept(&wire::entry_bytes(&late)), Err(NodeError::Unsound(_))));
    assert_eq!(hall.check(&node, 4), order);
}
