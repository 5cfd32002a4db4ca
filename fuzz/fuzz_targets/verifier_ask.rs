//! Questions in JSON: each is answered, in JSON, by a verdict or a refusal that says why.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let answer: serde_json::Value =
        serde_json::from_slice(&verifier::ask(data)).expect("the answer is JSON");
    let answer = answer.as_object().expect("it is an object");
    assert_eq!(answer.len(), 1);
    if let Some(refused) = answer.get("refused") {
        assert!(refused["code"].as_str().is_some_and(|code| !code.is_empty()));
        assert!(refused["message"].as_str().is_some_and(|message| !message.is_empty()));
    } else {
        assert!(answer["verified"].is_object());
    }
});
