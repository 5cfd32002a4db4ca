//! Texts that are sketched, and sketches as text: what was written is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = text.parse::<signals::Sketch>();
        if let Some(sketch) = signals::Sketch::of(text) {
            assert_eq!(sketch.to_string().parse(), Ok(sketch));
            assert_eq!(sketch.likeness(&sketch), 1_000);
        }
    }
});
