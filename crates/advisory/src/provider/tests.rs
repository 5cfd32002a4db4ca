//! What providers publish, and what is refused.
use super::*;
use crate::shared;

#[test]
fn metadata() {
    let text = br#"{"canonical_url": "https://a.example/.well-known/csaf/provider-metadata.json", "distributions": [
        {"directory_url": "https://a.example/csaf"},
        {"rolie": {"feeds": [{"url": "https://a.example/white.json", "tlp_label": "WHITE"},
                             {"url": "https://a.example/red.json", "tlp_label": "RED"}]}}]}"#;
    let read = read_metadata(text).unwrap();
    assert_eq!(read.folders, ["https://a.example/csaf/"]);
    assert_eq!(read.feeds, ["https://a.example/white.json"]);
    let bare =
        read_metadata(br#"{"canonical_url": "https://a.example/csaf/provider-metadata.json"}"#);
    assert_eq!(bare.unwrap().folders, ["https://a.example/csaf/"]);
    let plain =
        br#"{"canonical_url": "x", "distributions": [{"directory_url": "http://a.example/"}]}"#;
    let error = read_metadata(plain).unwrap_err().to_string();
    assert!(
        error.contains("distributions[0].directory_url") && error.contains("https://"),
        "{error}"
    );
}

#[test]
fn lists() {
    let changes =
        b"\"2026/a-1.json\",\"2026-11-01T00:00:00Z\"\n2025/b.json,2025-01-01T00:00:00+01:00\n";
    let read = read_changes(changes).unwrap();
    assert_eq!((read[0].path.as_str(), read.len()), ("2026/a-1.json", 2));
    assert_eq!(read[0].updated.as_deref(), Some("2026-11-01T00:00:00Z"));
    assert_eq!(read_index(b"2026/a-1.json\n\n2025/b.json\n").unwrap().len(), 2);
    for wrong in ["../a.json", "/etc/a.json", "https://x/a.json", "a//b.json", "a.txt", "a b.json"]
    {
        assert!(read_index(wrong.as_bytes()).is_err(), "{wrong}");
    }
    assert!(read_changes(b"a.json,yesterday\n").unwrap_err().to_string().contains("line 1"));
}

#[test]
fn feeds() {
    let text = br#"{"feed": {"entry": [{"updated": "2026-11-01T00:00:00Z", "content": {"src": "https://a.example/1.json"},
        "link": [{"rel": "self", "href": "https://a.example/1.json"},
                 {"rel": "hash", "href": "https://a.example/1.json.sha512"},
                 {"rel": "signature", "href": "https://a.example/1.json.asc"}]}]}}"#;
    let read = read_rolie(text).unwrap();
    assert_eq!(read[0].hash.as_deref(), Some("https://a.example/1.json.sha512"));
    assert!(read_rolie(br#"{"feed": {"entry": [{"link": []}]}}"#).is_err());
}

#[test]
fn hashes() {
    assert!(hash_agrees(b"AB12  x.json\n", "ab12") && hash_agrees(b"ab12", "ab12"));
    assert!(!hash_agrees(b"ab13 x.json", "ab12") && !hash_agrees(b"", "ab12"));
}

#[test]
fn replays_the_corpus() {
    shared::replay("advisory_provider", |bytes| {
        let _ = (read_metadata(bytes), read_changes(bytes), read_index(bytes), read_rolie(bytes));
    });
}
