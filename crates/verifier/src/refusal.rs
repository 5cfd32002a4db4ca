//! Why something is not believed.

use ledger::{
    BundleError, CoseReceiptError, DsseError, Grade, HeadError, ReceiptError, TrustError,
};
use tlog::PolicyError;

/// Why something is not believed: a stable code, and words that say what, where and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A receipt.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// A bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Fewer vouch for it than was asked for.
    #[error(
        "a {found} receipt, and {wanted} was required; fetch a better one with `vestibule log receipt --refresh` once the witnesses have cosigned"
    )]
    Grade {
        /// The receipt's grade.
        found: Grade,
        /// The one required.
        wanted: Grade,
    },
    /// Roots of trust.
    #[error("the roots of trust")]
    Trust(#[from] TrustError),
    /// Not UTF-8, where a text is asked for.
    #[error("the roots of trust are not UTF-8; copy the file again from where you got it")]
    NotText,
    /// A checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] HeadError),
    /// A COSE Receipt.
    #[error(transparent)]
    Cose(#[from] CoseReceiptError),
    /// A statement's DSSE envelopes.
    #[error("the DSSE envelopes are not believed")]
    Dsse(#[from] DsseError),
    /// A text that is not of DSSE envelopes.
    #[error("not DSSE envelopes, one JSON object a line: {0}")]
    Envelope(String),
    /// What a witness would answer to a checkpoint.
    #[error("a witness answers {status}: {why}")]
    Witness {
        /// The HTTP status.
        status: u16,
        /// Why.
        why: String,
    },
    /// A policy, or a checkpoint that it does not believe.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Something in an open format, in words.
    #[error("{0}")]
    Open(String),
    /// The question itself.
    #[error("the question can't be read: {0}")]
    Question(String),
}

impl Refusal {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Receipt(error) | Self::Bundle(BundleError::Receipt(error)) => of_receipt(error),
            Self::Bundle(BundleError::Change { source, .. }) => of_receipt(source),
            Self::Bundle(BundleError::OtherPolicy | BundleError::Policy(_)) => "policy",
            Self::Bundle(BundleError::Refused { .. } | BundleError::Order(_)) => "changes",
            Self::Bundle(_) => "malformed",
            Self::Grade { .. } => "grade",
            Self::Trust(_) | Self::NotText => "trust",
            Self::Checkpoint(_) => "checkpoint",
            Self::Cose(_) => "cose",
            Self::Dsse(DsseError::Signature(_)) => "signature",
            Self::Dsse(_) | Self::Envelope(_) => "malformed",
            Self::Witness { .. } => "witness",
            Self::Policy(_) => "policy",
            Self::Open(_) => "refused",
            Self::Question(_) => "question",
        }
    }
}

const fn of_receipt(error: &ReceiptError) -> &'static str {
    match error {
        ReceiptError::Inclusion(_) => "inclusion",
        ReceiptError::Checkpoint(_) => "checkpoint",
        ReceiptError::Signature(_) => "signature",
        ReceiptError::NoPath384 => "no-sha384-path",
        ReceiptError::File(_) | ReceiptError::Missing(_) | ReceiptError::NotInLog { .. } => "log",
        ReceiptError::Proof(_)
        | ReceiptError::NoStatement
        | ReceiptError::Malformed(_)
        | ReceiptError::Leaf(_)
        | ReceiptError::Object(_)
        | ReceiptError::Path384
        | ReceiptError::Bundle { .. } => "malformed",
    }
}

/// An error with its causes on one line, each said once.
pub fn plain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}
