//! HTTP: the node's API, the log's static files, the overview page.
//!
//! A handler parses, calls one operation and renders; nothing here decides. Pages need no script.
//! The log's files are served as C2SP tlog-tiles lays them out, so other tools read them unchanged.

mod api;
mod error;
mod pages;
mod router;
mod worklist;

pub use error::Problem;
pub use router::{openapi, router, serve};
pub use worklist::page as worklist_page;
