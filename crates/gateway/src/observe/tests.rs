//! Counting an answer that goes by.

use super::{Reported, StreamObserver, last_event_end, whole_answer};
use proptest::prelude::*;

fn stream(text: &str) -> Result<StreamObserver, String> {
    let mut observer = StreamObserver::new(1 << 16);
    observer.push(text.as_bytes())?;
    Ok(observer)
}

#[test]
fn text_counts_whatever_field_it_is_in() {
    let check = |delta: &str, tokens: u64| {
        let event = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
        assert_eq!(stream(&event).expect("a chunk").tokens_out(), tokens, "{delta}");
    };
    check(r#"{"role":"assistant","content":""}"#, 0);
    check(r#"{"content":"Hello"}"#, 1);
    check(r#"{"content":null,"reasoning_content":"Hmm"}"#, 1);
    check(r#"{"anything":{"nested":["one","two"]}}"#, 2);
    check(
        r#"{"tool_calls":[{"index":0,"id":"call-1","type":"function","function":{"name":"run","arguments":"{}"}}]}"#,
        2,
    );
    check(&format!("{{\"content\":\"{}\"}}", "word ".repeat(100)), 201);
}

#[test]
fn the_servers_count_replaces_ours() {
    let text = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n\
        data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":7,\"total_tokens\":11}}\n\n\
        data: [DONE]\n\n";
    let observer = stream(text).expect("chunks");
    assert_eq!(observer.reported(), Some(Reported { tokens_in: 4, tokens_out: 7 }));
    assert_eq!(observer.tokens_out(), 7);
    assert!(observer.is_done() && observer.is_between_events() && !observer.has_failed());
}

#[test]
fn failures_are_seen() {
    assert!(
        stream("data: {\"error\":{\"message\":\"overloaded\"}}\n\n").expect("JSON").has_failed()
    );
    assert!(!stream("data: {\"error\":null,\"choices\":[]}\n\n").expect("JSON").has_failed());
    assert!(stream("data: {oops\n\n").is_err());
    assert!(stream(&format!("data: {}", "x".repeat(1 << 17))).is_err());
}

#[test]
fn what_is_said_of_a_malformed_answer_does_not_quote_it() {
    let text = r#"{"choices":"the model's words"}"#;
    let errors = [whole_answer(text.as_bytes()).expect_err("not a list"), {
        stream(&format!("data: {text}\n\n")).expect_err("not a list")
    }];
    for error in errors {
        assert!(!error.contains("words"), "{error}");
        assert!(error.contains("column"), "{error}");
    }
}

#[test]
fn whole_answers_are_counted() {
    let check = |body: &str, expected: Result<(bool, u64), ()>| {
        let counted = whole_answer(body.as_bytes()).map(|(r, n)| (r.is_some(), n)).map_err(drop);
        assert_eq!(counted, expected, "{body}");
    };
    check(
        r#"{"choices":[{"message":{"content":"x"}}],"usage":{"completion_tokens":5}}"#,
        Ok((true, 5)),
    );
    check(
        r#"{"choices":[{"message":{"role":"assistant","content":"Hello you"}}]}"#,
        Ok((false, 3)),
    );
    check(
        r#"{"choices":[{"message":{"content":"Hi"}},{"message":{"content":"Hi"}}]}"#,
        Ok((false, 2)),
    );
    check(r#"{"data":[]}"#, Err(()));
    check("<html>", Err(()));
    check("", Err(()));
}

#[test]
fn ends_of_events() {
    let check = |text: &str, end: Option<usize>| {
        assert_eq!(last_event_end(text.as_bytes()), end, "{text:?}");
    };
    check("", None);
    check("data: a\n", None);
    check("data: a\n\n", Some(9));
    check("data: a\n\ndata: b", Some(9));
    check("data: a\r\n\r\ndata: b\r\n", Some(11));
    check("data: a\r\rdata", Some(9));
    check("\n", None);
}

proptest! {
    #[test]
    fn no_stream_makes_it_panic(pieces in prop::collection::vec(any::<Vec<u8>>(), 0..8)) {
        let mut observer = StreamObserver::new(64);
        for piece in pieces {
            drop(observer.push(&piece));
            drop(whole_answer(&piece));
            let end = last_event_end(&piece).unwrap_or_default();
            prop_assert!(end <= piece.len());
        }
    }

    #[test]
    fn a_stream_counts_the_same_wherever_it_is_split(split in prop::collection::vec(1usize..20, 1..40)) {
        let text = "data: {\"choices\":[{\"delta\":{\"content\":\"caf\u{e9} au lait\"}}]}\r\n\r\n: note\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\"more\"}}]}\n\ndata: [DONE]\n\n";
        let mut observer = StreamObserver::new(1 << 10);
        let mut rest = text.as_bytes();
        for n in split.iter().cycle() {
            let (piece, after) = rest.split_at((*n).min(rest.len()));
            observer.push(piece).expect("chunks");
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!((observer.tokens_out(), observer.is_done()), (2, true));
    }
}
