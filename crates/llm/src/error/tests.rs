//! Error bodies, ours and other servers'.

use super::ErrorBody;
use expect_test::expect;

#[test]
fn ours_is_the_dialect() {
    let body = ErrorBody::new("permission_error", "grant-withdrawn", "the grant was withdrawn");
    expect![[r#"{"error":{"message":"the grant was withdrawn","type":"permission_error","param":null,"code":"grant-withdrawn"}}"#]]
        .assert_eq(&body.to_json());
    assert_eq!(ErrorBody::read(body.to_json().as_bytes()), body);
}

#[test]
fn others_are_read_as_far_as_they_go() {
    assert_eq!(ErrorBody::read(b"{\"error\":{\"message\":\"m\"}}").error.message, "m");
    assert_eq!(ErrorBody::read(b"<html>\x1b[31mno").error.message, "<html>[31mno");
    assert_eq!(ErrorBody::read(&[b'x'; 4_000]).error.message.len(), 500);
}
