//! Reviews as people read them on a terminal.

use access::CaseView;
use operations::fold::Ignored;
use operations::review::{self, told};
use std::fmt::Write as _;

/// The queue of a determiner.
pub(super) fn queue(queue: &[review::Queued]) -> String {
    let mut text = String::new();
    for q in queue {
        let stands = match q.stands {
            review::Stands::Ready => "ready",
            review::Stands::Again => "determined before its last run",
            review::Stands::Awaiting => "awaiting evidence",
            review::Stands::Determined => "determined",
        };
        let plan = q.planned_partner_release_at.date();
        text +=
            &format!("{:<20} {:<20} {stands}; partner release planned {plan}\n", q.case, q.model);
        for (run, state, verdict) in &q.runs {
            text +=
                &format!("  run {run}: {state}, {}\n", verdict.as_deref().unwrap_or("no verdict"));
        }
        for person in &q.recused {
            text += &format!("  recused: {person}\n");
        }
    }
    text + &format!("{} models. Nothing here holds up a release.", queue.len())
}

/// One case.
pub(super) fn case(view: &CaseView, ignored: &[Ignored]) -> String {
    let statuses: Vec<_> = view.statuses.iter().map(|s| s.name()).collect();
    let mut text = format!(
        "case {} of {} with {}\n  asks      {}\n  models    {}\n  state     {}\n  status    {}\n  planned   partner release {}\n",
        view.case,
        view.developer,
        view.government,
        view.question,
        listed(view.models.iter().map(|model| &model.model)),
        view.state,
        statuses.join(", "),
        view.planned_partner_release_at
    );
    models(&mut text, view);
    if let Some(terms) = &view.proposal {
        let (id, digest) = (&terms.id, terms.digest());
        let _ = writeln!(text, "  proposed  terms {id}, digest {digest}");
    }
    if let Some((digest, terms)) = &view.terms {
        let _ = writeln!(text, "  terms     {} in force, digest {digest}", terms.id);
        for (party, person) in &view.acknowledged {
            let _ = writeln!(text, "  read by   {person} of {party}");
        }
    }
    for w in &view.windows {
        let now = match &w.closed {
            _ if w.live => "live".to_owned(),
            _ if w.withdrawn => "withdrawn by the developer".to_owned(),
            Some((by, at)) => format!("ended by {by} at {at}"),
            None => "not live".to_owned(),
        };
        let (id, from, to) = (&w.window, w.first_access_at, w.ends_at);
        let _ = writeln!(text, "  window    {id} from {from} to {to}, {now}");
    }
    standings(&mut text, view);
    for (party, person) in &view.recused {
        let _ = writeln!(text, "  recused   {person} of {party} decides nothing in this case");
    }
    for (party, person) in &view.removed_persons {
        let _ = writeln!(text, "  removed   {person} of {party} lost all access in this case");
    }
    for g in &view.grants {
        let usable = g.stopped.as_ref().map_or_else(|| "usable".to_owned(), ToString::to_string);
        let (id, person, party) = (&g.grant, &g.person, &g.party);
        let (used, of) = (g.used_tokens, g.budget_tokens);
        let _ = writeln!(
            text,
            "  grant     {id} for {person} at {party}: {used} of {of} tokens; {usable}"
        );
    }
    assessments(&mut text, view);
    conduct(&mut text, view);
    if view.requests + view.declines + view.external_orders > 0 {
        let (requests, declines, orders) = (view.requests, view.declines, view.external_orders);
        let _ = writeln!(
            text,
            "  beside    {requests} requests of government, {declines} declines, {orders} orders under other law; nothing follows from them here"
        );
    }
    for i in ignored {
        let _ = writeln!(text, "  ignored   statement {} ({}): {}", i.index, i.kind, i.detail);
    }
    text + "A status is no entitlement, and nothing here can block a release (EO 14409 §3(c), §5(c)).\n"
}

