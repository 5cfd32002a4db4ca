//! A case as JSON, for pages, files and API answers.

use super::lineage::lineages;
use access::{
    Account, AdmissionView, AssessmentPublication, AssessmentSharing, Audience, Basis, BreachView,
    CaseView, Consideration, Destruction, Gives, GrantView, ModelView, Outcome, ProgrammeView,
    Right, SignalAction, Snapshot, WindowView,
};
use serde_json::{Value, json};

/// A case as JSON.
pub fn case_json(view: &CaseView) -> Value {
    let shared: Vec<_> = view.shared.iter().map(|s| json!([s.by, s.report])).collect();
    json!({
        "case": view.case,
        "developer": view.developer,
        "government": view.government,
        "question": view.question,
        "state": view.state,
        "statuses": view.statuses.iter().map(|s| s.name()).collect::<Vec<_>>(),
        "planned_partner_release_at": view.planned_partner_release_at,
        "models": view.models.iter().map(model).collect::<Vec<_>>(),
        "terms_proposed": view.proposal.as_ref().map(|t| json!({ "id": t.id, "digest": t.digest() })),
        "terms": view.terms.as_ref().map(|(digest, t)| json!({ "id": t.id, "digest": digest })),
        "acknowledged": view.acknowledged,
        "windows": view.windows.iter().map(window).collect::<Vec<_>>(),
        "standings": view.standings.iter().map(standing).collect::<Vec<_>>(),
        "grants": view.grants.iter().map(grant).collect::<Vec<_>>(),
        "recused": view.recused,
        "removed_organisations": view.removed,
        "removed_persons": view.removed_persons,
        "shared": shared,
        "sharings": view.shared.iter().map(sharing).collect::<Vec<_>>(),
        "publications": view.published.iter().map(publication).collect::<Vec<_>>(),
        "breaches": view.breaches.iter().map(breach).collect::<Vec<_>>(),
        "snapshots": view.snapshots.iter().map(snapshot).collect::<Vec<_>>(),
        "lineages": lineages(view),
        "destroyed": view.destroyed.iter().map(destruction).collect::<Vec<_>>(),
        "actions": view.actions.iter().map(action).collect::<Vec<_>>(),
        "considered": view.considered.iter().map(consideration).collect::<Vec<_>>(),
        "external_orders": view.external_orders,
        "requests": view.requests,
        "declines": view.declines,
        "note": "a status is no entitlement and nothing here can block a release (EO 14409 §3(c), §5(c))",
    })
}

fn model(view: &ModelView) -> Value {
    let determinations: Vec<_> = view
        .determinations
        .iter()
        .map(|d| {
            json!({
                "reference": d.reference, "authority": d.authority, "outcome": outcome(d.outcome),
                "benchmark": d.benchmark, "consultees": d.consultees, "decided_at": d.decided_at,
                "account": d.account.as_ref().map(account),
                "handling": d.handling, "superseded_by": d.superseded_by, "withdrawn": d.withdrawn,
            })
        })
        .collect();
    let releases: Vec<_> =
        view.releases.iter().map(|(to, at)| json!({ "to": audience(*to), "at": at })).collect();
    json!({
        "model": view.model, "withdrawn": view.withdrawn,
        "determinations": determinations, "releases": releases,
    })
}

fn account(account: &Account) -> Value {
    json!({
        "decided_by": account.decided_by, "declared": account.declared,
        "containment": account.containment, "memo": account.memo, "document": account.document,
    })
}

fn window(view: &WindowView) -> Value {
    json!({
        "window": view.window, "models": view.models, "first_access_at": view.first_access_at,
        "ends_at": view.ends_at, "closed": view.closed, "withdrawn": view.withdrawn, "live": view.live,
    })
}

fn sharing(word: &AssessmentSharing) -> Value {
    json!({
        "by": word.by, "recipients": word.recipients, "report": word.report,
        "handling": word.handling, "item": word.item,
    })
}

fn publication(word: &AssessmentPublication) -> Value {
    json!({
        "by": word.by, "report": word.report, "handling": word.handling, "place": word.place,
        "agreed_by": word.agreed_by, "item": word.item,
    })
}

