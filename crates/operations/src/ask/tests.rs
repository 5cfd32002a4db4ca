//! Asking over real HTTP: whole, streamed, refused, cut, unreachable.

use super::{Answer, AskError, Credential, Link, ProofKey, Question, ask};
use harness::solver::{Skill, Solver};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn question(base: &str, stream: bool) -> Question {
    Question {
        endpoint: base.to_owned(),
        credential: None,
        model: "scripted".to_owned(),
        system: Some("Be brief.".to_owned()),
        prompt: "Who are you?".to_owned(),
        stream,
        max_tokens: Some(500),
        patience: Duration::from_secs(20),
    }
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("bound"));
    (listener, base)
}

async fn asked(stream: bool) -> (Answer, Vec<String>) {
    let (listener, base) = listener().await;
    let mut pieces = Vec::new();
    let solver = Solver { skill: Skill::Weak, pace: Duration::from_millis(1) };
    let question = question(&base, stream);
    let mut hear = |text: &str| pieces.push(text.to_owned());
    let answer = tokio::select! {
        _ = solver.serve(listener) => panic!("serves for ever"),
        answer = ask(&question, &mut hear) => answer,
    };
    (answer.expect("an answer"), pieces)
}

#[tokio::test]
async fn a_streamed_answer_is_the_whole_one_in_pieces() {
    let (whole, once) = asked(false).await;
    let (streamed, pieces) = asked(true).await;
    assert_eq!(once, std::slice::from_ref(&whole.text));
    assert!(pieces.len() > 1, "{pieces:?}");
    assert_eq!(pieces.concat(), streamed.text);
    assert_eq!(whole.text, streamed.text);
    assert_eq!(whole.completion_tokens, streamed.completion_tokens);
    assert!(whole.completion_tokens > 0 && !whole.text.is_empty());
}

/// Asks a server that answers these bytes to whatever it is asked.
async fn answering(bytes: &'static str) -> (Result<Answer, AskError>, String) {
    let (listener, base) = listener().await;
    let serve = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        stream.write_all(bytes.as_bytes()).await.expect("sent");
        drop(stream);
        std::future::pending::<()>().await;
    };
    let mut heard = String::new();
    let question = question(&base, true);
    let mut hear = |text: &str| heard.push_str(text);
    let answer = tokio::select! {
        () = serve => unreachable!("pending"),
        answer = ask(&question, &mut hear) => answer,
    };
    (answer, heard)
}

#[tokio::test]
async fn a_cut_stream_is_no_answer() {
    const HEAD: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    const PIECE: &str =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one two\"}}]}\n\n";
    let text = Box::leak(format!("{HEAD}{PIECE}").into_boxed_str());
    let (answer, heard) = answering(text).await;
    let error = answer.expect_err("cut");
    assert!(matches!(&error, AskError::Cut { tokens, .. } if *tokens > 0), "{error}");
    assert_eq!((heard.as_str(), error.code()), ("one two", Some("cut")));

    let told = "data: {\"error\":{\"message\":\"the grant was withdrawn\",\"type\":\"permission_error\"}}\n\n";
    let text = Box::leak(format!("{HEAD}{PIECE}{told}").into_boxed_str());
    let (answer, _) = answering(text).await;
    let error = answer.expect_err("cut").to_string();
    assert!(error.contains("the grant was withdrawn"), "{error}");
}

#[tokio::test]
async fn refusals_say_what_the_endpoint_said() {
    let (answer, heard) = answering(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: 83\r\n\r\n\
         {\"error\":{\"message\":\"access was withdrawn\",\"type\":\"permission\",\"code\":\"withdrawn\"}}",
    )
    .await;
    let error = answer.expect_err("refused");
    assert_eq!(error.to_string(), "the endpoint refused (403): access was withdrawn");
    assert_eq!((error.code(), heard.as_str()), (Some("withdrawn"), ""));
}

#[tokio::test]
async fn what_is_not_there_or_no_url() {
    let (listener, base) = listener().await;
    drop(listener);
    let mut deaf = |_: &str| {};
    let error = ask(&question(&base, false), &mut deaf).await.expect_err("gone");
    assert!(matches!(error, AskError::Unreachable { .. }), "{error}");
    let error = ask(&question("ftp://x/v1", false), &mut deaf).await.expect_err("no scheme");
    assert!(matches!(error, AskError::Address { .. }), "{error}");
}

#[test]
fn a_credential_is_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    for (text, good) in [("vst-1234\n", true), ("", false), ("a b", false), ("a\nb", false)] {
        std::fs::write(&path, text).expect("written");
        assert_eq!(Credential::from_file(&path).is_ok(), good, "{text:?}");
    }
    let shown = format!("{:?}", Credential::from_file(&path).err());
    assert!(!shown.contains("a\nb"), "{shown}");
}

/// What a client's key signs is what a gateway takes, through a delegation as well.
#[test]
fn proofs_and_links_are_taken_by_a_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (holder, agent) =
        (ProofKey::make(&path("a.key")).unwrap(), ProofKey::make(&path("b.key")).unwrap());
    assert!(ProofKey::make(&path("a.key")).is_err(), "never over a file that is there");
    assert_eq!(ProofKey::from_file(&path("a.key")).unwrap().jwk(), holder.jwk());
    let thumbprint = |key: &ProofKey| gateway::thumbprint_of(&key.jwk().to_string()).unwrap();
    let token = domain::Digest::of(b"token");
    let now: domain::Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    let url = "https://gateway.example/v1/chat/completions";
    let proof = agent.proof(("POST", url), &token, Some("nonce"), now).unwrap();
    let proof = gateway::Proof::read(&proof).unwrap();
    let about = gateway::Expected {
        method: "POST",
        tls: true,
        host: "gateway.example",
        path: "/v1/chat/completions",
        token: &token,
    };
    assert_eq!((proof.is_about(&about), proof.is_signed()), (Ok(()), Ok(())));
    assert_eq!(proof.thumbprint, thumbprint(&agent));
    let link = holder
        .link(&Link {
            to: thumbprint(&agent),
            token,
            until: now,
            model: Some("model-1".to_owned()),
            endpoints: vec!["messages".to_owned()],
            tokens: Some(100),
        })
        .unwrap();
    let left = gateway::Delegation::read(&link, &token, &proof.thumbprint).unwrap();
    assert_eq!(left.is_signed(), Ok(()));
    assert_eq!((left.root, left.until, left.tokens), (thumbprint(&holder), now, Some(100)));
    let model = "model-1".parse().unwrap();
    assert_eq!(left.allows(&model, access::Endpoint::Messages), Ok(()));
    assert!(left.allows(&model, access::Endpoint::Embeddings).is_err());
}
