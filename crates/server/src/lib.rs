//! HTTP: the node's API, the log's static files, the overview page.
//!
//! A handler parses, calls one operation and renders; nothing here decides. Pages need no script.
//! The log's files are served as C2SP tlog-tiles lays them out, so other tools read them unchanged.

mod api;
mod case;
mod defender;
mod dossier;
mod error;
mod memo;
mod mirror;
mod pages;
mod router;
mod signals;
mod usage;
mod witness;
mod worklist;

pub use case::page as case_page;
pub use dossier::page as dossier_page;
pub use error::Problem;
pub use memo::{page as memo_page, typst as memo_typst};
pub use mirror::{mirror_router, serve_mirror};
pub use router::{openapi, router, serve};
pub use signals::page as signals_page;
pub use usage::page as usage_page;
pub use witness::{serve_witness, witness_router};
pub use worklist::page as worklist_page;
