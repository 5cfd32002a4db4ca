//! Receipts in other forms: a bundle for strangers, a C2SP policy, DSSE envelopes, COSE Receipts.

use crate::act::{ActError, Ctx};
use crate::files::{self, Access, FileError};
use crate::folder::Folder;
use ledger::{Bundle, BundleError, CoseSignature, Receipt, ReceiptError, Trust};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use verifier::{CoseReport, DsseReport};

/// Most bytes of a receipt.
const LIMIT: u64 = 2 << 20;

/// A form of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Everything a stranger needs besides the signed roots of trust.
    Bundle,
    /// The C2SP tlog-policy for the receipt's checkpoint.
    Policy,
    /// The statement's signatures as DSSE envelopes, one JSON object a line.
    Dsse,
    /// A COSE Receipt (RFC 9942), signed with EdDSA for this purpose by the log; the leaf that it proves is written
    /// beside it, in a file whose name ends in `.leaf`.
    Cose,
    /// The same, signed with ML-DSA-87.
    CoseMlDsa87,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The file.
    pub file: PathBuf,
    /// Its form.
    pub form: Form,
    /// Its length in bytes.
    pub bytes: usize,
    /// The file with the leaf, which a COSE Receipt does not carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf: Option<PathBuf>,
}

/// Why a receipt could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log or the home.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The receipt.
    #[error("the receipt is not good")]
    Receipt(#[source] ReceiptError),
    /// The node.
    #[error(transparent)]
    Node(#[from] crate::reach::ReachError),
    /// A COSE Receipt.
    #[error("the COSE receipt is not good")]
    Refused(#[from] verifier::Refusal),
    /// DSSE envelopes.
    #[error(transparent)]
    Dsse(verifier::Refusal),
    /// The node does not have the statement.
    #[error("the node has no statement {0}; is it the node of this log?")]
    NotThere(domain::Digest),
    /// The time-stamp token.
    #[error("the time-stamp token")]
    Stamp(#[source] timestamp::TimestampError),
    /// The bundle.
    #[error("the bundle can't be made")]
    Bundle(#[source] BundleError),
}

impl FromStr for Form {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "bundle" => Ok(Self::Bundle),
            "policy" => Ok(Self::Policy),
            "dsse" => Ok(Self::Dsse),
            "cose" => Ok(Self::Cose),
            "cose-ml-dsa-87" => Ok(Self::CoseMlDsa87),
            other => Err(format!(
                "`{other}` is not a form: bundle, policy, dsse, cose or cose-ml-dsa-87"
            )),
        }
    }
}

/// Writes a receipt of this party in another form, after verifying it with what the log says by now. A bundle may carry
/// a time-stamp token of the receipt's checkpoint.
///
/// # Errors
/// See [`ExportError`].
pub async fn export(
    ctx: &Ctx,
    receipt: &Path,
    form: Form,
    stamp: Option<&Path>,
    out: &Path,
) -> Result<Exported, ExportError> {
    let known = ctx.known().await?;
    let receipt = Receipt::from_bytes(&files::read(receipt, LIMIT)?);
    let receipt = receipt.map_err(ExportError::Receipt)?;
    let verified = receipt.verify(&known.trust).map_err(ExportError::Receipt)?;
    let leaf = receipt.leaf_bytes().to_vec();
    let bytes = match form {
        Form::Bundle => {
            let folder = Folder::new(ctx.home.folder().join("log"));
            let made = Bundle::build(&folder, receipt, &known.trust, known.head.size);
            let mut made = made.map_err(ExportError::Bundle)?;
            if let Some(token) = stamp {
                let token = files::read(token, ledger::MAX_STAMP as u64)?;
                timestamp::Token::from_der(&token).map_err(ExportError::Stamp)?;
                made = made.stamped(token).map_err(ExportError::Bundle)?;
            }
            made.to_bytes()
        }
        Form::Policy => known.trust.policy(verified.grade).unwrap_or_default().into_bytes(),
        Form::Dsse => {
            let envelopes = receipt.envelopes().map_err(ExportError::Receipt)?;
            verifier::write_dsse(&envelopes).into_bytes()
        }
        Form::Cose => cose(ctx, &known.trust, &receipt, CoseSignature::EdDsa).await?,
        Form::CoseMlDsa87 => cose(ctx, &known.trust, &receipt, CoseSignature::MlDsa87).await?,
    };
    let beside = match form {
        Form::Cose | Form::CoseMlDsa87 => Some(leaf_beside(out)),
        Form::Bundle | Form::Policy | Form::Dsse => None,
    };
    if let Some(path) = &beside {
        files::write(path, &leaf, Access::Shared)?;
    }
    files::write(out, &bytes, Access::Shared)?;
    Ok(Exported { file: out.to_owned(), form, bytes: bytes.len(), leaf: beside })
}

/// Where the leaf of a COSE Receipt is written: the same name with `.leaf` after it.
fn leaf_beside(receipt: &Path) -> PathBuf {
    let mut name = receipt.as_os_str().to_owned();
    name.push(".leaf");
    PathBuf::from(name)
}

/// Has the log sign a COSE Receipt, and verifies it.
async fn cose(
    ctx: &Ctx,
    trust: &Trust,
    receipt: &Receipt,
    signature: CoseSignature,
) -> Result<Vec<u8>, ExportError> {
    let id = receipt.leaf().id();
    let bytes = ctx.reach.cose(&id, signature).await?.ok_or(ExportError::NotThere(id))?;
    verifier::cose(&bytes, receipt.leaf_bytes(), trust)?;
    Ok(bytes)
}

/// Verifies a COSE Receipt offline; its leaf lies beside it unless `leaf` says where.
///
/// # Errors
/// See [`ExportError`].
pub fn check_cose(
    receipt: &Path,
    leaf: Option<&Path>,
    trust: &Trust,
) -> Result<CoseReport, ExportError> {
    let leaf = leaf.map_or_else(|| leaf_beside(receipt), Path::to_owned);
    let bytes = files::read(receipt, tlog::cose::MAX_COSE_RECEIPT as u64)?;
    let leaf = files::read(&leaf, ledger::MAX_LEAF as u64)?;
    Ok(verifier::cose(&bytes, &leaf, trust)?)
}

/// Verifies a statement's DSSE envelopes offline: who signed it, not that it was logged.
///
/// # Errors
/// See [`ExportError`].
pub fn check_dsse(envelopes: &Path, trust: &Trust) -> Result<DsseReport, ExportError> {
    let bytes = files::read(envelopes, LIMIT)?;
    verifier::dsse(&bytes, trust).map_err(ExportError::Dsse)
}

#[cfg(test)]
mod tests;
