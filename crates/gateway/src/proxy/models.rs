//! The models of a credential, as either kind of client expects them.

use super::who::{Head, caller};
use super::{Peer, text};
use crate::gate::Gate;
use crate::refused::Refused;
use crate::relay::Reply;
use crate::route::{Dialect, dialect};
use access::Endpoint;
use domain::ModelId;
use http::{Method, Response};
use serde_json::{Value, json};

/// Answers `/v1/models` and `/v1/models/ID`; nothing else is here.
pub(super) fn answer(
    gate: &Gate,
    peer: &Peer,
    head: &Head<'_>,
) -> Result<Response<Reply>, Refused> {
    let (method, path, headers) = (head.method, head.path, head.headers);
    let asked = match path.strip_prefix("/v1/models") {
        Some("") => None,
        Some(rest) if rest.len() > 1 => {
            Some(rest.strip_prefix('/').ok_or(Refused::UnknownAddress)?)
        }
        _ => return Err(Refused::UnknownAddress),
    };
    if method != Method::GET {
        return Err(Refused::Method("GET"));
    }
    let (caller, delegation) = caller(gate, peer, head)?;
    let mut models = gate.authority.models(&caller, gate.clock.now())?;
    if let Some(delegation) = delegation {
        models.retain(|model| delegation.allows(model, Endpoint::Models).is_ok());
    }
    let dialect = dialect(path, headers);
    let body = match asked {
        Some(asked) => {
            let found = models.iter().find(|model| model.as_str() == asked);
            let unknown = || Refused::UnknownModel(asked.chars().take(100).collect());
            one(dialect, found.ok_or_else(unknown)?)
        }
        None => list(dialect, &models),
    };
    Ok(text("application/json", body.to_string()))
}

fn one(dialect: Dialect, model: &ModelId) -> Value {
    match dialect {
        Dialect::Anthropic => json!({"type": "model", "id": model, "display_name": model,
            "created_at": "1970-01-01T00:00:00Z"}),
        Dialect::OpenAi | Dialect::Responses => {
            json!({"id": model, "object": "model", "created": 0, "owned_by": "vestibule"})
        }
    }
}

fn list(dialect: Dialect, models: &[ModelId]) -> Value {
    let data: Vec<_> = models.iter().map(|model| one(dialect, model)).collect();
    match dialect {
        Dialect::Anthropic => json!({"data": data, "has_more": false,
            "first_id": models.first(), "last_id": models.last()}),
        Dialect::OpenAi | Dialect::Responses => json!({"object": "list", "data": data}),
    }
}
