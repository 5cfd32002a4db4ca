//! Receipts: verifying them offline, in every form, and making a party's own better.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{self, show};
use domain::PartyId;
use ledger::{Grade, Profile};
use operations::{audit, files, home};
use std::path::{Path, PathBuf};

/// Brings this party's own receipts up to the best grade.
pub(super) async fn refresh(global: &Global) -> anyhow::Result<Exit> {
    let done = operations::refresh::refresh(&global.ctx()?).await?;
    show(global.json, &done, |d| {
        let mut text = String::new();
        for path in &d.better {
            text += &format!("better: {}\n", path.display());
        }
        text + &format!(
            "{} receipts are better now, {} wait for more witnesses",
            d.better.len(),
            d.waiting.len()
        )
    })?;
    Ok(Exit::Done)
}

/// Verifies receipts and bundles, and says of each what it proves.
pub(super) fn verify(
    global: &Global,
    paths: &[PathBuf],
    (trust, log): (&Path, Option<&Path>),
    (require, profile): (Grade, Option<Profile>),
) -> anyhow::Result<Exit> {
    let mut trust = home::read_trust(trust)?;
    if let Some(log) = log {
        trust = audit::learn(&trust, log)?;
    }
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files::list(path, "receipt")?);
        } else {
            found.push(path.clone());
        }
    }
    let bar = output::bar(global.json, found.len() as u64, "verifying receipts");
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in &found {
        match audit::receipt(path, &trust, require, profile) {
            Ok(view) => good.push(view),
            Err(error) => bad.push(format!("{:#}", anyhow::Error::from(error))),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let all = serde_json::json!({ "verified": good, "refused": bad });
    show(global.json, &all, |_| {
        let mut text = String::new();
        for r in good.iter().map(|view| &view.proven) {
            let signers: Vec<_> = r.signers.iter().map(ToString::to_string).collect();
            text += &format!(
                "{:>5}  {:<24} {:<28} {} bytes, {}\n",
                r.index,
                r.kind,
                signers.join("+"),
                r.bytes,
                r.grade
            );
            let who: Vec<_> = r.cosigned.iter().map(|c| c.party.to_string()).collect();
            if let Some(at) = r.existed_by {
                text += &format!("       existed by {at}, cosigned for {}\n", who.join("+"));
            }
        }
        for line in &bad {
            text += &format!("refused: {line}\n");
        }
        text + &format!("{} receipts verified, {} refused", good.len(), bad.len())
    })?;
    Ok(if bad.is_empty() { Exit::Done } else { Exit::No })
}

/// Checks a COSE Receipt.
pub(super) fn cose(
    receipt: &Path,
    leaf: Option<&Path>,
    trust: &Path,
    global: &Global,
) -> anyhow::Result<Exit> {
    let proven = operations::export::check_cose(receipt, leaf, &home::read_trust(trust)?)?;
    show(global.json, &proven, |p| {
        format!(
            "statement {} of {}, {}, is under the root that the log signed with {}; {} bytes\n  root  {}",
            p.index, p.size, p.kind, p.algorithm, p.bytes, p.root
        )
    })?;
    Ok(Exit::Done)
}

/// Checks a statement's DSSE envelopes.
pub(super) fn dsse(envelopes: &Path, trust: &Path, global: &Global) -> anyhow::Result<Exit> {
    let proven = operations::export::check_dsse(envelopes, &home::read_trust(trust)?)?;
    show(global.json, &proven, |p| {
        let signers: Vec<_> = p.signers.iter().map(PartyId::as_str).collect();
        let signers = signers.join(", ");
        format!("{}, stated {}, is signed by {signers}\n  id    {}", p.kind, p.claimed_at, p.id)
    })?;
    Ok(Exit::Done)
}
