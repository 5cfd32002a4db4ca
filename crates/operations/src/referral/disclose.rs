//! Showing a sealed statement to somebody who was not among its readers: receipt, payload and salt in one file.

use super::ReferralError;
use crate::act::{ActError, Ctx};
use crate::files::{self, Access};
use domain::{Attested, wire};
use ledger::{LogStatement, Receipt, Trust};
use referral::{Check, Event, Outcome};
use std::path::Path;

/// Most bytes of a disclosed statement.
const LIMIT: u64 = 1 << 20;
/// Most statements of a package.
const MOST: usize = 10_000;
const MAGIC: &str = "vestibule-disclosure/v1";

#[derive(minicbor::Encode, minicbor::Decode)]
struct Disclosure {
    #[n(0)]
    magic: String,
    #[n(1)]
    receipt: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    salt: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    payload: Vec<u8>,
}

/// Writes one statement into the package.
pub(super) async fn write(
    ctx: &Ctx,
    folder: &Path,
    statement: &LogStatement,
) -> Result<(), ReferralError> {
    let Ok(opened) = &statement.content else { return Ok(()) };
    let id = statement.leaf.id();
    let receipt = ctx.reach.receipt(&id).await.map_err(ActError::from)?;
    let receipt = receipt.and_then(|bytes| String::from_utf8(bytes).ok());
    let receipt = receipt.ok_or(ActError::OtherReceipt)?;
    let disclosure = Disclosure {
        magic: MAGIC.to_owned(),
        receipt,
        salt: *opened.salt(),
        payload: opened.payload().to_vec(),
    };
    let name = format!("{:06}-{}.statement", statement.index, statement.leaf.header().kind());
    let bytes = wire::encode(&disclosure);
    Ok(files::write(&folder.join("statements").join(name), &bytes, Access::Private)?)
}

/// Reads every statement of the package, in log order, with a check for each that is not good.
pub(super) fn read_all(
    folder: &Path,
    trust: &Trust,
) -> Result<(Vec<Attested<Event>>, Vec<Check>), ReferralError> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in files::list(&folder.join("statements"), "statement")?.into_iter().take(MOST) {
        match read(&files::read(&path, LIMIT)?, trust) {
            Ok(attested) => good.push(attested),
            Err(reason) => bad.push(Check {
                what: "statement",
                subject: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                outcome: Outcome::Bad(reason),
            }),
        }
    }
    good.sort_by_key(|attested| attested.index);
    Ok((good, bad))
}

fn read(bytes: &[u8], trust: &Trust) -> Result<Attested<Event>, String> {
    let disclosure: Disclosure = wire::decode(bytes).map_err(|e| e.to_string())?;
    if disclosure.magic != MAGIC {
        return Err(format!("it does not begin with `{MAGIC}`"));
    }
    let receipt = Receipt::from_bytes(disclosure.receipt.as_bytes());
    let receipt = receipt.map_err(|e| crate::plain(&e))?;
    let verified = receipt.verify(trust).map_err(|e| crate::plain(&e))?;
    let opened = receipt.leaf().disclosed(&disclosure.salt, &disclosure.payload);
    let event = opened.and_then(|o| o.statement()).map_err(|e| crate::plain(&e))?;
    Ok(Attested {
        event,
        issuer: verified.issuer,
        signers: verified.signers,
        claimed_at: verified.claimed_at,
        index: verified.index,
    })
}
