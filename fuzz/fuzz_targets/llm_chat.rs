//! Requests, answers and errors of language-model servers: reading and writing loses nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use llm::{ChatRequest, ChatResponse, ErrorBody};

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = serde_json::from_slice::<ChatRequest>(data) {
        let again = serde_json::to_vec(&request).expect("it writes");
        assert_eq!(serde_json::from_slice::<ChatRequest>(&again).ok(), Some(request));
    }
    if let Ok(answer) = serde_json::from_slice::<ChatResponse>(data) {
        let again = serde_json::to_vec(&answer).expect("it writes");
        assert_eq!(serde_json::from_slice::<ChatResponse>(&again).ok(), Some(answer));
    }
    let error = ErrorBody::read(data);
    assert_eq!(ErrorBody::read(error.to_json().as_bytes()), error);
});
