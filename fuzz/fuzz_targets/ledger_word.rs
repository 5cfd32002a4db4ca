//! Direct words from anywhere: what reads has one encoding, and nobody said what was not signed.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(word) = ledger::Word::from_bytes(data) else { return };
    assert_eq!(word.to_bytes(), data);
    let trust = include_str!("../corpus/ledger_trust/three-parties");
    if let Ok(trust) = ledger::Trust::read(trust)
        && word.verify(&trust).is_ok()
    {
        assert_eq!(data, include_bytes!("../corpus/ledger_word/withdrawn"));
    }
    // what it says is read as strictly
    if let Ok(event) = word.statement::<access::Event>() {
        assert!(word.statement::<ledger::Event>().is_err(), "one schema: {event:?}");
    }
});
