//! Commit-reveal statements from anywhere: what reads has one encoding, and the monitor takes all of it.
#![no_main]

use domain::{Attested, Statement, Timestamp};
use ledger::monitor::Monitor;
use ledger::reveal::Slot;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(event) = Slot::from_bytes(data) else { return };
    assert_eq!(event.to_bytes(), data);
    let signers = event.signers();
    let Some(issuer) = signers.first().cloned() else { return };
    let mut monitor = Monitor::default();
    let at = Timestamp::EPOCH;
    for index in 0..2 {
        let (event, issuer, signers) = (event.clone(), issuer.clone(), signers.clone());
        let attested = Attested { event, issuer, signers, claimed_at: at, index };
        monitor.slot(&attested, at, None);
    }
    let _findings = monitor.findings(Timestamp::MAX);
});
