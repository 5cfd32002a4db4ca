//! Copies apart, and notices without a fix.
use super::*;

fn content(text: &str, advisories: &[&str]) -> Content {
    let advisories = advisories.iter().map(|id| id.parse().unwrap()).collect();
    Content { notice: "wave-1".parse().unwrap(), text: text.to_owned(), advisories }
}

#[test]
fn an_early_notice_names_no_flaw() {
    assert!(names_no_flaw(&content("Keep Thursday 18:00 to 20:00 UTC free.", &[])).is_ok());
    for text in ["see (CVE-2026-1)", "ghsa-1234", "pkg:npm/left", "read https://example.org/x"] {
        let error = names_no_flaw(&content(text, &[])).unwrap_err().to_string();
        assert!(error.contains("keep free"), "{error}");
    }
    let named = names_no_flaw(&content("Keep Thursday free.", &["CVE-2026-1"])).unwrap_err();
    assert!(matches!(named, NoticeError::NamesFlaw(id) if id == "CVE-2026-1"));
}

/// A copy that turns up elsewhere leads to one reader, through what the log has of its ring.
#[test]
fn copies_are_told_apart() {
    let ring = RingPlan {
        name: "operators".parse().unwrap(),
        audience: ["bank", "hospital"].map(|id| id.parse().unwrap()).into(),
        opens_at: Timestamp::EPOCH,
    };
    assert_eq!(ring.clone().copies(false).len(), 1);
    let copies = ring.copies(true);
    assert_eq!(copies.iter().map(|copy| copy.audience.len()).collect::<Vec<_>>(), [1, 1]);
    let (first, second) = (HourKey::new([1; 32]).digest(), HourKey::new([2; 32]).digest());
    let text = content("Patch now.", &["CVE-2026-1"]);
    let (one, two) = (text.marked(&first).text, text.marked(&second).text);
    assert_ne!(one, two);
    let mark = first.to_string().chars().take(12).collect::<String>();
    assert!(one.starts_with("Patch now.") && one.contains(&mark), "{one}");
}
