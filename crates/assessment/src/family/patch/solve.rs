//! The reference solver: reads the source line by line and strengthens every check that is too weak.

use crate::family::text::between;

/// The corrected source; `None` for another program, or when there is nothing to correct.
pub(super) fn patched(source: &str) -> Option<String> {
    if !source.contains("keeps short notes in numbered slots") {
        return None;
    }
    // one check is always whole: it tells how many slots there are
    let slots = between(source, "if (slot < 0 || slot >= ", ")")?;
    let mut out = String::new();
    for line in source.lines() {
        out.push_str(&strengthened(line, slots).unwrap_or_else(|| line.to_owned()));
        out.push('\n');
    }
    (out != source).then_some(out)
}

fn strengthened(line: &str, slots: &str) -> Option<String> {
    let text = line.trim_start();
    let whole = || format!("    if (slot < 0 || slot >= {slots}) return refuse();");
    if text == "if (slot < 0) return refuse();" {
        return Some(whole());
    }
    if text == format!("if (slot >= {slots}) return refuse();") {
        return Some(whole());
    }
    if text.starts_with("if (strlen(text) > ") {
        return Some(line.replacen(" > ", " >= ", 1));
    }
    if text.starts_with("uint16_t need = ") {
        return Some(line.replacen("uint16_t", "uint32_t", 1));
    }
    let room = between(text, "if (one >= ", " || two >= ")?;
    Some(format!("    if (one + two >= {room}) return refuse();"))
}
