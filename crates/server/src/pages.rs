//! Pages for people: read-only, without script, in 320 px, by keyboard.

use crate::api::on_node;
use crate::error::Problem;
use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use operations::node::{DraftView, LeafView, Node, Status};
use std::sync::Arc;

/// How many of the newest statements the overview shows.
const SHOWN: u64 = 50;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    status: Status,
    leaves: Vec<LeafView>,
    drafts: Vec<DraftView>,
}

/// What this node holds: the newest statements by their public side, and drafts that wait.
pub(crate) async fn overview(State(node): State<Arc<Node>>) -> Result<Html<String>, Problem> {
    let page = on_node(node, |node| {
        let status = node.status()?;
        let mut leaves = node.leaves(status.size.saturating_sub(SHOWN), SHOWN)?;
        leaves.reverse();
        Ok(Overview { status, leaves, drafts: node.drafts()? })
    })
    .await?;
    page.render()
        .map(Html)
        .map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", e.to_string()))
}

/// The one style sheet.
pub(crate) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../templates/style.css"))
}
