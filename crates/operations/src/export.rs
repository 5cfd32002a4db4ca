//! Receipts in other forms: a bundle for strangers, the bare C2SP proof, DSSE envelopes.

use crate::act::{ActError, Ctx};
use crate::files::{self, Access, FileError};
use crate::folder::Folder;
use data_encoding::BASE64;
use ledger::{Bundle, BundleError, Receipt, ReceiptError};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

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
            other => Err(format!("`{other}` is not a form: bundle, policy or dsse")),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload_type: &'static str,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize)]
struct Signature {
    keyid: String,
    sig: String,
}

/// Writes a receipt of this party in another form, after verifying it with what the log says by now.
///
/// # Errors
/// See [`ExportError`].
pub async fn export(
    ctx: &Ctx,
    receipt: &Path,
    form: Form,
    out: &Path,
) -> Result<Exported, ExportError> {
    let known = ctx.known().await?;
    let receipt = Receipt::from_bytes(&files::read(receipt, LIMIT)?);
    let receipt = receipt.map_err(ExportError::Receipt)?;
    let verified = receipt.verify(&known.trust).map_err(ExportError::Receipt)?;
    let bytes = match form {
        Form::Bundle => {
            let folder = Folder::new(ctx.home.folder().join("log"));
            let made = Bundle::build(&folder, receipt, &known.trust, known.head.size);
            made.map_err(ExportError::Bundle)?.to_bytes()
        }
        Form::Policy => known.trust.policy(verified.grade).unwrap_or_default().into_bytes(),
        Form::Dsse => dsse(&receipt).map_err(ExportError::Receipt)?.into_bytes(),
    };
    files::write(out, &bytes, Access::Shared)?;
    Ok(Exported { file: out.to_owned(), form, bytes: bytes.len() })
}

fn dsse(receipt: &Receipt) -> Result<String, ReceiptError> {
    let mut lines = String::new();
    for ledger::Envelope { payload_type, payload, signatures } in receipt.envelopes()? {
        let signatures = signatures.into_iter();
        let envelope = Envelope {
            payload_type,
            payload: BASE64.encode(&payload),
            signatures: signatures
                .map(|(keyid, sig)| Signature { keyid, sig: BASE64.encode(&sig) })
                .collect(),
        };
        lines += &serde_json::to_string(&envelope).unwrap_or_default();
        lines.push('\n');
    }
    Ok(lines)
}
