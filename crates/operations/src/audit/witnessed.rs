//! The cosigned checkpoint: each line is one of a cosigner that the roots of trust or `witnesses.toml` name, and good.
//!
//! Whether the checkpoint is a beginning of the log is the ledger's to check. A checkpoint in the database is compared
//! byte by byte; this one is in no other place, so a line that nobody can check would hide a changed byte.

use super::FaultView;
use super::node::Folder;
use crate::node::cosigners::config;
use ledger::{Trust, WITNESSED_PATH};
use tlog::{SignedCheckpoint, VerifierKey};

pub(super) fn check(folder: &mut Folder<'_>, trust: &Trust) {
    let file = format!("log/{WITNESSED_PATH}");
    let Some(note) = folder.read(&file) else { return };
    // a malformed one is a fault of the log already
    let Ok(signed) = SignedCheckpoint::parse(&note) else { return };
    let named = match config::read(folder.path()) {
        Ok(named) => named.unwrap_or_default(),
        Err(error) => {
            let remedy = "put it in order; until then the node does not start";
            let what = crate::plain(&error);
            return folder.fault(FaultView::new(config::FILE, None, "malformed", what, remedy));
        }
    };
    let mut keys: Vec<VerifierKey> = named.into_iter().flat_map(|c| c.cosigner.keys).collect();
    for witness in trust.witnesses() {
        keys.push(witness.vkey.clone());
        keys.extend(witness.cnsa.clone());
    }
    keys.extend(
        [trust.log().vkey(), trust.log().cnsa_vkey()].iter().filter_map(|k| k.parse().ok()),
    );
    let text = signed.note().text();
    for line in signed.note().signatures() {
        let key = keys.iter().find(|key| *key.name() == line.name && key.id() == line.id);
        let (code, what) = match key {
            Some(key) if key.verify(text, &line.signature).is_some() => continue,
            Some(_) => ("cosignature", "this cosignature is not good"),
            None => (
                "unknown-cosigner",
                "neither the roots of trust nor `witnesses.toml` name this key",
            ),
        };
        let remedy = "find out who signed there; the node publishes the file anew with the next cosigned checkpoint";
        let place = Some(format!("the line of {}", line.name));
        folder.fault(FaultView::new(&file, place, code, what.to_owned(), remedy));
    }
}
