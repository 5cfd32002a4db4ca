//! Certifies families without building the whole program, for who writes one:
//! `cargo run -p harness --example certify -- FAMILY SEEDS [HEX]`, the last two being how many seeds and
//! the first bytes of the master seed. `vestibule assess certify` is the same for everybody else.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it prints the table, and is its own guest"
)]

use assessment::{MasterSeed, family::family};
use harness::certify::{Certify, certify, table};

fn main() {
    if std::env::args().next_back().as_deref() == Some("--inside") {
        std::process::exit(sandbox::guest(&harness::inside::WORKS).into());
    }
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let seeds = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let typed = arguments.next().unwrap_or_default().into_bytes();
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(typed) {
        *to = from;
    }
    let Some(family) = family(&name) else {
        println!("no such family: `{name}`");
        return;
    };
    let master = MasterSeed::new(bytes);
    let mut policy = sandbox::Policy::default();
    let program = std::env::current_exe().unwrap_or_default();
    let arguments = ["assess", "escapes", "--inside"].map(str::to_owned).to_vec();
    policy.guest = Some(sandbox::Guest { program, arguments });
    let plan = Certify { families: vec![family], master: &master, seeds, repeats: 2, policy };
    let certificates = certify(&plan, &|_, _, _| {});
    println!("{}", table(&certificates, 20));
}
