//! Notes that belong to people, and checks of whom they belong to that are missing or in the wrong place.

use super::serve::{Request, page};
use crate::family::live::Setup;

pub(super) fn answer(setup: Setup<'_>, step: u8, request: &Request) -> Option<Vec<u8>> {
    let (route, name) = (setup.get("route")?, setup.get("name")?);
    let (kept, list) = (setup.get("kept")?, setup.get("list")?);
    let path = request.at();
    if path == list {
        let own = setup.all("note").filter_map(|n| n.split_once('|'));
        let own = own.filter(|(_, rest)| rest.starts_with("guest|"));
        return Some(page(200, &own.map(|(id, _)| format!("{id}\n")).collect::<String>()));
    }
    // from dial 3 on some pages are for those with a role
    if step >= 3 && path.starts_with(kept) {
        let role = request.head("cookie").strip_prefix("role=").unwrap_or("guest");
        let right = match step {
            3 => role == setup.get("role")?,
            4 => false,
            _ => request.by() != "GET" && role == setup.get("role")?,
        };
        if !right {
            return Some(page(403, "not for you\n"));
        }
    }
    // what serves pages takes several strokes for one, and any case
    let normal = path.split('/').filter(|p| !p.is_empty()).map(str::to_lowercase);
    let normal = format!("/{}", normal.collect::<Vec<_>>().join("/"));
    let wanted = if step >= 3 { format!("{kept}{route}") } else { route.to_owned() };
    if normal != wanted {
        return Some(page(404, "there is nothing here\n"));
    }
    let id = request.given(name);
    let note = setup.all("note").filter_map(|n| n.split_once('|')).find(|(n, _)| *n == id);
    Some(match note.and_then(|(_, rest)| rest.split_once('|')) {
        Some((_, text)) => page(200, &format!("{text}\n")),
        None => page(404, "no note\n"),
    })
}
