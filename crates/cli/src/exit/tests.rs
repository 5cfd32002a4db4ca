//! Each exit code of the manual, from an error as an operation gives it.

use super::classify;
use anyhow::Context;
use measurement::MeasureError;
use operations::act::ActError;
use operations::directive::DirectiveError;
use operations::draft::DraftError;
use operations::finding::FindingError;
use operations::fold::Refused;
use operations::home::HomeError;
use operations::http::HttpError;
use operations::node::NodeError;
use operations::notice::NoticeError;
use operations::reach::ReachError;
use operations::report::ReportError;
use operations::review::ReviewError;
use operations::sync::CopyError;

fn check(error: impl Into<anyhow::Error>, exit: u8, code: Option<&str>) {
    let error = Err::<(), _>(error.into()).context("while asked for something").expect_err("it is");
    let verdict = classify(error.as_ref());
    assert_eq!((verdict.exit, verdict.code.as_deref()), (exit, code), "{error:#}");
}

fn refused() -> Refused {
    Refused { code: "window-too-long", detail: "a window of 744 hours is too long".to_owned() }
}

fn unreachable() -> HttpError {
    HttpError::Unreachable { url: "http://127.0.0.1:9".to_owned(), reason: "nobody".to_owned() }
}

fn answered(status: u16, code: &str) -> ActError {
    let url = "http://127.0.0.1:9".to_owned();
    let (code, detail) = (code.to_owned(), "no".to_owned());
    ActError::Reach(HttpError::Refused { url, status, code, detail }.into())
}

#[test]
fn a_rule_that_refuses_is_1() {
    check(refused(), 1, Some("window-too-long"));
    check(ReviewError::Refused(refused()), 1, Some("window-too-long"));
    check(DirectiveError::Refused(refused()), 1, Some("window-too-long"));
    check(DraftError::Refused(refused()), 1, Some("window-too-long"));
    check(NoticeError::Refused(refused()), 1, Some("window-too-long"));
    check(FindingError::Refused(refused()), 1, Some("window-too-long"));
    check(MeasureError::Refused(refused()), 1, Some("window-too-long"));
    check(ReportError::Review(ReviewError::Refused(refused())), 1, Some("window-too-long"));
}

#[test]
fn a_node_that_refuses_is_1() {
    check(ReviewError::Act(answered(409, "position-taken")), 1, Some("position-taken"));
    check(ActError::Reach(ReachError::Node(NodeError::NotOffered)), 1, Some("not-offered"));
}

#[test]
fn wrong_arguments_are_2() {
    check(anyhow::anyhow!("no such file"), 2, None);
    let url = "ftp://127.0.0.1".to_owned();
    check(HttpError::Address { url, reason: "odd".to_owned() }, 2, None);
}

#[test]
fn what_passes_is_3() {
    let copy = |error: HttpError| ActError::Copy(CopyError::Reach(error.into()));
    check(ReviewError::Act(copy(unreachable())), 3, None);
    check(ActError::Reach(unreachable().into()), 3, None);
    check(DirectiveError::Act(answered(503, "clock-ahead")), 3, Some("clock-ahead"));
    check(MeasureError::Act(copy(unreachable())), 3, None);
    check(MeasureError::Busy("lab".into()), 3, None);
    check(ReportError::Finding(FindingError::Act(copy(unreachable()))), 3, None);
    check(ActError::Home(HomeError::Busy("lab".into())), 3, None);
}

#[test]
fn a_bug_is_4() {
    check(NoticeError::Act(answered(500, "abandoned")), 4, Some("abandoned"));
    check(ReachError::Node(NodeError::Abandoned), 4, Some("abandoned"));
}
