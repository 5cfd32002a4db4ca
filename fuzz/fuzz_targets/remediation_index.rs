//! An index of advisories from anywhere: whatever its bytes, it opens or says why not, and every look-up
//! in what opens ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use remediation::{Component, Index, Intelligence};
use std::sync::Arc;
use versions::Namespace;

fuzz_target!(|data: &[u8]| {
    let Ok(index) = Index::open(Arc::new(data.to_vec())) else { return };
    let _ = (index.packed().check(), index.packed().about(), index.len());
    let known = Intelligence::of(&index);
    let _ = (known.facts(["CVE-2026-0001", "CVE-2026-0002"]), known.epss(["CVE-2026-0001"]));
    for namespace in ["crates.io", "Debian:12", "Debian"] {
        let namespace = Namespace::from_osv(namespace);
        for version in [None, Some("1.0.0"), Some("soon")] {
            let version = version.map(Into::into);
            let here = Component { namespace: namespace.clone(), name: "a".into(), version };
            let found = index.look_up(&here);
            for record in found.affected.iter().take(64) {
                let _ = (index.record(*record), index.flaw(*record));
            }
            let _ = index.upgrade(&here, &found.affected);
        }
    }
});
