//! VERS ranges: no panic, and the canonical form reads back as the same.
#![no_main]
use libfuzzer_sys::fuzz_target;
use versions::vers::Vers;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(vers) = Vers::parse(text) {
            assert_eq!(Vers::parse(&vers.to_string()), Ok(vers));
        }
        let _ = Vers::parse_lenient(text);
        for scheme in
            ["npm", "cargo", "maven", "nuget", "conan", "pypi", "gem", "composer", "nginx"]
        {
            let _ = Vers::from_native(scheme, text);
        }
    }
});
