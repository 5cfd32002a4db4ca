//! Forms, good and bad; the ladder; and that a tier without a model mints nothing.

use super::*;

const WHOLE: &str = include_str!("../../../../fuzz/corpus/operations_defender/whole.toml");

fn ladder() -> Ladder {
    Ladder::shipped().unwrap()
}

#[test]
fn a_form_is_read_and_written_back() {
    let form = parse_form(WHOLE, &ladder()).unwrap();
    assert_eq!(form.systems.len(), 3);
    assert!(!form.sponsored);
    assert_eq!(parse_form(&written(&form), &ladder()), Ok(form));
}

#[test]
fn a_blank_form_tells_every_gap_at_once() {
    let gaps = parse_form(&blank(None, None, &ladder()), &ladder()).unwrap_err();
    let told = gaps.join("\n");
    expect_test::expect![[r#"
        case: nothing is written; the id that the announcement names
        developer: nothing is written; the id that the announcement names
        organisation: nothing is written; your organisation's name
        sector: there is no such choice ``; there are: health, finance, water, energy, communications, transport, emergency-services, food, government, education, other
        size: there is no such choice ``; there are: 1-9, 10-49, 50-249, 250-or-more
        reason: nothing is written; a sentence or two: what would it help with?
        owns: name at least one system of your own, or one in `may-test`"#]]
    .assert_eq(&told);
}

#[test]
fn gaps_are_named() {
    for (from, to, named) in [
        ("case = \"case-1\"", "case = \"Case 1\"", "case:"),
        ("\"health\"", "\"hospital\"", "sector: there is no such choice `hospital`"),
        ("; its vendor", "", "write the system, a semicolon"),
        ("\"itself\"", "\"consultant\"", "handed-in-by"),
        ("tier =", "tiers =", "tiers"),
    ] {
        let gaps = parse_form(&WHOLE.replacen(from, to, 1), &ladder()).unwrap_err();
        assert!(gaps.join("\n").contains(named), "{named}: {gaps:?}");
    }
    let many = format!("owns = [{}]\n", "\"x\",".repeat(65));
    let gaps = parse_form(&many, &ladder()).unwrap_err().join("\n");
    assert!(gaps.contains("65 systems; at most 64"), "{gaps}");
}

#[test]
fn a_page_s_fields_are_the_same_form() {
    let body = "case=case-1&developer=lab&organisation=County+hospital&sector=health&size=10-49&handed-in-by=itself\
        &owns=patient+portal%0D%0Abooking&may-test=x-ray+archive%3B+its+vendor&tier=findings-and-patches\
        &reason=one+person%0D%0Afor+all";
    let form = form_from_page(body.as_bytes(), &ladder()).unwrap();
    assert_eq!(form.systems.len(), 3);
    assert_eq!(form.reason.as_str(), "one person\nfor all");
    let gaps = form_from_page(b"sector=%FF&owns=%00", &ladder()).unwrap_err();
    assert!(gaps.len() >= 6, "{gaps:?}");
}

#[test]
fn the_ladder_begins_without_a_model_and_is_read_strictly() {
    let shipped = crate::rules::DEFENDER_TIERS;
    for (from, to, named) in [
        ("gives = \"findings-and-patches\"\n", "gives = \"model\"\n", "say `endpoints`"),
        ("gives = \"model\"\n", "gives = \"everything\"\n", "`everything` is not"),
        ("days = 365", "days = 900", "900 days"),
        ("\"public-register\", \"call-back\"", "\"hearsay\"", "no way to verify `hearsay`"),
        ("name = \"supervised\"", "name = \"model\"", "a tier is there twice"),
    ] {
        let error = Ladder::read(&shipped.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(named), "{named}: {error}");
    }
    let (head, rest) = shipped.split_once("[[tier]]").unwrap();
    let (_, rest) = rest.split_once("[[tier]]").unwrap();
    let error = Ladder::read(&format!("{head}[[tier]]{rest}")).unwrap_err();
    assert!(error.contains("is for everybody"), "{error}");
}

#[test]
fn a_grant_is_minted_from_an_allowance() {
    let allowance = Allowance {
        models: ["model-1".parse().unwrap()].into(),
        endpoints: [access::Endpoint::ChatCompletions].into(),
        tokens_per_grant: 500,
    };
    let gives = Gives::Model(allowance.clone());
    let day = |text: &str| text.parse::<Timestamp>().unwrap();
    let admission = EnrolmentAdmission {
        case: "case-1".parse().unwrap(),
        application: "d1".parse().unwrap(),
        proposal: Digest::of(b"application"),
        tier: Tier { name: "model".parse().unwrap(), ladder: ladder().digest, gives },
        terms: Digest::of(b"terms"),
        developer: "lab".parse().unwrap(),
        government: "office".parse().unwrap(),
        starts_at: day("2026-12-20T00:00:00Z"),
        expires_at: day("2027-03-20T00:00:00Z"),
    };
    let holder = || Holder {
        grant: "g1".parse().unwrap(),
        person: "it-1".parse().unwrap(),
        requested_by: "it-2".parse().unwrap(),
        credential: Digest::of(b"token"),
    };
    let hospital = "hospital".parse().unwrap();
    let model = "model-1".parse().unwrap();
    let request = mint(&admission, &allowance, &hospital, &model, holder()).unwrap();
    assert_eq!((request.budget_tokens, request.ends_at), (500, admission.expires_at));
    assert_eq!(request.basis, Basis::Defender(admission.application.clone()));
    let other = "model-2".parse().unwrap();
    assert!(
        mint(&admission, &allowance, &hospital, &other, holder()).unwrap_err().contains("model-1")
    );
}

#[test]
fn the_corpus_never_panics() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/operations_defender");
    let mut read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        drop(parse_form(&String::from_utf8_lossy(&bytes), &ladder()));
        drop(form_from_page(&bytes, &ladder()));
        read += 1;
    }
    assert!(read >= 3);
}

proptest::proptest! {
    #[test]
    fn anything_is_answered(text in ".*") {
        drop(parse_form(&text, &ladder()));
        drop(form_from_page(text.as_bytes(), &ladder()));
        drop(Ladder::read(&text));
    }
}

/// The keystroke-level model (Card, Moran and Newell, CACM 1980) with somebody who types as slowly as
/// random letters are typed: .5 s a key, 1.35 s to think before each line. The form's words are read at 150 a minute, and
/// what is written is thought out at the pace of typing.
#[test]
fn ten_minutes_are_enough() {
    let blank = blank(None, None, &ladder());
    let whole = written(&parse_form(WHOLE, &ladder()).unwrap());
    let lines: Vec<_> = whole.lines().filter(|line| !line.starts_with('#')).collect();
    let keys: usize = lines.iter().filter_map(|l| l.split_once(" = ")).map(|(_, v)| v.len()).sum();
    let millis =
        blank.split_whitespace().count() * 60_000 / 150 + lines.len() * 1_350 + keys * 2 * 500;
    println!(
        "{} words to read, {keys} keys, {} lines: {} s",
        blank.split_whitespace().count(),
        lines.len(),
        millis / 1_000
    );
    assert!(millis < 600_000, "{millis} ms");
}
