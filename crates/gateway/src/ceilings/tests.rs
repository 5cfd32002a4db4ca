//! What a file of ceilings may say, and what each bound leaves a request.

use super::{Ceilings, Holder, Money, Price, Sums};
use domain::Timestamp;
use expect_test::{Expect, expect};

const FILE: &str = r#"
version = 1
[grant]
concurrent = 2
tokens-per-day = 1000
[person]
requests-per-day = 3
[organisation]
cost-per-day = "0.01"
[[price]]
model = "model-1"
input = "3"
output = "15.50"
"#;

fn ceilings() -> Ceilings {
    Ceilings::read(FILE).expect("a good file")
}

fn day() -> Timestamp {
    "2026-12-01T00:00:00Z".parse().expect("an instant")
}

fn grant() -> Holder {
    Holder::Grant("g1".parse().expect("an id"))
}

fn organisation() -> Holder {
    Holder::Organisation("institute".parse().expect("an id"))
}

/// What a holder with these sums may use of a request of 10 tokens of prompt and 500 in all, which is content with 11.
fn left(holder: &Holder, change: impl FnOnce(&mut Sums)) -> Result<u64, String> {
    let mut sums = Sums::of(day());
    change(&mut sums);
    let price = ceilings().price(&"model-1".parse().expect("an id"));
    ceilings().fits(holder, &sums, price, (10, 11, 500)).map_err(|over| over.to_string())
}

#[test]
fn every_bound_leaves_what_it_says() {
    let person = Holder::Person("institute".parse().expect("an id"), "p1".parse().expect("an id"));
    assert_eq!(left(&grant(), |_| {}), Ok(500));
    assert_eq!(left(&grant(), |s| s.tokens = 900), Ok(100));
    assert_eq!(left(&grant(), |s| s.tokens = 989), Ok(11), "the least");
    assert_eq!(left(&grant(), |s| s.open = 1), Ok(500));
    assert_eq!(left(&person, |s| (s.requests, s.tokens, s.open) = (2, 5_000, 9)), Ok(500));
    // 10 tokens of prompt cost 30 millionths, one of an answer 15.5
    assert_eq!(left(&organisation(), |s| s.cost = Money(0)), Ok(500));
    assert_eq!(left(&organisation(), |s| s.cost = Money(10_000 - 30 - 155)), Ok(20));
    let refused = |holder: &Holder, change: fn(&mut Sums), expected: Expect| {
        expected.assert_eq(&left(holder, change).expect_err("too little is left"));
    };
    refused(
        &grant(),
        |s| s.open = 2,
        expect![
            "2 requests are under way already, the most at once (ceiling of the developer: grant.concurrent); try again when one has ended"
        ],
    );
    refused(
        &grant(),
        |s| s.tokens = 990,
        expect![
            "10 are left today and 11 are needed, more from 2026-12-02T00:00:00Z (ceiling of the developer: grant.tokens-per-day); ask for less"
        ],
    );
    refused(
        &person,
        |s| s.requests = 3,
        expect![
            "0 are left today and 1 are needed, more from 2026-12-02T00:00:00Z (ceiling of the developer: person.requests-per-day); ask for less"
        ],
    );
    refused(
        &organisation(),
        |s| s.cost = Money(9_970),
        expect![
            "10 are left today and 11 are needed, more from 2026-12-02T00:00:00Z (ceiling of the developer: organisation.cost-per-day); ask for less"
        ],
    );
}

#[test]
fn a_model_without_a_price_is_never_free() {
    let unknown = ceilings().price(&"model-2".parse().expect("an id"));
    assert_eq!(unknown, Price::UNKNOWN);
    let fits = |holder: &Holder| ceilings().fits(holder, &Sums::of(day()), unknown, (10, 11, 500));
    assert!(fits(&organisation()).is_err());
    assert_eq!(
        fits(&grant()),
        Ok(500),
        "where money is not bounded, its price is nobody's business"
    );
}

#[test]
fn money_that_nobody_bounds_is_not_counted() {
    let file = "version = 1\n[grant]\nconcurrent = 2\n";
    let free = Ceilings::read(file).expect("a good file").price(&"m".parse().expect("an id"));
    assert_eq!(free.of(1_000, 1_000), Money(0), "a bound stated later in the day begins here");
}

#[test]
fn a_new_day_begins_anew_and_keeps_what_is_open() {
    let sums = Sums { requests: 3, tokens: 900, cost: Money(7), open: 2, ..Sums::of(day()) };
    let next = day().after(domain::Span::days(1));
    assert_eq!(sums.on(next), Sums { open: 2, ..Sums::of(next) });
    assert_eq!(sums.on(day()), sums);
}

/// The refusal of the good file after `from` was replaced by `to`.
fn check(from: &str, to: &str, expected: Expect) {
    assert!(FILE.contains(from), "`{from}` is in the file");
    let error = Ceilings::read(&FILE.replacen(from, to, 1)).expect_err("refused").to_string();
    expected.assert_eq(error.lines().last().unwrap_or_default());
}

#[test]
fn what_is_not_understood_is_refused() {
    check("version = 1", "version = 2", expect!["version 2 is not known; write 1"]);
    check(
        "concurrent = 2",
        "concurrent = 0",
        expect![
            "`concurrent` is 0, which nobody could use; to stop uses, suspend grants or withdraw"
        ],
    );
    check(
        "concurrent = 2",
        "concurent = 2",
        expect![
            "unknown field `concurent`, expected one of `concurrent`, `requests-per-day`, `tokens-per-day`, `cost-per-day`"
        ],
    );
    check(
        "\"0.01\"",
        "\"0.0000001\"",
        expect![
            "`0.0000001` is no amount: write digits, and at most six after a point, such as \"12.50\""
        ],
    );
    check(
        "\"0.01\"",
        "\"-1\"",
        expect![
            "`-1` is no amount: write digits, and at most six after a point, such as \"12.50\""
        ],
    );
    check(
        "\"0.01\"",
        "\"99999999999999\"",
        expect![
            "`99999999999999` is no amount: write digits, and at most six after a point, such as \"12.50\""
        ],
    );
    let (_, priced) = FILE.split_once("[[price]]").expect("it is there");
    let priced = &format!("[[price]]{priced}");
    check(
        priced,
        "",
        expect!["`cost-per-day` bounds a cost, and no [[price]] says what a model's tokens cost"],
    );
    let twice = format!("{priced}{priced}");
    check(priced, &twice, expect!["model `model-1` has two prices"]);
    let nothing = Ceilings::read("version = 1").expect_err("refused").to_string();
    assert!(nothing.starts_with("it bounds nothing"), "{nothing}");
}
