//! Checks of written dates and instants; the text itself is kept.

/// Whether the text is a calendar date `YYYY-MM-DD`.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = bytes else { return false };
    let Some(year) = number(&[*y1, *y2, *y3, *y4]) else { return false };
    let (Some(month), Some(day)) = (number(&[*m1, *m2]), number(&[*d1, *d2])) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Whether the text is an RFC 3339 instant in UTC: `YYYY-MM-DDThh:mm:ss[.fff]Z`.
pub(crate) fn is_utc_instant(text: &str) -> bool {
    text.strip_suffix('Z').is_some_and(is_local_instant)
}

/// Whether the text is an RFC 3339 instant with any offset.
pub(crate) fn is_instant(text: &str) -> bool {
    if is_utc_instant(text) {
        return true;
    }
    let Some((instant, offset)) = text.rfind(['+', '-']).and_then(|at| text.split_at_checked(at))
    else {
        return false;
    };
    let [_, h1, h2, b':', m1, m2] = offset.as_bytes() else { return false };
    number(&[*h1, *h2]).is_some_and(|hours| hours < 24)
        && number(&[*m1, *m2]).is_some_and(|minutes| minutes < 60)
        && is_local_instant(instant)
}

/// Whether the text is `YYYY-MM-DDThh:mm:ss[.fff]`.
pub(crate) fn is_local_instant(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [h1, h2, b':', m1, m2, b':', s1, s2] = time.as_bytes() else { return false };
    is_date(date)
        && number(&[*h1, *h2]).is_some_and(|hours| hours < 24)
        && number(&[*m1, *m2]).is_some_and(|minutes| minutes < 60)
        && number(&[*s1, *s2]).is_some_and(|seconds| seconds <= 60)
        && (1..=9).contains(&fraction.len())
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests;
