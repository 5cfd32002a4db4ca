//! Marks and banners.
use super::*;

#[test]
fn a_mark_is_read_from_its_front() {
    for (mark, name) in [
        ("UNCLASSIFIED", "UNCLASSIFIED"),
        ("cui//sp-prvcy", "CUI"),
        ("TLP:AMBER+STRICT", "TLP:AMBER+STRICT"),
        ("(TLP:RED)", "TLP:RED"),
    ] {
        assert_eq!(handling(mark).unwrap().name, name);
    }
    for mark in ["SECRET", "TOP SECRET//SI//NOFORN", "confidential"] {
        let error = handling(mark).unwrap_err();
        assert!(error.contains("it is a spill") && error.contains("neither open"), "{error}");
    }
    assert!(handling("SECRETARY").unwrap_err().contains("no handling mark"));
    assert!(handling("").is_err());
}

#[test]
fn a_banner_is_found_at_either_end() {
    for document in ["SECRET//NOFORN\nwords\n", "words\n\n(TOP SECRET)\n", "\n  Confidential\n"] {
        assert!(banner(document.as_bytes()).is_err(), "{document}");
    }
    for document in ["", "A secret of the trade\n", "UNCLASSIFIED\nwords", "words\nSECRETS\n"] {
        assert!(banner(document.as_bytes()).is_ok(), "{document}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        drop(banner(&bytes));
        drop(handling(&String::from_utf8_lossy(&bytes)));
    }
}
