//! Event streams in arbitrary chunks: the first byte says where to cut.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut whole = llm::SseParser::new(4_096);
    let mut cut = llm::SseParser::new(4_096);
    let at = data.first().map_or(0, |b| usize::from(*b).min(data.len()));
    let (head, tail) = data.split_at(at);
    let expected = whole.push(data);
    let mut answer = llm::Accumulator::new(1 << 16);
    let got = cut.push(head).and_then(|mut events| {
        events.extend(cut.push(tail)?);
        Ok(events)
    });
    assert_eq!(got, expected);
    for event in got.into_iter().flatten() {
        let _ = answer.push(&event);
    }
    let _ = answer.finish();
});