fn models(text: &mut String, view: &CaseView) {
    for model in &view.models {
        let id = &model.model;
        if model.withdrawn {
            let _ = writeln!(text, "  {id}  access withdrawn by the developer");
        }
        for d in &model.determinations {
            let _ = writeln!(text, "  {id}  {}", told::determination(d));
        }
        for release in &model.releases {
            let _ = writeln!(text, "  {id}  {}", told::release(*release));
        }
    }
    for s in &view.snapshots {
        let _ = writeln!(text, "  snapshot  {}", told::snapshot(s));
    }
    for lineage in review::lineages(view) {
        let _ = writeln!(text, "  lineage   {lineage}");
    }
}

fn listed<T: ToString>(of: impl Iterator<Item = T>) -> String {
    of.map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}

fn standings(text: &mut String, view: &CaseView) {
    for s in &view.standings {
        let kind = if s.defender { "defender" } else { "partner" };
        let stands = told::standing(s);
        let _ = write!(text, "  {kind:<9} {} as {}: {stands}", s.party, s.nomination);
        if let Some(p) = &s.programme {
            let verified = p.verified.len();
            let tier = p.tier.as_ref().map_or("no tier yet", |(tier, _)| tier.name.as_str());
            let _ =
                write!(text, "; {}, {tier}, verified {verified} times", p.enrolment.organisation);
        }
        text.push('\n');
    }
    for party in &view.removed {
        let _ = writeln!(text, "  removed   {party} lost all access in this case");
    }
}

/// Assessments: to whom they went, and where they are public.
fn assessments(text: &mut String, view: &CaseView) {
    for s in &view.shared {
        let _ = writeln!(text, "  shared    {}", told::sharing(s));
    }
    for p in &view.published {
        let _ = writeln!(text, "  published {}", told::publication(p));
    }
}

/// Breaches, destruction, steps about signals, considerations.
fn conduct(text: &mut String, view: &CaseView) {
    for b in &view.breaches {
        let _ = writeln!(text, "  breach    {}", told::breach(b));
        let since = b.occurred_at.map_or_else(String::new, |at| format!("since {at}, "));
        let _ = writeln!(text, "            {since}known at {}: {}", b.aware_at, b.account);
        for answer in &b.answers {
            let _ = writeln!(text, "            answered: {answer}");
        }
    }
    for d in &view.destroyed {
        let _ = writeln!(text, "  destroyed {}", told::destruction(d));
    }
    for a in &view.actions {
        let _ = writeln!(text, "  signal    {}", told::action(a));
    }
    if !view.considered.is_empty() {
        let count = view.considered.len();
        let _ = writeln!(text, "  considered {count} times; `vestibule review fairness` has them");
    }
}

/// What a party outside a case can read of it.
pub(super) fn heard(case: &domain::CaseId, all: &[review::Heard]) -> String {
    let mut text = format!(
        "case {case}: this party is outside it, so it can tell what was said and not how it stands\n"
    );
    for h in all {
        let _ = writeln!(text, "  {} {} by {}", h.claimed_at, h.kind, listed(h.signers.iter()));
        for field in
            h.says.iter().filter(|field| !["case", "proposal"].contains(&field.name.as_str()))
        {
            let _ = writeln!(text, "    {:<24} {}", field.name, field.value);
        }
    }
    text + "What counts of it is judged by those who can read the whole case; a status is no entitlement (EO 14409 §5(c)).\n"
}

/// Requests of government.
pub(super) fn requests(all: &[review::Requested]) -> String {
    let mut text = String::new();
    for r in all {
        let _ = writeln!(text, "{:<20} {}", r.case, r.stands);
        for review::Request { by, developer, at, reason } in &r.requests {
            let _ = writeln!(text, "  {by} asked {developer} on {}: {reason}", at.date());
        }
        for review::Declined { by, at, reason } in &r.declines {
            let why = reason.as_deref().unwrap_or("no reason given, and none is needed");
            let _ = writeln!(text, "  {by} declined on {}: {why}", at.date());
        }
    }
    text + &format!(
        "{} in all. A request is a question: a decline or silence has no consequence here, and nothing waits for an answer.",
        all.len()
    )
}
