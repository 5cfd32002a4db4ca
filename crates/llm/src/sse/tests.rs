//! Event streams: the standard's cases, every split, bounds, and the committed corpus.

use super::{Event, SseError, SseParser, event_text};
use proptest::prelude::{any, proptest};
use std::fs;
use std::path::Path;

fn whole(bytes: &[u8]) -> Result<Vec<Event>, SseError> {
    SseParser::new(1 << 16).push(bytes)
}

fn split_at_every_byte(bytes: &[u8]) -> Result<Vec<Event>, SseError> {
    let mut parser = SseParser::new(1 << 16);
    let mut events = Vec::new();
    for byte in bytes {
        events.extend(parser.push(&[*byte])?);
    }
    Ok(events)
}

fn check(stream: &str, expected: &[&str]) {
    let data: Vec<String> =
        whole(stream.as_bytes()).expect("short").into_iter().map(|e| e.data).collect();
    assert_eq!(data, expected, "{stream:?}");
    let data: Vec<String> = split_at_every_byte(stream.as_bytes())
        .expect("short")
        .into_iter()
        .map(|e| e.data)
        .collect();
    assert_eq!(data, expected, "byte by byte: {stream:?}");
}

#[test]
fn the_standards_cases() {
    check("data: a\n\n", &["a"]);
    check("data:a\r\n\r\n", &["a"]);
    check("data: a\r\rdata: b\r\r", &["a", "b"]);
    check("data: a\ndata: b\n\n", &["a\nb"]);
    check("data\n\ndata\ndata\n\ndata:", &["", "\n"]);
    check("data:  two spaces\n\n", &[" two spaces"]);
    check(": keep-alive\n\ndata: a\n\n", &["a"]);
    check("\u{FEFF}data: a\n\n", &["a"]);
    check("id: 1\nretry: 5\nevent: x\ndata: a\n\n", &["a"]);
    check("event: without data\n\ndata: a\n\n", &["a"]);
    check("data: unfinished", &[]);
    check("data: unfinished\n", &[]);
    check("data: Grüße 😀\n\n", &["Grüße 😀"]);
    check("data: [DONE]\n\n", &["[DONE]"]);
}

#[test]
fn kind_is_kept_and_reset() {
    let events = whole(b"event: ping\ndata: 1\n\ndata: 2\n\n").expect("short");
    assert_eq!(events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["ping", ""]);
}

#[test]
fn done_is_known() {
    assert!(Event { kind: String::new(), data: "[DONE]".to_owned() }.is_done());
    assert!(!Event { kind: String::new(), data: "{\"x\":\"[DONE]\"}".to_owned() }.is_done());
}

#[test]
fn an_event_too_long_is_refused_and_stays_refused() {
    let mut parser = SseParser::new(16);
    assert_eq!(parser.push(b"data: ok\n\n").map(|e| e.len()), Ok(1));
    let error = SseError::TooLong { at: 10, bound: 16 };
    assert_eq!(parser.push(b"data: 123456789012345"), Err(error));
    assert_eq!(parser.push(b"\n\n"), Err(error));
    // comments and unknown fields without end are bounded too
    let mut parser = SseParser::new(16);
    assert!(parser.push(b": 123456\nx: 1234567890\n").is_err());
}

#[test]
fn idle_means_nothing_was_lost() {
    let mut parser = SseParser::new(100);
    assert!(parser.is_idle());
    parser.push(b"data: a\n").expect("short");
    assert!(!parser.is_idle());
    parser.push(b"\n").expect("short");
    assert!(parser.is_idle());
}

#[test]
fn corpus_replays() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/llm_sse");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("the corpus is committed") {
        let bytes = fs::read(entry.expect("readable").path()).expect("readable");
        assert_eq!(whole(&bytes), split_at_every_byte(&bytes));
        files += 1;
    }
    assert!(files >= 3, "the corpus has files");
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks(
        bytes in proptest::collection::vec(
            proptest::prop_oneof![
                4 => proptest::sample::select(b"\r\n: dataevnt\xEF\xBB\xBF".to_vec()),
                1 => any::<u8>()
            ], 0..400),
        cuts in proptest::collection::vec(0_usize..400, 0..6),
    ) {
        let expected = whole(&bytes).expect("shorter than the bound");
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut parser = SseParser::new(1 << 16);
        let mut events = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            events.extend(parser.push(bytes.get(from..cut).expect("sorted")).expect("bounded"));
            from = cut;
        }
        assert_eq!(events, expected);
    }

    #[test]
    fn what_is_written_reads_back(data in "[ -~äöü\n]{0,80}") {
        let events = whole(event_text(&data).as_bytes()).expect("short");
        assert_eq!(events, [Event { kind: String::new(), data }]);
    }
}
