//! A page that gives out files by their path, below a folder that a path may lead out of.

use super::serve::{decoded, page};
use crate::family::live::Setup;

pub(super) fn answer(setup: Setup<'_>, step: u8, path: &str) -> Option<Vec<u8>> {
    let base = setup.get("base")?;
    let start = setup.get("start")?;
    let Some(path) = passed(step, path, start) else {
        return Some(page(400, "that is not allowed\n"));
    };
    let whole = plain(&format!("{base}/{path}"));
    let file = setup.all("file").filter_map(|f| f.split_once('|')).find(|(at, _)| *at == whole);
    Some(match file {
        Some((_, text)) => page(200, &format!("{text}\n")),
        None => page(404, &format!("no file {whole}\n")),
    })
}

/// What is left of a path behind the filter of this dial.
fn passed(step: u8, path: &str, start: &str) -> Option<String> {
    match step {
        1 => Some(path.to_owned()),
        2 => Some(path.replace("../", "")),
        3 => (!path.contains("..")).then(|| decoded(path)),
        4 => {
            let right = path.starts_with(start) && path.ends_with(".txt");
            // what is behind a zero byte is not part of a file's name
            right.then(|| path.split('\0').next().unwrap_or_default().to_owned())
        }
        _ => {
            let right = path.starts_with(start) && path.ends_with(".txt") && !path.contains("..");
            let path = decoded(path).replace("../", "");
            right.then(|| path.split('\0').next().unwrap_or_default().to_owned())
        }
    }
}

/// Without `.` and `..`.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
