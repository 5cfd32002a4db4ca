//! Counting an answer that goes by.

use super::{Reported, StreamObserver, last_event_end, whole_answer};
use llm::Call;
use proptest::prelude::*;

fn stream(text: &str) -> Result<StreamObserver, String> {
    let mut observer = StreamObserver::new(Call::Chat, 1 << 16);
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
    let errors = [whole_answer(Call::Chat, text.as_bytes()).expect_err("not a list"), {
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
        let counted =
            whole_answer(Call::Chat, body.as_bytes()).map(|(r, n)| (r.is_some(), n)).map_err(drop);
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
        let mut observer = StreamObserver::new(Call::Chat, 64);
        for piece in pieces {
            drop(observer.push(&piece));
            drop(whole_answer(Call::Chat, &piece));
            let end = last_event_end(&piece).unwrap_or_default();
            prop_assert!(end <= piece.len());
        }
    }

    #[test]
    fn a_stream_counts_the_same_wherever_it_is_split(split in prop::collection::vec(1usize..20, 1..40)) {
        let text = "data: {\"choices\":[{\"delta\":{\"content\":\"caf\u{e9} au lait\"}}]}\r\n\r\n: note\n\n\
            data: {\"choices\":[{\"delta\":{\"content\":\"more\"}}]}\n\ndata: [DONE]\n\n";
        let mut observer = StreamObserver::new(Call::Chat, 1 << 10);
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

#[test]
fn a_response_is_counted_by_its_deltas_and_ends_with_its_state() {
    let text = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n\
        event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n\
        event: response.output_text.done\ndata: {\"type\":\"response.output_text.done\",\"text\":\"Hi\"}\n\n";
    let end = "data: {\"type\":\"response.completed\",\"response\":{\"output\":[],\"usage\":{\"input_tokens\":5,\"output_tokens\":9}}}\n\n";
    let mut observer = StreamObserver::new(Call::Responses, 1 << 16);
    observer.push(text.as_bytes()).expect("events");
    assert_eq!((observer.tokens_out(), observer.is_done()), (1, false));
    observer.push(end.as_bytes()).expect("events");
    assert_eq!(observer.reported(), Some(Reported { tokens_in: 5, tokens_out: 9 }));
    assert!(observer.is_done());
}

#[test]
fn a_message_says_its_prompt_first_and_its_answer_last() {
    let text = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7,\"cache_read_input_tokens\":3,\"output_tokens\":1}}}\n\n\
        event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n";
    let end = "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":6}}\n\n\
        event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    let mut observer = StreamObserver::new(Call::Messages, 1 << 16);
    observer.push(text.as_bytes()).expect("events");
    assert_eq!((observer.tokens_in(), observer.tokens_out()), (Some(10), 1));
    observer.push(end.as_bytes()).expect("events");
    assert_eq!(observer.reported(), Some(Reported { tokens_in: 10, tokens_out: 6 }));
    assert!(observer.is_done() && !observer.has_failed());
}

#[test]
fn whole_answers_of_other_calls_are_counted() {
    let check = |call, body: &str, tokens: (u64, u64)| {
        let (reported, out) = whole_answer(call, body.as_bytes()).expect(body);
        assert_eq!((reported.map_or(0, |r| r.tokens_in), out), tokens, "{body}");
    };
    check(Call::Responses, r#"{"output":[],"usage":{"input_tokens":4,"output_tokens":2}}"#, (4, 2));
    check(Call::Messages, r#"{"content":[{"type":"text","text":"Hello, you."}]}"#, (0, 5));
    check(
        Call::Embeddings,
        r#"{"data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":4}}"#,
        (4, 0),
    );
    check(Call::CountTokens, r#"{"input_tokens":12}"#, (0, 0));
    for call in Call::ALL {
        assert!(whole_answer(call, b"{}").is_err());
    }
}
