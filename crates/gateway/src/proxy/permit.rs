//! What a request needs before it is written down: a permit, and the tokens for it.

use crate::authority::Caller;
use crate::ceilings::Held;
use crate::delegation::{Delegation, DelegationFault};
use crate::gate::Gate;
use crate::refused::Refused;
use crate::{Cap, Exhausted, Reservation};
use access::{Endpoint, Permit, Refusal, UseRequest};
use domain::{ModelId, Timestamp};
use llm::Skim;

/// A permit and the tokens for it. A request that names no bound is content with what is left.
pub(super) fn permit(
    gate: &Gate,
    (caller, delegation): (&Caller, Option<&Delegation>),
    endpoint: Endpoint,
    skim: &Skim,
    now: Timestamp,
) -> Result<(Permit, Reservation), Refused> {
    let unknown = || Refused::UnknownModel(skim.model.chars().take(100).collect());
    let model: ModelId = skim.model.parse().map_err(|_| unknown())?;
    let answer = skim.max_tokens.unwrap_or(gate.limits.default_answer_tokens);
    let mut asked = answer.saturating_mul(skim.alternatives).saturating_add(skim.prompt_tokens);
    if let Some(delegation) = delegation {
        delegation.allows(&model, endpoint)?;
        let most = delegation.tokens.unwrap_or(asked);
        let fits = asked <= most || (skim.max_tokens.is_none() && most > skim.prompt_tokens);
        if !fits {
            return Err(Refused::Delegation(DelegationFault::Less(
                "so many tokens in one request",
            )));
        }
        asked = asked.min(most);
    }
    let enough = |left: u64| skim.max_tokens.is_none() && left > skim.prompt_tokens;
    let recording = gate.sink.recording();
    let mut request = UseRequest {
        from: caller.from,
        binding: caller.binding,
        second: caller.second,
        recording,
        ..UseRequest::new(model, endpoint, asked)
    };
    let mut permit = gate.authority.permit(&caller.credential, &request, now);
    // what is left of the grant may be more than what is left of the day
    while let Some((left, asked)) = permit.as_ref().err().and_then(Refusal::spent)
        && enough(left)
        && left < asked
    {
        request.tokens = left;
        permit = gate.authority.permit(&caller.credential, &request, now);
    }
    let permit = permit.map_err(|refusal| {
        let not_granted = matches!(refusal, Refusal::ModelNotGranted { .. });
        if not_granted { unknown() } else { Refused::Permit(refusal) }
    })?;
    let least = match skim.max_tokens {
        None => request.tokens.min(skim.prompt_tokens.saturating_add(1)),
        Some(_) => request.tokens,
    };
    let wanted = (skim.prompt_tokens, least, request.tokens);
    let held = gate.set_aside(&permit, wanted, now)?;
    request.tokens = held.as_ref().map_or(request.tokens, Held::tokens);
    let reserve = |tokens| gate.budgets.reserve(permit.grant(), Cap::from(&permit), tokens);
    let mut reservation = reserve(request.tokens);
    if reservation.is_err() {
        // what is on record and counted as spent here too, for a moment, is no reason to refuse
        gate.count_recorded();
        reservation = reserve(request.tokens);
    }
    while let Err(Exhausted { left, needed, .. }) = reservation
        && enough(left)
        && left < needed
    {
        reservation = reserve(left);
    }
    let reservation = reservation?.under(held);
    Ok((permit, reservation))
}
