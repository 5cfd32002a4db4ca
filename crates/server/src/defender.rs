//! The application to the defender programme as a page: no script, no account, and nothing is kept. What is filled in comes back
//! as a file, which the organisation or its sponsor hands in.

use crate::error::Problem;
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use operations::defender::{self, FORM_LIMIT, Ladder};
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "defender.html")]
struct Page {
    ladder: Ladder,
    gaps: Vec<String>,
    given: BTreeMap<String, String>,
}

impl Page {
    fn value(&self, name: &str) -> &str {
        self.given.get(name).map_or("", String::as_str)
    }

    fn chosen(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// What a gap is about, for the link to its field.
    fn field<'g>(&self, gap: &'g str) -> &'g str {
        gap.split([':', ',']).next().unwrap_or("main")
    }
}

/// A page may load our style sheet and send its form here, and nothing else.
const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

fn ladder() -> Result<Ladder, Problem> {
    Ladder::shipped().map_err(|_| Problem::bug())
}

fn page(status: StatusCode, page: &Page) -> Result<Response, Problem> {
    let html = page.render().map_err(|_| Problem::bug())?;
    Ok((status, [POLICY], Html(html)).into_response())
}

/// The empty page; case and developer come with the address of the announcement.
pub(crate) async fn form(RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let bounded = query.get(..query.len().min(2_000)).unwrap_or_default();
    let mut given = defender::page_fields(bounded.as_bytes());
    given.retain(|name, _| matches!(name.as_str(), "case" | "developer" | "tier"));
    page(StatusCode::OK, &Page { ladder: ladder()?, gaps: Vec::new(), given })
}

/// The page that was filled in: the file, or the page again with every gap named.
pub(crate) async fn filled(body: Bytes) -> Result<Response, Problem> {
    if body.len() as u64 > FORM_LIMIT {
        let detail = format!("the form has {} bytes; at most {FORM_LIMIT}", body.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail));
    }
    let ladder = ladder()?;
    match defender::form_from_page(&body, &ladder) {
        Ok(form) => {
            let headers = [
                (header::CONTENT_TYPE, "application/toml; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"application.toml\""),
                POLICY,
            ];
            Ok((headers, defender::written(&form)).into_response())
        }
        Err(gaps) => {
            let given = defender::page_fields(&body);
            page(StatusCode::UNPROCESSABLE_ENTITY, &Page { ladder, gaps, given })
        }
    }
}
