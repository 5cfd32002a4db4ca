//! Against an authority of another program's making: openssl, where it is installed. Its answer is also kept in `vectors/`,
//! so that verification is tested without it.

mod authority;

use super::*;
use authority::Authority;
use std::time::Duration;

const MESSAGE: &[u8] = b"log.example/vestibule\n12\nroot\n";

fn vector(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    std::fs::read(path).unwrap()
}

fn kept(kind: &str) -> (Query, Token, Authorities) {
    let query = Query::from_der(&vector(&format!("{kind}.tsq"))).unwrap();
    let token = Token::from_answer(&vector(&format!("{kind}.tsr"))).unwrap();
    (query, token, Authorities::from_pem(&vector(&format!("{kind}.pem"))).unwrap())
}

#[test]
fn a_kept_token_says_when() {
    for kind in ["p384", "rsa"] {
        let (query, token, authorities) = kept(kind);
        let said = token.verify(MESSAGE, Some(&query), &authorities).unwrap();
        assert!(said.at > Duration::from_secs(1_700_000_000));
        assert_eq!(said.accuracy, Some(Duration::from_millis(1_500)));
        assert_eq!(said.policy, "1.2.3.4.1");
        assert!(said.authority.contains("Example time"), "{}", said.authority);
        assert_eq!(Token::from_der(token.to_der()).unwrap(), token);
        // it stays good without the query
        assert_eq!(token.verify(MESSAGE, None, &authorities).unwrap(), said);
    }
}

#[test]
fn what_it_is_not_is_named() {
    let (query, token, authorities) = kept("p384");
    let other = token.verify(b"other", Some(&query), &authorities);
    assert_eq!(other, Err(TimestampError::OtherMessage));
    let another = Query::new(MESSAGE, [9; 16]).unwrap();
    let nonce = token.verify(MESSAGE, Some(&another), &authorities);
    assert_eq!(nonce, Err(TimestampError::Nonce));
    let strangers = Authorities::from_pem(&vector("rsa.pem")).unwrap();
    let refused = token.verify(MESSAGE, None, &strangers).unwrap_err();
    assert!(matches!(refused, TimestampError::Untrusted { .. }), "{refused}");
    let none = Authorities::from_pem(b"").unwrap_err();
    assert_eq!(none.to_string(), "the authorities' certificates: 0 in the file; 1 to 64 are read");
    let long = Token::from_answer(&vec![0x30; MAX_TOKEN + 1]).unwrap_err();
    assert_eq!(long, TimestampError::TooLong(MAX_TOKEN + 1));
}

/// Every byte counts: no flip gives a token that says something else.
#[test]
fn every_flipped_byte_is_refused_or_says_the_same() {
    for kind in ["p384", "rsa"] {
        let (query, token, authorities) = kept(kind);
        let said = token.verify(MESSAGE, Some(&query), &authorities).unwrap();
        let (mut refused, mut same) = (0, 0);
        for at in 0..token.to_der().len() {
            for bit in [0x01, 0x80] {
                let mut bytes = token.to_der().to_vec();
                bytes[at] ^= bit;
                let found = Token::from_der(&bytes)
                    .and_then(|t| t.verify(MESSAGE, Some(&query), &authorities));
                match found {
                    Ok(found) => {
                        assert_eq!(found, said, "{kind}: byte {at}");
                        same += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
        // what neither the signature nor the certificate covers: the list of digest algorithms, version numbers
        assert!(same < 60 && refused > 10 * same, "{kind}: {refused} refused, {same} the same");
    }
}

#[test]
fn queries_are_der_and_positive() {
    for byte in [0x00, 0x7f, 0x80, 0xff] {
        let query = Query::new(MESSAGE, [byte; 16]).unwrap();
        assert_eq!(Query::from_der(query.to_der()).unwrap(), query);
        let nonce = query.nonce().unwrap();
        assert_eq!(nonce.as_bytes().len(), 16);
        assert_eq!(nonce.as_bytes()[0] & 0xc0, 0x40);
    }
}

#[test]
fn openssl_answers_our_query() {
    let Some(mut openssl) = Authority::new() else {
        println!("skipped: openssl is not installed");
        return;
    };
    for kind in authority::KINDS {
        let query = Query::new(MESSAGE, [7; 16]).unwrap();
        openssl.key(kind);
        let answer = openssl.answer(query.to_der());
        let authorities = Authorities::from_pem(&openssl.root()).unwrap();
        let token = Token::from_answer(&answer).unwrap();
        token.verify(MESSAGE, Some(&query), &authorities).unwrap();
    }
}

#[test]
fn openssl_refuses_and_its_words_are_shown() {
    let Some(mut openssl) = Authority::new() else {
        println!("skipped: openssl is not installed");
        return;
    };
    openssl.key("p384");
    // an imprint of the wrong length
    let mut query = Query::new(MESSAGE, [7; 16]).unwrap().to_der().to_vec();
    let at = query
        .windows(9)
        .position(|w| w.starts_with(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2]))
        .unwrap();
    query[at + 8] = 1;
    let refused = Token::from_answer(&openssl.answer(&query)).unwrap_err();
    assert!(matches!(refused, TimestampError::Refused(_)), "{refused}");
}

#[test]
fn a_certificate_for_anything_else_is_refused() {
    let Some(mut openssl) = Authority::new() else {
        println!("skipped: openssl is not installed");
        return;
    };
    let query = Query::new(MESSAGE, [7; 16]).unwrap();
    openssl.key_with("p256", "extendedKeyUsage=timeStamping");
    let answer = openssl.try_answer(query.to_der());
    // openssl itself refuses to sign with such a certificate
    assert!(answer.is_none());
}

/// Writes `vectors/` anew: `cargo test -p timestamp write_the_vectors -- --ignored`.
#[test]
#[ignore = "writes files"]
fn write_the_vectors() {
    let mut openssl = Authority::new().expect("openssl");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    std::fs::create_dir_all(&folder).unwrap();
    for kind in ["p384", "rsa"] {
        let query = Query::new(MESSAGE, [7; 16]).unwrap();
        openssl.key(kind);
        let answer = openssl.answer(query.to_der());
        std::fs::write(folder.join(format!("{kind}.tsq")), query.to_der()).unwrap();
        std::fs::write(folder.join(format!("{kind}.tsr")), answer).unwrap();
        std::fs::write(folder.join(format!("{kind}.pem")), openssl.root()).unwrap();
    }
}
