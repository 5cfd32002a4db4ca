//! Known answers and strict parsing.
use super::*;

#[test]
fn known_answers() {
    assert_eq!(
        Digest::of(b"abc").to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    let d = Digest384::of(b"abc");
    assert!(d.to_string().starts_with("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"));
    assert_eq!(d.to_string().parse::<Digest384>().unwrap(), d);
    assert_eq!(minicbor::decode::<Digest384>(&minicbor::to_vec(d).unwrap()).unwrap(), d);
}

#[test]
fn refuses_other_shapes() {
    let good = Digest::of(b"").to_string();
    for bad in
        [good.to_uppercase(), good.chars().skip(1).collect(), format!("{good}00"), String::new()]
    {
        assert!(bad.parse::<Digest>().is_err(), "{bad}");
    }
    assert!(minicbor::decode::<Digest>(&minicbor::to_vec(Digest384::of(b"")).unwrap()).is_err());
}
