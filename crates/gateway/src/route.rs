//! The addresses that are forwarded, and in which dialect their clients are answered.

use access::Endpoint;
use http::HeaderMap;
use llm::Call;

/// Whose clients are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Chat completions, embeddings, models.
    OpenAi,
    /// Responses, whose streams name their events.
    Responses,
    /// Messages and token counts.
    Anthropic,
}

/// A call that is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    /// What a grant must name.
    pub(crate) endpoint: Endpoint,
    /// How the body is read.
    pub(crate) call: Call,
    /// The path below the upstream's base.
    pub(crate) path: &'static str,
    /// How the client is answered.
    pub(crate) dialect: Dialect,
}

const fn route(endpoint: Endpoint, call: Call, path: &'static str, dialect: Dialect) -> Route {
    Route { endpoint, call, path, dialect }
}

/// Every call that is forwarded.
pub(crate) const ROUTES: [Route; 5] = [
    route(Endpoint::ChatCompletions, Call::Chat, "/chat/completions", Dialect::OpenAi),
    route(Endpoint::Responses, Call::Responses, "/responses", Dialect::Responses),
    route(Endpoint::Embeddings, Call::Embeddings, "/embeddings", Dialect::OpenAi),
    route(Endpoint::Messages, Call::Messages, "/messages", Dialect::Anthropic),
    route(Endpoint::CountTokens, Call::CountTokens, "/messages/count_tokens", Dialect::Anthropic),
];

impl Route {
    /// The route with this path.
    pub(crate) fn of(path: &str) -> Option<&'static Self> {
        let below = path.strip_prefix("/v1")?;
        ROUTES.iter().find(|route| route.path == below)
    }
}

/// The dialect of whoever asks for `path` with these headers.
pub(crate) fn dialect(path: &str, headers: &HeaderMap) -> Dialect {
    match Route::of(path) {
        Some(route) => route.dialect,
        None if headers.contains_key("anthropic-version") => Dialect::Anthropic,
        None => Dialect::OpenAi,
    }
}
