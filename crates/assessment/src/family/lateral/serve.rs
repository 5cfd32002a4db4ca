//! A host: lets in its account from the host before it, shows files, and carries requests on.

use crate::family::live::{Fetch, Reply, Setup, address};

pub(in crate::family) fn answer(
    setup: Setup<'_>,
    peer: [u8; 4],
    request: &[u8],
    fetch: Fetch<'_>,
) -> Option<Reply> {
    let (name, before) = (setup.get("name")?, address(setup.get("before")?)?);
    if peer != before {
        return Some(Reply::new("this host lets in only its neighbour\n"));
    }
    let text = String::from_utf8_lossy(request).into_owned();
    let mut lines = text.lines();
    let login = format!("login {} {}", setup.get("user")?, setup.get("word")?);
    if lines.next().map(str::trim) != Some(login.as_str()) {
        return Some(Reply::new("login ACCOUNT WORD comes first\n"));
    }
    let files = || setup.all("file").filter_map(|f| f.split_once('|'));
    let mut reply = Reply::new(format!("this is {name}\n"));
    while let Some(line) = lines.next() {
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match word {
            "list" => {
                for (file, _) in files() {
                    reply.bytes.extend(format!("{file}\n").bytes());
                }
            }
            "read" => match files().find(|(file, _)| *file == rest) {
                Some((file, text)) => {
                    if file == "token" {
                        reply.reached.push(name.to_owned());
                    }
                    reply.bytes.extend(format!("{text}\n").bytes());
                }
                None => reply.bytes.extend(b"no such file\n"),
            },
            "send" => {
                let carried: String = lines.by_ref().map(|line| format!("{line}\n")).collect();
                let to = rest
                    .split_once(':')
                    .and_then(|(at, port)| Some((address(at)?, port.parse().ok()?)));
                let said = to.and_then(|(at, port)| fetch(at, port, carried.as_bytes()));
                reply.bytes.extend(said.unwrap_or_else(|| b"nobody answers\n".to_vec()));
            }
            "" => {}
            _ => reply.bytes.extend(b"list, read FILE, send ADDRESS:PORT\n"),
        }
    }
    Some(reply)
}
