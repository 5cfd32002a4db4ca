//! Time-stamp queries, answers, tokens and lists of authorities: reading never panics, and a token read again is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use timestamp::{Authorities, Query, Token};

static AUTHORITIES: LazyLock<Authorities> = LazyLock::new(|| {
    Authorities::from_pem(include_bytes!("../corpus/timestamp_token/p384.pem")).expect("a root")
});

fuzz_target!(|data: &[u8]| {
    let _ = Authorities::from_pem(data);
    if let Ok(query) = Query::from_der(data) {
        assert_eq!(query.to_der(), data);
    }
    let read = Token::from_answer(data).or_else(|_| Token::from_der(data));
    let Ok(token) = read else { return };
    assert_eq!(Token::from_der(token.to_der()).as_ref(), Ok(&token));
    let _ = token.verify(b"log.example/vestibule\n12\nroot\n", None, &AUTHORITIES);
});
