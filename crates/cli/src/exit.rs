//! Exit codes and how errors are shown: once, in plain words, with their causes.

use measurement::MeasureError;
use operations::act::ActError;
use operations::ask::AskError;
use operations::carry::AppendError;
use operations::defender::DefenderError;
use operations::directive::DirectiveError;
use operations::disclose::DiscloseError;
use operations::draft::DraftError;
use operations::export::ExportError;
use operations::finding::FindingError;
use operations::fold::Refused;
use operations::gate::content::OpeningError;
use operations::gate::{DrillError, GateError};
use operations::home::HomeError;
use operations::http::HttpError;
use operations::key::KeyChangeError;
use operations::node::{Fault, NodeError};
use operations::notice::NoticeError;
use operations::reach::ReachError;
use operations::referral::ReferralError;
use operations::report::ReportError;
use operations::reveal::RevealError;
use operations::review::{DossierError, ReviewError};
use operations::shred::ShredError;
use operations::sync::CopyError;
use std::error::Error;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The answer is no: a check failed, or there is something to fix.
    No,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::No => Self::from(1),
        }
    }
}

/// What an error comes to.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    exit: u8,
    kind: &'static str,
    /// The stable code of a refusal.
    code: Option<String>,
}

/// Prints an error and chooses the exit code.
pub(crate) fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let Verdict { exit, kind, code } = classify(error.as_ref());
    let text = format!("{error:#}");
    if json {
        let body = serde_json::json!({ "error": text, "kind": kind, "code": code });
        eprintln!("{body}");
    } else {
        eprintln!("{kind}: {text}");
    }
    ExitCode::from(exit)
}

fn classify(error: &(dyn Error + 'static)) -> Verdict {
    let mut layer = Some(error);
    while let Some(error) = layer {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return Verdict { exit: 1, kind: "refused", code: Some(refused.code.to_owned()) };
        }
        if let Some(AppendError::Unsigned { .. } | AppendError::Draft { .. }) =
            error.downcast_ref::<AppendError>()
        {
            return Verdict { exit: 1, kind: "refused", code: Some("unsigned".to_owned()) };
        }
        if let Some(ActError::Alone { .. }) = error.downcast_ref::<ActError>() {
            return Verdict { exit: 1, kind: "refused", code: Some("unsigned".to_owned()) };
        }
        if let Some(DrillError::InUse { .. } | DrillError::Closed { .. }) =
            error.downcast_ref::<DrillError>()
        {
            return Verdict { exit: 1, kind: "refused", code: Some("no-drill".to_owned()) };
        }
        if let Some(error) = error.downcast_ref::<OpeningError>()
            && error.is_no()
        {
            return Verdict { exit: 1, kind: "refused", code: Some("not-opened".to_owned()) };
        }
        if let Some(NoticeError::NotClosed(_)) = error.downcast_ref::<NoticeError>() {
            return Verdict { exit: 1, kind: "refused", code: Some("not-closed".to_owned()) };
        }
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return http(error);
        }
        if let Some(error) = error.downcast_ref::<NodeError>() {
            return node(error);
        }
        if let Some(kind) = passing(error) {
            return Verdict { exit: 3, kind, code: None };
        }
        layer = inner(error);
    }
    Verdict { exit: 2, kind: "error", code: None }
}

/// Something in the way now that may be gone later, in one word.
fn passing(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(HomeError::Busy(_)) = error.downcast_ref::<HomeError>() {
        return Some("busy");
    }
    if let Some(AskError::Unreachable { .. }) = error.downcast_ref::<AskError>() {
        return Some("unreachable");
    }
    let measure = error.downcast_ref::<MeasureError>();
    measure.filter(|error| error.is_temporary()).map(|_| "unavailable")
}

fn http(error: &HttpError) -> Verdict {
    match error {
        HttpError::Address { .. } => Verdict { exit: 2, kind: "error", code: None },
        HttpError::Unreachable { .. } => Verdict { exit: 3, kind: "unreachable", code: None },
        HttpError::Refused { status, code, .. } => {
            let (exit, kind) = match status {
                500 => (4, "fault"),
                501.. => (3, "unavailable"),
                _ => (1, "refused"),
            };
            Verdict { exit, kind, code: (!code.is_empty()).then(|| code.clone()) }
        }
    }
}

fn node(error: &NodeError) -> Verdict {
    let (exit, kind) = match error.fault() {
        Fault::Caller | Fault::Conflict => (1, "refused"),
        Fault::Unavailable => (3, "unavailable"),
        Fault::Bug => (4, "fault"),
    };
    Verdict { exit, kind, code: Some(error.code().to_owned()) }
}

/// The next layer of an error. A transparent layer shows its inner error as its own, so that the text comes
/// once, and thereby hides it from `source`: those are opened here.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    macro_rules! open {
        ($($layer:ident::$variant:ident),* $(,)?) => {$(
            if let Some($layer::$variant(inner)) = error.downcast_ref::<$layer>() {
                return Some(inner);
            }
        )*};
    }
    open!(
        ActError::Copy,
        ActError::Home,
        ActError::Reach,
        AppendError::Reach,
        CopyError::Reach,
        DefenderError::Review,
        DossierError::Review,
        DirectiveError::Act,
        DiscloseError::Act,
        DirectiveError::Refused,
        DraftError::Act,
        ExportError::Act,
        DraftError::Refused,
        FindingError::Act,
        FindingError::Refused,
        DrillError::Review,
        GateError::Act,
        GateError::Review,
        KeyChangeError::Act,
        MeasureError::Act,
        MeasureError::Refused,
        NoticeError::Act,
        NoticeError::Refused,
        OpeningError::Act,
        OpeningError::Review,
        ReachError::Http,
        ReachError::Node,
        ReferralError::Act,
        ReferralError::Refused,
        ReportError::Finding,
        ReportError::Notice,
        ReportError::Review,
        RevealError::Act,
        ReviewError::Act,
        ShredError::Act,
        ReviewError::Refused,
    );
    error.source()
}

#[cfg(test)]
mod tests;
