//! Certificates for people.

use super::{Certificate, Check};
use std::fmt::Write as _;

/// One row a family: how often what must pass passed, and how often what must fail passed. Below, at most
/// `misses` of what was not as it must be.
pub fn table(certificates: &[Certificate], misses: usize) -> String {
    let mut text = format!("{:<22} {:>7} {:>5}", "family", "version", "seeds");
    for check in Check::ALL {
        // writing to a string does not fail
        let _ = write!(text, " {:>10}", check.name());
    }
    text += "  seconds\n";
    for certificate in certificates {
        text += &row(certificate);
    }
    let all = certificates.iter().flat_map(|c| c.misses.iter().map(move |m| (&c.family, m)));
    let count = all.clone().count();
    for (family, m) in all.take(misses) {
        let (check, what, found) = (m.check.name(), &m.what, &m.found);
        let _ = writeln!(
            text,
            "missed: {family} seed {} dial {}, {check}, {what}: {found}",
            m.seed, m.dial
        );
    }
    if count > misses {
        let _ = writeln!(text, "… and {} more; --json lists them", count - misses);
    }
    text
}

fn row(certificate: &Certificate) -> String {
    let Certificate { family, version, seeds, checks, millis, .. } = certificate;
    let mut text = format!("{family:<22} {version:>7} {seeds:>5}");
    for tally in checks {
        let passed = if tally.check.must_fail() { tally.made - tally.held } else { tally.held };
        let cell = format!("{passed}/{}", tally.made);
        let _ = write!(text, " {cell:>10}");
    }
    text + &format!("  {}.{}\n", millis / 1000, millis % 1000 / 100)
}
