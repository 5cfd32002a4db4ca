//! The terms matrix at the gateway: for each clause that bounds a request, one that passes and one that is refused, with
//! the clause named. What bounds other acts (partners, recipients) is in the matrix of `access`.

use crate::permits::TOKEN;
use crate::world::{Answer, Client, Setup, World, prompt};
use access::{Content, Endpoint, Recording};
use bytes::Bytes;
use gateway::Durability;
use http::{Method, Request, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

/// One clause: how it is agreed, what the gateway differs in, and two requests.
struct Row {
    clause: &'static str,
    terms: fn(&mut access::Limits),
    passes: Asked,
    refused: Asked,
}

/// A request and the gateway it goes to.
#[derive(Clone, Copy)]
struct Asked {
    path: &'static str,
    body: fn() -> Value,
    durability: Durability,
    /// The terms of its own world, where the clause is told by what they ask for.
    terms: Option<fn(&mut access::Limits)>,
}

const CHAT: &str = "/v1/chat/completions";

fn chat() -> Asked {
    let body = || prompt("plain");
    Asked { path: CHAT, body, durability: Durability::Durable, terms: None }
}

fn of_tokens(body: fn() -> Value) -> Asked {
    Asked { body, ..chat() }
}

fn max(tokens: u64) -> Value {
    let mut body = prompt("plain");
    body["max_tokens"] = json!(tokens);
    body
}

fn rows() -> Vec<Row> {
    let relaxed = Asked { durability: Durability::Relaxed, ..chat() };
    vec![
        Row {
            clause: "endpoints",
            terms: |l| l.endpoints = [Endpoint::ChatCompletions].into(),
            passes: chat(),
            refused: Asked {
                path: "/v1/embeddings",
                body: || json!({"model": "model-1", "input": "hello"}),
                ..chat()
            },
        },
        Row {
            clause: "tokens-per-grant",
            terms: |l| l.tokens_per_grant = 500,
            passes: of_tokens(|| max(100)),
            refused: of_tokens(|| max(1_000)),
        },
        Row {
            clause: "tokens-per-day",
            terms: |l| l.tokens_per_day = Some(300),
            passes: of_tokens(|| max(100)),
            refused: of_tokens(|| max(400)),
        },
        Row {
            clause: "networks",
            terms: |l| l.networks = Some(["127.0.0.0/8".parse().expect("a network")].into()),
            passes: chat(),
            refused: Asked {
                terms: Some(|l| {
                    l.networks = Some(["203.0.113.0/24".parse().expect("a network")].into());
                }),
                ..chat()
            },
        },
        Row {
            clause: "recording",
            terms: |l| l.recording = Some(Recording::Durable),
            passes: chat(),
            refused: relaxed,
        },
        Row {
            clause: "credentials",
            terms: |l| l.credentials = Some([access::Binding::Bearer].into()),
            passes: chat(),
            refused: Asked {
                terms: Some(|l| l.credentials = Some([access::Binding::Certificate].into())),
                ..chat()
            },
        },
        Row {
            clause: "content",
            terms: |l| l.content = Some(Content::Hashed),
            passes: chat(),
            // this gateway has nowhere to keep it
            refused: Asked {
                terms: Some(|l| l.content = Some(Content::Sealed { retention_days: 9 })),
                ..chat()
            },
        },
    ]
}

/// Clauses about a person over all of their grants.
fn of_persons() -> Vec<Row> {
    vec![
        Row {
            clause: "tokens-per-person",
            terms: |l| l.tokens_per_person = Some(300),
            passes: of_tokens(|| max(100)),
            refused: of_tokens(|| max(400)),
        },
        Row {
            clause: "tokens-per-person-per-day",
            terms: |l| l.tokens_per_person_per_day = Some(300),
            passes: of_tokens(|| max(100)),
            refused: of_tokens(|| max(400)),
        },
    ]
}

async fn ask(client: &mut Client, asked: &Asked) -> Answer {
    let body = Bytes::from((asked.body)().to_string());
    let request = Request::builder()
        .method(Method::POST)
        .uri(asked.path)
        .header(header::HOST, "gateway")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .body(Full::new(body));
    client.send(request.expect("a request")).await
}

/// The answer's status and text.
async fn answered(terms: fn(&mut access::Limits), asked: &Asked) -> (StatusCode, String, usize) {
    let terms = asked.terms.unwrap_or(terms);
    // the grant has what the terms allow one grant to have
    let mut limits = access::Limits::new([Endpoint::ChatCompletions].into(), 100_000);
    terms(&mut limits);
    let budget = limits.tokens_per_grant;
    let durability = asked.durability;
    let world = World::with(Setup { terms, budget, durability, ..Setup::default() }).await;
    let mut client = world.connect().await;
    let answer = ask(&mut client, asked).await;
    let status = answer.status;
    let text = answer.with(client).text().await;
    (status, text, world.upstream.seen.count())
}

#[tokio::test]
async fn each_clause_passes_one_request_and_refuses_another_by_name() {
    for Row { clause, terms, passes, refused } in rows().into_iter().chain(of_persons()) {
        let (status, text, forwarded) = answered(terms, &passes).await;
        assert_eq!((status, forwarded), (StatusCode::OK, 1), "{clause}: {text}");
        let (status, text, forwarded) = answered(terms, &refused).await;
        assert!(!status.is_success(), "{clause}: {text}");
        assert_eq!(forwarded, 0, "{clause}: nothing of it reaches the model");
        let refusal: Value = serde_json::from_str(&text).expect("JSON");
        let message = refusal["error"]["message"].as_str().expect("words");
        assert!(message.contains(&format!("(terms: {clause})")), "{clause}: {message}");
    }
}
