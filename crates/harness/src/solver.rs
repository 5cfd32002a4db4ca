//! Scripted solvers behind an endpoint that speaks the wire formats of OpenAI and of Anthropic.
//!
//! A solver sees only the wire: what a request says is all it knows. It holds no seed, and its success is
//! not drawn: three skills differ in how far they go.
//! They stand in for models in tests and in the tour, and say so when asked.

mod answer;
mod general;
mod messages;
mod wire;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use llm::{ChatRequest, ErrorBody};
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use wire::{Reply, WireBody};

/// Most bytes of a request.
const REQUEST_BOUND: usize = 16 << 20;
/// Most connections at a time.
const CONNECTIONS: usize = 4_096;

/// How much a solver can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skill {
    /// Has the families' reference solvers: every dial.
    Strong,
    /// The same with the least effort: dials 1 and 2.
    Middling,
    /// Talks, and hands in what it made up.
    Weak,
}

impl Skill {
    /// Every skill with its name.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Strong, "strong"), (Self::Middling, "middling"), (Self::Weak, "weak")];
}

impl fmt::Display for Skill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(s, _)| s == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Skill {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text).map(|(s, _)| *s);
        known.ok_or_else(|| format!("`{text}` is not a skill; one of: strong, middling, weak"))
    }
}

/// A solver as a service.
#[derive(Debug, Clone, Copy)]
pub struct Solver {
    /// What it can do.
    pub skill: Skill,
    /// The wait between two chunks of a streamed answer.
    pub pace: Duration,
}

/// Serves a solver of this skill, streaming without waits, until the future is dropped.
///
/// # Errors
/// A listener that no longer accepts.
pub async fn serve(listener: TcpListener, skill: Skill) -> io::Result<()> {
    Solver { skill, pace: Duration::ZERO }.serve(listener).await
}

impl Solver {
    /// Serves until the future is dropped; connections end with it.
    ///
    /// # Errors
    /// A listener that no longer accepts.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            while connections.try_join_next().is_some() {}
            if connections.len() >= CONNECTIONS {
                connections.join_next().await;
            }
            let service = service_fn(move |request| self.handle(request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(30))
                .serve_connection(TokioIo::new(stream), service);
            connections.spawn(async move {
                // a client that goes away mid-answer is no error of ours
                let _gone = connection.await;
            });
        }
    }

    async fn handle(self, request: Request<Incoming>) -> Result<Response<WireBody>, Infallible> {
        let (head, body) = request.into_parts();
        Ok(match (&head.method, head.uri.path()) {
            (&Method::GET, "/v1/models") => {
                let id = format!("scripted-{}", self.skill);
                let list = serde_json::json!({"object": "list", "data": [
                    {"id": id, "object": "model", "created": 0, "owned_by": "vestibule"}]});
                json(StatusCode::OK, list.to_string())
            }
            (&Method::POST, "/v1/chat/completions") => match self.chat(body).await {
                Ok(response) => response,
                Err(why) => {
                    let body = ErrorBody::new("invalid_request_error", "bad-request", why);
                    json(StatusCode::BAD_REQUEST, body.to_json())
                }
            },
            (&Method::POST, "/v1/messages") => match self.messages(body).await {
                Ok(response) => response,
                Err(why) => json(StatusCode::BAD_REQUEST, messages::error(&why)),
            },
            _ => {
                let why = "use POST /v1/chat/completions, POST /v1/messages or GET /v1/models";
                let body = ErrorBody::new("invalid_request_error", "no-such-route", why);
                json(StatusCode::NOT_FOUND, body.to_json())
            }
        })
    }

    async fn messages(self, body: Incoming) -> Result<Response<WireBody>, String> {
        let request = messages::read(&whole(body).await?)?;
        let reply = Reply::new(&request, answer::answer(self.skill, &request));
        Ok(json(StatusCode::OK, messages::write(reply.response())))
    }

    async fn chat(self, body: Incoming) -> Result<Response<WireBody>, String> {
        let request: ChatRequest = serde_json::from_slice(&whole(body).await?)
            .map_err(|e| format!("the request is not a chat completion: {e}"))?;
        let reply = Reply::new(&request, answer::answer(self.skill, &request));
        if request.stream == Some(true) {
            return Ok(wire::response(
                StatusCode::OK,
                "text/event-stream",
                WireBody::paced(reply.events(&request), self.pace),
            ));
        }
        Ok(json(StatusCode::OK, reply.whole()))
    }
}

async fn whole(body: Incoming) -> Result<Bytes, String> {
    let body = Limited::new(body, REQUEST_BOUND).collect().await.map_err(|e| e.to_string())?;
    Ok(body.to_bytes())
}

fn json(status: StatusCode, body: String) -> Response<WireBody> {
    wire::response(status, "application/json", WireBody::once(body))
}

#[cfg(test)]
mod tests;
