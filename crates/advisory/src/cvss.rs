//! CVSS 3.0 and 3.1 base scores (FIRST, "Common Vulnerability Scoring System" §7 and §8).
//!
//! Only what an advisory must state beside its vector. Temporal and environmental metrics are
//! accepted and do not change the base score.

/// A base score with its vector's version.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseScore {
    /// `3.0` or `3.1`.
    pub version: &'static str,
    /// 0.0 to 10.0, in steps of 0.1.
    pub score: f64,
    /// The word for the score: `NONE`, `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    pub severity: &'static str,
}

/// Metrics that may follow the base metrics, with their values.
const OTHERS: [(&str, &str); 14] = [
    ("E", "XUPFH"),
    ("RL", "XOTWU"),
    ("RC", "XURC"),
    ("CR", "XLMH"),
    ("IR", "XLMH"),
    ("AR", "XLMH"),
    ("MAV", "XNALP"),
    ("MAC", "XLH"),
    ("MPR", "XNLH"),
    ("MUI", "XNR"),
    ("MS", "XUC"),
    ("MC", "XNLH"),
    ("MI", "XNLH"),
    ("MA", "XNLH"),
];

/// Base metrics in the order in which [`score`] takes them.
const BASE: [(&str, &str); 8] = [
    ("AV", "NALP"),
    ("AC", "LH"),
    ("PR", "NLH"),
    ("UI", "NR"),
    ("S", "UC"),
    ("C", "NLH"),
    ("I", "NLH"),
    ("A", "NLH"),
];

/// The base score of a CVSS 3.0 or 3.1 vector; `None` when the text is no such vector.
pub fn base_score(vector: &str) -> Option<BaseScore> {
    let (version, metrics) = if let Some(metrics) = vector.strip_prefix("CVSS:3.1/") {
        ("3.1", metrics)
    } else {
        ("3.0", vector.strip_prefix("CVSS:3.0/")?)
    };
    let mut seen = std::collections::BTreeMap::new();
    for part in metrics.split('/') {
        let (name, value) = part.split_once(':')?;
        let mut known = BASE.iter().chain(&OTHERS);
        let (_, values) = known.find(|(known, _)| *known == name)?;
        let value = one_char(value).filter(|value| values.contains(*value))?;
        if seen.insert(name, value).is_some() {
            return None;
        }
    }
    let mut base = ['X'; 8];
    for (slot, (name, _)) in base.iter_mut().zip(BASE) {
        *slot = *seen.get(name)?;
    }
    let score = score(base, version);
    Some(BaseScore { version, score, severity: severity(score) })
}

fn one_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn score(base: [char; 8], version: &str) -> f64 {
    let [av, ac, pr, ui, scope, c, i, a] = base;
    let changed = scope == 'C';
    let av = match av {
        'N' => 0.85,
        'A' => 0.62,
        'L' => 0.55,
        _ => 0.2,
    };
    let ac = if ac == 'L' { 0.77 } else { 0.44 };
    let pr = match (pr, changed) {
        ('N', _) => 0.85,
        ('L', false) => 0.62,
        ('L', true) => 0.68,
        (_, false) => 0.27,
        (_, true) => 0.5,
    };
    let ui = if ui == 'N' { 0.85 } else { 0.62 };
    let loss = |value| match value {
        'H' => 0.56,
        'L' => 0.22,
        _ => 0.0,
    };
    let iss: f64 = 1.0 - (1.0 - loss(c)) * (1.0 - loss(i)) * (1.0 - loss(a));
    let impact =
        if changed { 7.52 * (iss - 0.029) - 3.25 * (iss - 0.02).powi(15) } else { 6.42 * iss };
    if impact <= 0.0 {
        return 0.0;
    }
    let exploitability = 8.22 * av * ac * pr * ui;
    let sum = impact + exploitability;
    let sum = if changed { 1.08 * sum } else { sum };
    round_up(sum.min(10.0), version)
}

/// The smallest number of one decimal not below `value`; 3.1 (Appendix A) first drops noise below
/// a hundred-thousandth, 3.0 does not.
fn round_up(value: f64, version: &str) -> f64 {
    if version == "3.0" {
        return (value * 10.0).ceil() / 10.0;
    }
    let noise_free = (value * 100_000.0).round();
    (noise_free / 10_000.0).ceil() / 10.0
}

fn severity(score: f64) -> &'static str {
    match score {
        score if score >= 9.0 => "CRITICAL",
        score if score >= 7.0 => "HIGH",
        score if score >= 4.0 => "MEDIUM",
        score if score > 0.0 => "LOW",
        _ => "NONE",
    }
}

#[cfg(test)]
mod tests;
