//! One case whole, as a person of any party reads it: where it stands, what nears, the terms, who has access, and how it was kept.

use super::calendar::{Entry, clocks_of, own_plans};
use super::fairness::report;
use super::lineage::lineages;
use super::{
    Fairness, Library, Lineage, ReviewError, TermsView, is_of, reviews, terms_view, view_of,
};
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
    let known = ctx.known().await?;
    let (reviews, mut ignored) = reviews(&known, &known.trust);
    ignored.retain(|ignored| is_of(&known, ignored.index, case));
    let as_of = ctx.clock.now();
    let unknown = |_| ReviewError::Unknown(case.clone());
    let view = view_of(&reviews, case, as_of).map_err(unknown)?;
    let found = reviews.case(case).map_err(unknown)?;
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
