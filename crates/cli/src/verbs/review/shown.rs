//! Reviews as people read them on a terminal.

use access::CaseView;
use operations::fold::Ignored;
use operations::review;
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
        "case {} of {} with {}\n  state     {}\n  status    {}\n  planned   partner release {}\n",
        view.case,
        view.developer,
        view.government,
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
        let now = if w.live { "live" } else { "not live" };
        let (id, from, to) = (&w.window, w.first_access_at, w.ends_at);
        let _ = writeln!(text, "  window    {id} from {from} to {to}, {now}");
    }
    standings(&mut text, view);
    for g in &view.grants {
        let usable = g.stopped.as_ref().map_or_else(|| "usable".to_owned(), ToString::to_string);
        let (id, person, party) = (&g.grant, &g.person, &g.party);
        let (used, of) = (g.used_tokens, g.budget_tokens);
        let _ = writeln!(
            text,
            "  grant     {id} for {person} at {party}: {used} of {of} tokens; {usable}"
        );
    }
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
            let (by, on, outcome) = (&d.authority, d.decided_at.date(), d.outcome);
            let _ = writeln!(text, "  {id}  determined by {by} on {on}: {outcome:?}");
        }
        for (to, at) in &model.releases {
            let _ = writeln!(text, "  {id}  released to {to:?} on {}", at.date());
        }
    }
    for s in &view.snapshots {
        let (model, stage, digest, variant) = (&s.model, s.stage.name(), s.digest, &s.variant);
        let _ = write!(text, "  snapshot  {model} as {stage}: {digest} ({variant})");
        if let Some(parent) = s.derived_from {
            let _ = write!(text, ", from {parent}");
        }
        text.push('\n');
    }
}

fn standings(text: &mut String, view: &CaseView) {
    for s in &view.standings {
        let kind = if s.defender { "defender" } else { "partner" };
        let stands = match (&s.revoked_by, s.until) {
            (Some(by), _) => format!("ended by {by}"),
            (None, Some(until)) => format!("until {until}"),
            (None, None) => "waits for both keys".to_owned(),
        };
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

/// Breaches, destruction, steps about signals, considerations.
fn conduct(text: &mut String, view: &CaseView) {
    for b in &view.breaches {
        let now = match &b.remedied {
            Some(remedy) => format!("remedied: {remedy}"),
            None if b.stops => "open; it stops all uses".to_owned(),
            None => "open".to_owned(),
        };
        let (id, kind, by, about) = (&b.incident, b.kind.name(), &b.by, &b.about);
        let _ = writeln!(text, "  breach    {id}: {kind}, noticed by {by} about {about}; {now}");
        for answer in &b.answers {
            let _ = writeln!(text, "            answered: {answer}");
        }
    }
    for d in &view.destroyed {
        let (what, by, on) = (&d.what, &d.by, d.destroyed_at.date());
        let _ = writeln!(text, "  destroyed {what}, by {by} ({}) on {on}", d.method);
    }
    for a in &view.actions {
        let (grant, rule, step, reason) = (&a.grant, &a.rule, a.step.name(), &a.reason);
        let _ = writeln!(text, "  signal    {rule} on {grant}: {step}; {reason}");
    }
    if !view.considered.is_empty() {
        let count = view.considered.len();
        let _ = writeln!(text, "  considered {count} times; `vestibule review fairness` has them");
    }
}

/// Requests of government.
pub(super) fn requests(all: &[review::Requested]) -> String {
    let mut text = String::new();
    for r in all {
        let _ = writeln!(text, "{:<20} {}", r.case, r.stands);
        for (by, whom, at, why) in &r.requests {
            let _ = writeln!(text, "  {} asked {whom} on {}: {why}", by, at.date());
        }
        for (by, at, why) in &r.declines {
            let why = why.as_deref().unwrap_or("no reason given, and none is needed");
            let _ = writeln!(text, "  {by} declined on {}: {why}", at.date());
        }
    }
    text + &format!(
        "{} cases. A request is a question: a decline or silence has no consequence here, and nothing waits for an answer.",
        all.len()
    )
}
