//! What comes out of a virtual machine, whose guest may have taken it over.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(answer) = sandbox::wire::answer(data) {
        let again = minicbor::to_vec(&answer).expect("it was read");
        assert_eq!(sandbox::wire::answer(&again), Some(answer));
    }
});
