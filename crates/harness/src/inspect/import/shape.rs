//! What a log of Inspect must say to be one. Fields that are not named here are kept and not looked at.

use super::{Imported, PARTS};
use domain::Digest;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How a text refers to an attachment.
const REFERENCE: &str = "attachment://";
/// Roles of messages.
const ROLES: [&str; 4] = ["system", "user", "assistant", "tool"];
/// How a log ended, or that it did not.
const STATUS: [&str; 4] = ["started", "success", "cancelled", "error"];

/// Whether a member belongs to the layout that this version knows.
pub(super) fn known(name: &str) -> bool {
    let whole = ["summaries.json", "reductions.json", "header.json", "_journal/start.json"];
    let below = |folder: &str| {
        let file = name.strip_prefix(folder).and_then(|rest| rest.strip_suffix(".json"));
        file.is_some_and(|file| !file.is_empty() && (folder == "samples/" || !file.contains('/')))
    };
    whole.contains(&name)
        || below("samples/")
        || below("_journal/summaries/")
        || below("_journal/config_updates/")
}

fn text<'a>(of: &'a Value, key: &str) -> Result<&'a str, String> {
    let found = of.get(key).and_then(Value::as_str);
    found.ok_or_else(|| format!("has no text `{key}`"))
}

/// Checks a header.
pub(super) fn header(header: &Value) -> Result<(), String> {
    let version = header.get("version").and_then(Value::as_u64);
    if version != Some(2) {
        return Err("is not of version 2".to_owned());
    }
    if !STATUS.contains(&text(header, "status")?) {
        return Err(format!("has a `status` other than {}", STATUS.join(", ")));
    }
    let eval = header.get("eval").ok_or("has no `eval`")?;
    for key in ["created", "task", "model"] {
        text(eval, key).map_err(|what| format!("{what} in `eval`"))?;
    }
    for key in ["dataset", "config"] {
        if !eval.get(key).is_some_and(Value::is_object) {
            return Err(format!("has no `eval.{key}`"));
        }
    }
    Ok(())
}

/// What a header says, before any sample was read. It was checked.
pub(super) fn summary(header: &Value, file: String, content: Digest) -> Imported {
    let eval = header.get("eval").unwrap_or(&Value::Null);
    let said = |of: &Value, key: &str| text(of, key).unwrap_or_default().to_owned();
    Imported {
        file,
        content,
        task: said(eval, "task"),
        model: said(eval, "model"),
        created: said(eval, "created"),
        status: said(header, "status"),
        samples: 0,
        errors: 0,
        messages: 0,
        events: 0,
        tokens: 0,
        scores: BTreeMap::new(),
    }
}

/// Checks a sample of the member of this name.
pub(super) fn sample(member: &str, sample: &Value) -> Result<(), String> {
    let id = match sample.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err("has no `id`".to_owned()),
    };
    let epoch = sample.get("epoch").and_then(Value::as_u64).ok_or("has no `epoch`")?;
    if member != format!("samples/{id}_epoch_{epoch}.json") {
        return Err(format!("holds sample `{id}` of epoch {epoch}"));
    }
    if !sample.get("input").is_some_and(|input| input.is_string() || input.is_array()) {
        return Err("has no `input`".to_owned());
    }
    for (at, message) in list(sample, "messages")?.iter().enumerate() {
        if !message.get("role").and_then(Value::as_str).is_some_and(|r| ROLES.contains(&r)) {
            return Err(format!("has a message {at} without a known `role`"));
        }
        if !message.get("content").is_some_and(|c| c.is_string() || c.is_array()) {
            return Err(format!("has a message {at} without `content`"));
        }
    }
    for (scorer, score) in map(sample, "scores")? {
        if score.get("value").is_none_or(Value::is_null) {
            return Err(format!("has a score `{scorer}` without `value`"));
        }
    }
    let attachments = map(sample, "attachments")?;
    if !attachments.values().all(Value::is_string) {
        return Err("has an attachment that is no text".to_owned());
    }
    let pooled = sample.get("events_data").unwrap_or(&Value::Null);
    let pools = [list(pooled, "messages")?.len(), list(pooled, "calls")?.len()];
    for (at, event) in list(sample, "events")?.iter().enumerate() {
        text(event, "event").map_err(|what| format!("{what} in event {at}"))?;
        pooling(event, attachments, pools).map_err(|what| format!("{what} in event {at}"))?;
    }
    Ok(())
}

/// Checks that what an event refers to is there.
fn pooling(event: &Value, attached: &Map<String, Value>, pools: [usize; 2]) -> Result<(), String> {
    let call = event.get("call").unwrap_or(&Value::Null);
    for (of, key, pool) in [(event, "input_refs", pools[0]), (call, "call_refs", pools[1])] {
        for range in list(of, key)? {
            let end = |at: usize| range.get(at).and_then(Value::as_u64);
            let (from, to) = end(0).zip(end(1)).ok_or("has a range that is none")?;
            if from > to || usize::try_from(to).is_ok_and(|to| to > pool) {
                return Err(format!("has `{key}` outside its pool"));
            }
        }
    }
    let mut open = vec![event];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                let missing =
                    text.strip_prefix(REFERENCE).filter(|key| !attached.contains_key(*key));
                // a text of a model's may look like a reference; one that is as Inspect writes it must be there
                if missing.is_some_and(|key| {
                    key.len() == 32 && key.bytes().all(|b| b.is_ascii_hexdigit())
                }) {
                    return Err(format!("refers to an attachment that is not there: {text}"));
                }
            }
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Ok(())
}

/// A list; empty when there is none.
fn list<'a>(of: &'a Value, key: &str) -> Result<&'a [Value], String> {
    match of.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("has a `{key}` that is no list")),
    }
}

fn map<'a>(of: &'a Value, key: &str) -> Result<&'a Map<String, Value>, String> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match of.get(key) {
        None | Some(Value::Null) => Ok(&NONE),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(format!("has a `{key}` that is no object")),
    }
}

/// Parts of a sample by name; each item with its key, if it has one.
type Parts = Vec<(&'static str, Vec<(Option<String>, Value)>)>;

/// Takes the parts that may be long out of a sample. What is left in their place is empty, so that what was there is put back there.
pub(super) fn take_parts(sample: &mut Value) -> Parts {
    let mut parts = Vec::new();
    for name in PARTS {
        let place = name.split('.').try_fold(&mut *sample, |value, key| value.get_mut(key));
        let items = match place {
            Some(Value::Array(items)) => {
                std::mem::take(items).into_iter().map(|v| (None, v)).collect()
            }
            Some(Value::Object(fields)) => {
                std::mem::take(fields).into_iter().map(|(key, value)| (Some(key), value)).collect()
            }
            _ => continue,
        };
        parts.push((name, items));
    }
    parts
}
