//! Request bodies as a proxy reads them: what is read survives its own writing, for each kind of call.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for call in llm::Call::ALL {
        if let Ok(skim) = llm::Skim::read_call(call, data, 1 << 16) {
            let again = llm::Skim::read_call(call, &skim.to_body(), 1 << 20);
            assert_eq!(skim.model, again.expect("its own writing reads").model);
        }
    }
});
