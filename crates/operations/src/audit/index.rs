//! The node's index against its log: the committed checkpoint, each statement's row, each draft that waits.

use super::FaultView;
use super::frozen::Frozen;
use super::node::Folder;
use ledger::{CHECKPOINT_PATH, Cursor, Draft, Leaf, LogFiles, Trust, object_path};
use serde::Serialize;
use store::{DATABASE_FILE, Index, IndexFault, IndexFaultKind, IndexPlace};
use tlog::SignedCheckpoint;

/// What the index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct IndexView {
    /// Statements with their places.
    pub statements: u64,
    /// Drafts that wait for signatures.
    pub drafts: u64,
    /// Answered requests that are remembered.
    pub requests: u64,
}

const RESTORE: &str = "stop the node, keep the folder as evidence, restore the newest copy of the folder, and \
                       audit it before the node starts";

/// A fault of the database's bytes.
pub(super) fn bytes(fault: IndexFault) -> FaultView {
    let IndexFault { file, place, kind } = fault;
    let place = match place {
        IndexPlace::File => None,
        IndexPlace::Bytes(from, to) => Some(format!("bytes {from} to {}", to.saturating_sub(1))),
    };
    let (code, what, remedy) = match kind {
        IndexFaultKind::Missing if file == DATABASE_FILE => {
            ("missing", "the file is missing".to_owned(), RESTORE)
        }
        IndexFaultKind::Missing => (
            "missing",
            "the file is missing".to_owned(),
            "a node of an earlier version has none, and its first start writes it; otherwise compare the folder with \
             a copy before starting the node",
        ),
        IndexFaultKind::Sums => (
            "sums",
            "the digests of the database's pages are not as they were written".to_owned(),
            "restore this file from a copy, or compare the database with a copy; starting the node writes it anew",
        ),
        IndexFaultKind::Page { number } => {
            ("page", format!("page {number} is not as it was written: its SHA-256 differs"), RESTORE)
        }
        IndexFaultKind::Tail => (
            "tail",
            "no whole transaction owns these bytes: a write was cut short by a crash, or they were changed".to_owned(),
            "after a crash, start the node, which drops them, and audit again; otherwise keep the folder as evidence",
        ),
        IndexFaultKind::Sqlite(said) => ("sqlite", format!("SQLite says: {said}"), RESTORE),
        IndexFaultKind::Schema(text) => {
            ("schema", format!("its tables are not those of this version: {text}"), RESTORE)
        }
        IndexFaultKind::Row(text) => ("row", text, RESTORE),
    };
    FaultView::new(file, place, code, what, remedy)
}

/// What the rows say, against the log.
pub(super) struct Rows<'a> {
    pub(super) files: &'a Frozen<'a>,
    pub(super) trust: &'a Trust,
    /// Leaves under the checkpoint that the audit began with.
    pub(super) size: u64,
    /// Whether the log itself is sound, so that what it says of keys can be relied on.
    pub(super) sound: bool,
    /// For a log in a bucket: leaves that the database, a copy, has caught up with. Another host may have gone on.
    pub(super) copied: Option<u64>,
}

