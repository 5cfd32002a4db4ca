//! One case whole, as a person of any party reads it: where it stands, what nears, the terms, who has access, and how it was kept.

use super::calendar::{Entry, clocks_of, own_plans};
use super::fairness::report;
use super::lineage::lineages;
use super::{Fairness, Library, Lineage, ReviewError, Seen, TermsView, seen, terms_view};
use crate::act::Ctx;
use crate::fold::Ignored;
use access::CaseView;
use domain::{CaseId, PartyId, Timestamp};

/// A case and what is computed from it.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Who looks.
    pub party: PartyId,
    /// When.
    pub as_of: Timestamp,
    /// The case.
    pub view: CaseView,
    /// Clocks that lie ahead, soonest first.
    pub clocks: Vec<Entry>,
    /// The terms in force, with what a machine checks.
    pub terms: Option<TermsView>,
    /// The terms on the table.
    pub proposal: Option<TermsView>,
    /// Who was considered as a partner or defender.
    pub fairness: Fairness,
    /// What was released beside what was measured.
    pub lineages: Vec<Lineage>,
    /// Statements about it without effect.
    pub ignored: Vec<Ignored>,
}

/// A case as this party knows it.
///
/// # Errors
/// A case of which nothing can be read here.
pub async fn overview(ctx: &Ctx, case: &CaseId) -> Result<Overview, ReviewError> {
    let Seen { as_of, reviews, view, ignored } = seen(ctx, case).await?;
    let found = reviews.case(case).map_err(|_| ReviewError::Unknown(case.clone()))?;
    let library = Library::shipped().map_err(ReviewError::Clauses)?;
    Ok(Overview {
        party: ctx.home.id().clone(),
        as_of,
        clocks: clocks_of(&view, &own_plans(ctx)?, as_of),
        terms: view.terms.as_ref().map(|(_, terms)| terms_view(terms, &library)),
        proposal: view.proposal.as_ref().map(|terms| terms_view(terms, &library)),
        fairness: report(found, &view),
        lineages: lineages(&view),
        ignored,
        view,
    })
}
