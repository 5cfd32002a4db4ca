//! What a file of ceilings may say, and what each bound leaves a request.

use super::{Ceilings, Holder, Money, Price, Standing, Sums};
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
fn left(holder: &Holder, change: impl FnOnce(&mut Standing)) -> Result<u64, String> {
    left_under(&ceilings(), holder, change)
}

fn left_under(
    ceilings: &Ceilings,
    holder: &Holder,
    change: impl FnOnce(&mut Standing),
) -> Result<u64, String> {
    let mut standing = fresh();
    change(&mut standing);
    let price = ceilings.price(&"model-1".parse().expect("an id"));
    ceilings.fits(holder, &standing, price, (10, 11, 500)).map_err(|over| over.to_string())
}

fn fresh() -> Standing {
    Standing { day: day(), all: Sums::default(), unstated: Sums::default(), open: 0 }
}

#[test]
fn every_bound_leaves_what_it_says() {
    let person = Holder::Person("institute".parse().expect("an id"), "p1".parse().expect("an id"));
    assert_eq!(left(&grant(), |_| {}), Ok(500));
    assert_eq!(left(&grant(), |s| s.all.tokens = 900), Ok(100));
    assert_eq!(left(&grant(), |s| s.all.tokens = 989), Ok(11), "the least");
    assert_eq!(left(&grant(), |s| s.open = 1), Ok(500));
    assert_eq!(left(&person, |s| (s.all.requests, s.all.tokens, s.open) = (2, 5_000, 9)), Ok(500));
    // 10 tokens of prompt cost 30 millionths, one of an answer 15.5
    assert_eq!(left(&organisation(), |s| s.all.cost = Money(0)), Ok(500));
    assert_eq!(left(&organisation(), |s| s.all.cost = Money(10_000 - 30 - 155)), Ok(20));
    let refused = |holder: &Holder, change: fn(&mut Standing), expected: Expect| {
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
        |s| s.all.tokens = 990,
        expect![
            "10 are left today and 11 are needed, more from 2026-12-02T00:00:00Z (ceiling of the developer: grant.tokens-per-day); ask for less"
        ],
    );
    refused(
        &person,
        |s| s.all.requests = 3,
        expect![
            "0 are left today and 1 are needed, more from 2026-12-02T00:00:00Z (ceiling of the developer: person.requests-per-day); ask for less"
        ],
    );
    refused(
        &organisation(),
        |s| s.all.cost = Money(9_971),
        expect![
            "0 are left today and 11 are needed, more from 2026-12-02T00:00:00Z (ceiling of the developer: organisation.cost-per-day); ask for less"
        ],
    );
}

#[test]
fn a_model_without_a_price_is_never_free() {
    let unknown = ceilings().price(&"model-2".parse().expect("an id"));
    assert_eq!(unknown, Price::UNKNOWN);
    let fits = |holder: &Holder| ceilings().fits(holder, &fresh(), unknown, (10, 11, 500));
    assert!(fits(&organisation()).is_err());
    assert_eq!(
        fits(&grant()),
        Ok(500),
        "where money is not bounded, its price is nobody's business"
    );
}

#[test]
fn a_prompt_that_costs_too_much_is_refused_where_answers_are_free() {
    let embeddings = Price { input: Money(3_000_000), output: Money(0) };
    assert_eq!(embeddings.fits(10, Money(29)), 0, "10 tokens cost 30 millionths");
    assert_eq!(embeddings.fits(10, Money(30)), u64::MAX);
    let ceilings = ceilings();
    let nearly = Standing { all: Sums { cost: Money(9_971), ..Sums::default() }, ..fresh() };
    let asked = |standing| ceilings.fits(&organisation(), &standing, embeddings, (10, 10, 10));
    assert!(asked(nearly).is_err());
    assert_eq!(asked(fresh()), Ok(10));
}

/// The file of one of three gateways, each of which may hold a tenth of a day's ceiling unstated.
fn one_of_three() -> Ceilings {
    let file = FILE.replace("version = 1", "version = 1\ngateways = 3\nunstated-percent = 10");
    let file = file.replace("concurrent = 2", "concurrent = 8");
    let file = file.replace("requests-per-day = 3", "requests-per-day = 30");
    Ceilings::read(&file).expect("a good file")
}

#[test]
fn one_of_several_gateways_has_its_part() {
    let ceilings = one_of_three();
    assert_eq!(ceilings.slack_percent(), Some(20));
    let person = Holder::Person("institute".parse().expect("an id"), "p1".parse().expect("an id"));
    let left = |holder: &Holder, change: fn(&mut Standing)| left_under(&ceilings, holder, change);
    let refused = |holder: &Holder, change: fn(&mut Standing), expected: Expect| {
        expected.assert_eq(&left(holder, change).expect_err("too little is left"));
    };
    // a tenth of 1,000 tokens, and a third of 8 requests
    assert_eq!(left(&grant(), |_| {}), Ok(100));
    assert_eq!(left(&grant(), |s| (s.unstated.tokens, s.open) = (40, 1)), Ok(60));
    refused(
        &grant(),
        |s| s.open = 2,
        expect![
            "2 requests are under way already, the most at once (ceiling of the developer: grant.concurrent); try again when one has ended"
        ],
    );
    refused(
        &grant(),
        |s| s.unstated.tokens = 95,
        expect![
            "5 are left at this gateway until its uses are on record, which takes about a minute, and 11 are needed (ceiling of the developer: grant.tokens-per-day); ask for less or again then"
        ],
    );
    assert_eq!(left(&person, |s| s.unstated.requests = 2), Ok(500));
    refused(
        &person,
        |s| s.unstated.requests = 3,
        expect![
            "0 are left at this gateway until its uses are on record, which takes about a minute, and 1 are needed (ceiling of the developer: person.requests-per-day); ask for less or again then"
        ],
    );
    // a tenth of a hundredth of money: 30 millionths for the prompt, 15.5 for a token of the answer
    assert_eq!(left(&organisation(), |_| {}), Ok(10 + (1_000 - 30) * 10 / 155));
    assert_eq!(left(&organisation(), |s| s.unstated.cost = Money(500)), Ok(10 + 470 * 10 / 155));
    expect![[r#"
        [
            "grant.concurrent 8 (2 of them here)",
            "grant.tokens-per-day 1000",
            "person.requests-per-day 30",
            "organisation.cost-per-day 0.010000",
        ]
    "#]]
    .assert_debug_eq(&ceilings.stated());
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

#[test]
fn parts_that_are_none_are_refused() {
    check(
        "version = 1",
        "version = 1\ngateways = 0",
        expect![
            "`gateways = 0` is no number of gateways: write how many serve the same grants, 1 to 64"
        ],
    );
    check(
        "version = 1",
        "version = 1\ngateways = 3",
        expect![
            "`concurrent = 2` leaves none to each of 3 gateways, and they can't share them: write 3 at least"
        ],
    );
    check(
        "version = 1",
        "version = 1\nunstated-percent = 5",
        expect![
            "`unstated-percent` bounds what one of several gateways holds: state `gateways` too"
        ],
    );
    check(
        "version = 1",
        "version = 1\ngateways = 2\nunstated-percent = 101",
        expect!["`unstated-percent = 101` is no part of a ceiling: write 1 to 100"],
    );
    check(
        "version = 1",
        "version = 1\ngateways = 2\nunstated-percent = 20",
        expect!["20 % of `requests-per-day` is less than one: raise either"],
    );
}
