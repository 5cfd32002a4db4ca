//! When a batch closes, and who leads.

use super::*;

#[test]
fn one_that_comes_alone_is_a_batch_of_its_own() {
    let mut queue = Queue::default();
    assert!(!queue.lead(), "nothing waits");
    queue.push(10, 'a').unwrap();
    assert!(queue.needs_leader());
    assert!(queue.lead());
    assert!(!queue.lead(), "there is one leader");
    assert_eq!(queue.batch(), ['a']);
    assert!(!queue.needs_leader(), "the leader is still there");
    assert_eq!(queue.batch(), Vec::<char>::new());
    queue.push(10, 'b').unwrap();
    assert!(queue.lead(), "the lead had ended");
}

#[test]
fn what_comes_during_a_commit_is_the_next_batch() {
    let mut queue = Queue::default();
    queue.push(1, 0).unwrap();
    assert!(queue.lead());
    assert_eq!(queue.batch(), [0]);
    for n in 1..=2_000 {
        queue.push(1, n).unwrap();
    }
    assert_eq!(queue.batch(), (1..=1_024).collect::<Vec<_>>());
    assert_eq!(queue.batch(), (1_025..=2_000).collect::<Vec<_>>());
    assert!(queue.batch().is_empty());
}

#[test]
fn a_batch_closes_by_its_bytes_too() {
    let mut queue = Queue::default();
    let third = MAX_BATCH_BYTES / 3;
    for (n, bytes) in [third, third, third + 3, MAX_BATCH_BYTES + 1, 1].into_iter().enumerate() {
        queue.push(bytes, n).unwrap();
    }
    assert!(queue.lead());
    assert_eq!(queue.batch(), [0, 1]);
    assert_eq!(queue.batch(), [2]);
    assert_eq!(queue.batch(), [3], "one that is too large for any batch goes alone");
    assert_eq!(queue.batch(), [4]);
}

#[test]
fn too_much_is_given_back() {
    let mut queue = Queue::default();
    for n in 0..MAX_WAITING {
        queue.push(1, n).unwrap();
    }
    assert_eq!(queue.push(1, 9), Err(9));
    assert!(queue.lead());
    queue.batch();
    queue.push(1, 9).unwrap();
    let mut queue = Queue::default();
    queue.push(MAX_WAITING_BYTES + 1, 1).unwrap();
    assert_eq!(queue.push(1, 2), Err(2));
}

#[test]
fn after_a_leader_that_fell_another_leads() {
    let mut queue = Queue::default();
    queue.push(1, 'a').unwrap();
    queue.push(1, 'b').unwrap();
    assert!(queue.lead());
    assert_eq!(queue.abandon(), ['a', 'b']);
    queue.push(1, 'c').unwrap();
    assert!(queue.lead());
    assert_eq!(queue.batch(), ['c']);
}