fn breach(view: &BreachView) -> Value {
    json!({
        "incident": view.incident, "by": view.by, "about": view.about, "kind": view.kind.name(),
        "account": view.account, "occurred_at": view.occurred_at, "aware_at": view.aware_at, "stops_uses": view.stops,
        "answers": view.answers, "remedied": view.remedied, "first_steps": view.kind.steps(),
    })
}

fn snapshot(bound: &Snapshot) -> Value {
    json!({
        "model": bound.model, "digest": bound.digest, "stage": bound.stage.name(),
        "variant": bound.variant, "derived_from": bound.derived_from,
    })
}

fn destruction(word: &Destruction) -> Value {
    json!({
        "by": word.by, "person": word.person, "what": word.what, "digest": word.digest,
        "method": word.method, "destroyed_at": word.destroyed_at,
    })
}

fn action(action: &SignalAction) -> Value {
    json!({
        "grant": action.grant, "rule": action.rule, "evidence": action.evidence,
        "step": action.step.name(), "person": action.person, "reason": action.reason,
    })
}

fn consideration(word: &Consideration) -> Value {
    json!({
        "by": word.by, "candidate": word.candidate, "cohort": word.cohort, "rule": word.rule,
        "criteria": word.criteria, "forward": word.forward, "reason": word.reason,
        "person": word.person, "declared": word.declared,
    })
}

fn standing(view: &AdmissionView) -> Value {
    json!({
        "nomination": view.nomination, "party": view.party,
        "as": if view.defender { "defender" } else { "partner" },
        "models": view.models, "conflicts": view.conflicts, "until": view.until,
        "revoked_by": view.revoked_by,
        "programme": view.programme.as_ref().map(programme),
    })
}

/// An application to the defender programme as JSON.
pub fn programme(view: &ProgrammeView) -> Value {
    let e = &view.enrolment;
    let systems = e.systems.iter().map(|system| match &system.right {
        Right::Owns => json!({ "name": system.name, "right": "owns" }),
        Right::MayTest(by) => json!({ "name": system.name, "right": "may-test", "allowed_by": by }),
    });
    let verified = view.verified.iter().map(|v| {
        json!({
            "by": v.by, "person": v.person, "method": v.method, "evidence": v.evidence,
            "verified_at": v.verified_at,
        })
    });
    let tier = view.tier.as_ref().map(|(tier, starts_at)| {
        let gives = match &tier.gives {
            Gives::FindingsAndPatches => json!("findings-and-patches"),
            Gives::Model(a) => json!({
                "models": a.models, "tokens_per_grant": a.tokens_per_grant,
                "endpoints": a.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>(),
            }),
        };
        json!({ "name": tier.name, "ladder": tier.ladder, "gives": gives, "starts_at": starts_at })
    });
    json!({
        "organisation": e.organisation, "sector": e.sector, "size": e.size,
        "sponsored": e.sponsored, "systems": systems.collect::<Vec<_>>(), "asks_for": e.tier,
        "reason": e.reason, "verified": verified.collect::<Vec<_>>(), "tier": tier,
    })
}

fn grant(view: &GrantView) -> Value {
    let stopped = view.stopped.as_ref();
    json!({
        "grant": view.grant, "basis": basis(&view.basis), "model": view.model, "party": view.party,
        "person": view.person, "starts_at": view.starts_at, "ends_at": view.ends_at,
        "endpoints": view.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "approvers": view.approvers, "budget_tokens": view.budget_tokens,
        "used_tokens": view.used_tokens, "used_requests": view.used_requests,
        "usable": stopped.is_none(),
        "why_not": stopped.map(|r| json!({ "code": r.code(), "detail": r.to_string() })),
    })
}

fn basis(basis: &Basis) -> String {
    match basis {
        Basis::Window(id) => format!("window:{id}"),
        Basis::Partner(id) => format!("partner:{id}"),
        Basis::Defender(id) => format!("defender:{id}"),
    }
}

/// A determination's outcome by its name.
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Covered => "covered",
        Outcome::NotCovered => "not-covered",
        Outcome::Undetermined => "undetermined",
    }
}

/// An audience by its name.
pub const fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Partners => "partners",
        Audience::Limited => "limited",
        Audience::Public => "public",
        Audience::OpenWeights => "open-weights",
    }
}
