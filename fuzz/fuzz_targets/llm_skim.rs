//! Request bodies as a proxy reads them: what is read survives its own writing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(skim) = llm::Skim::read(data, 1 << 16) {
        let again = llm::Skim::read(&skim.to_body(), 1 << 20).expect("its own writing reads");
        assert_eq!(skim.model, again.model);
    }
});
