//! Showing results: text for people, JSON for programs.

use anyhow::Context;
use operations::act::Done;
use serde::Serialize;
use std::io::{ErrorKind, IsTerminal, Write};

/// Prints `value` as JSON, or `text`.
pub(crate) fn show<T: Serialize>(
    json: bool,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> anyhow::Result<()> {
    let text = if json { serde_json::to_string(value)? } else { text(value) };
    match writeln!(std::io::stdout().lock(), "{}", without_end(&text)) {
        // whoever read along has seen enough: `vestibule … | head`
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("can't write the answer"),
    }
}

/// A text without the line ends and spaces after it. A tab stays: the column that it ends may be empty.
fn without_end(text: &str) -> &str {
    text.trim_end_matches([' ', '\n'])
}

/// Says what came of a statement.
pub(crate) fn done(json: bool, done: &Done) -> anyhow::Result<()> {
    show(json, done, said)
}

/// What came of a statement, in words.
pub(crate) fn said(done: &Done) -> String {
    match done {
        Done::Logged { index, id, kind, receipt } => {
            format!(
                "logged: {kind}, statement {index}\n  id       {id}\n  receipt  {}",
                receipt.display()
            )
        }
        Done::Carried { id, kind, file } => {
            let file = file.display();
            format!(
                "signed: {kind}, in {file}\n  id     {id}\n  next   where a node can be reached: vestibule log append {file}"
            )
        }
        Done::Waiting(draft) => {
            let then = if draft.still_needed == 0 { "issue" } else { "sign" };
            let whom = format!("{}: vestibule draft {then} {}", draft.waits_for(), draft.id);
            format!("offered: {}\n  id         {}\n  waits for  {whom}", draft.kind, draft.id)
        }
    }
}

/// A bar on the terminal for work of known length; nothing where nobody watches.
pub(crate) fn bar(json: bool, length: u64, what: &str) -> indicatif::ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let style = indicatif::ProgressStyle::with_template("{msg:<28} {bar:30} {pos}/{len} {elapsed}");
    let bar = indicatif::ProgressBar::new(length).with_message(what.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Does long work on a thread of its own under a progress bar; the work tells how much is done, of how much, and what it does now.
pub(crate) async fn counted<T: Send + 'static>(
    json: bool,
    what: &str,
    work: impl FnOnce(&(dyn Fn(usize, usize, &str) + Sync)) -> T + Send + 'static,
) -> anyhow::Result<T> {
    let progress = bar(json, 0, what);
    let shown = progress.clone();
    let done = tokio::task::spawn_blocking(move || {
        work(&|done, total, now| {
            shown.set_length(u64::try_from(total).unwrap_or(u64::MAX));
            shown.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            shown.set_message(now.to_owned());
        })
    });
    let done = done.await;
    progress.finish_and_clear();
    Ok(done?)
}

#[cfg(test)]
mod tests {
    use super::without_end;

    #[test]
    fn an_empty_last_column_stays() {
        for (text, expected) in [("a\tb\t\n", "a\tb\t"), ("a\n\n", "a"), ("a  \n", "a"), ("\n", "")]
        {
            assert_eq!(without_end(text), expected);
        }
    }
}