impl Rows<'_> {
    /// Compares everything.
    pub(super) fn check(&self, folder: &mut Folder<'_>, index: &Index) {
        self.head(folder, index);
        self.statements(folder, index);
        self.drafts(folder, index);
    }

    fn head(&self, folder: &mut Folder<'_>, index: &Index) {
        let row = |code, what: String, remedy| {
            FaultView::new(DATABASE_FILE, Some("table log_head".to_owned()), code, what, remedy)
        };
        let published = self.files.checkpoint();
        let Some(committed) = &index.committed else {
            if published.is_some() {
                let what = "no checkpoint is committed, and one is published".to_owned();
                folder.fault(row("behind", what, RESTORE));
            }
            return;
        };
        let (size, ours) = (self.size, committed.head.size);
        if ours < size {
            let what = format!("{ours} statements are committed, and {size} are published");
            folder.fault(row("behind", what, RESTORE));
        } else if ours > size {
            if folder.is_staged(&committed.head) {
                folder.pending.push(format!("statements {size} to {}", ours.saturating_sub(1)));
            } else if self.files.size_now() <= size {
                let what = format!(
                    "{ours} statements are committed, {size} are published, and nothing is staged"
                );
                folder.fault(row("unpublished", what, RESTORE));
            }
        } else if published != Some(committed.checkpoint.as_slice()) {
            let text = |note: &[u8]| {
                SignedCheckpoint::parse(note).ok().map(|signed| signed.note().text().to_owned())
            };
            let same = published.and_then(text) == text(&committed.checkpoint);
            let now = folder.read(&format!("log/{CHECKPOINT_PATH}"));
            if now.as_deref() != Some(committed.checkpoint.as_slice()) {
                let what = if same { "other signatures" } else { "another text" };
                let what = format!("the committed checkpoint has {what} than the published one");
                let remedy = "start the node, which publishes what is committed, and audit again; if that does not \
                              help, restore the newest copy of the folder";
                folder.fault(row("checkpoint-differs", what, remedy));
            }
        }
    }

    fn statements(&self, folder: &mut Folder<'_>, index: &Index) {
        let committed = index.committed.as_ref().map_or(0, |c| c.head.size);
        let committed = self.copied.unwrap_or(committed);
        let count = index.statements.len() as u64;
        if count != committed {
            let what = format!("{count} rows for a log of {committed} statements");
            folder.fault(statement(None, "rows", what));
        }
        let listed = self.files.list().unwrap_or_default();
        let mut rows = index.statements.iter().peekable();
        for n in 0..self.size.div_ceil(256) {
            for (at, entry) in (n * 256..).zip(self.files.entries(n, self.size)) {
                while rows.next_if(|(_, place)| *place < at).is_some() {}
                let row = rows.next_if(|(_, place)| *place == at);
                let Ok(leaf) = Leaf::from_bytes(&entry) else { continue };
                folder.keeps(&listed, object_path(&leaf.id()), at);
                match row {
                    Some((id, _)) if *id == leaf.id() => {}
                    Some((id, _)) => {
                        let what = format!("the row says {id}, and the log says {}", leaf.id());
                        folder.fault(statement(Some(at), "id", what));
                    }
                    None if self.copied.is_some_and(|copied| at >= copied) => {}
                    None => {
                        let what = format!("there is no row, and the log has {}", leaf.id());
                        folder.fault(statement(Some(at), "row-missing", what));
                    }
                }
            }
        }
    }

    fn drafts(&self, folder: &mut Folder<'_>, index: &Index) {
        if index.drafts.is_empty() {
            return;
        }
        let known = if self.sound { Cursor::read(self.files, self.trust).ok() } else { None };
        let trust = known.as_ref().and_then(|cursor| cursor.trust.as_ref()).unwrap_or(self.trust);
        for stored in &index.drafts {
            let read = Draft::from_bytes(&stored.bytes);
            let checked = read.and_then(|draft| draft.verify(trust).map(|()| draft.id()));
            let what = match checked {
                Ok(id) if id == stored.id => continue,
                Ok(id) => format!("the draft in this row is {id}"),
                Err(error) => crate::plain(&error),
            };
            let place = Some(format!("table draft, row {}", stored.id));
            let remedy = "ask its issuer to offer it again; what is not signed under today's keys is never logged";
            folder.fault(FaultView::new(DATABASE_FILE, place, "draft", what, remedy));
        }
    }
}

fn statement(at: Option<u64>, code: &'static str, what: String) -> FaultView {
    let row = at.map_or_else(String::new, |at| format!(", row of statement {at}"));
    FaultView::new(DATABASE_FILE, Some(format!("table statement{row}")), code, what, RESTORE)
}
