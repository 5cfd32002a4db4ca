//! The API over a real listener, and the pages as a browser would get them.
use super::*;
use operations::ctx::{SystemClock, SystemRandom};
use operations::home::Home;
use operations::http::{Http, HttpError};

mod edges;

struct Host {
    folder: tempfile::TempDir,
    http: Http,
    address: std::net::SocketAddr,
    stop: tokio::sync::oneshot::Sender<()>,
}

async fn host() -> Host {
    let folder = tempfile::tempdir().unwrap();
    let node = folder.path().join("node");
    operations::node::create(&node, "log.example/test", &SystemRandom).unwrap();
    let lab = folder.path().join("lab");
    let party = operations::home::party("lab", "Example lab", &["developer".into()]).unwrap();
    Home::create(&lab, party, &SystemRandom).unwrap();
    let trust = operations::trust::assemble(&node.join("log.vkey"), &[lab]).unwrap();
    operations::trust::write(&trust, &node.join("trust.toml")).unwrap();
    let node = Arc::new(Node::open(&node, Arc::new(SystemClock)).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let http = Http::new(&format!("http://{address}")).unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let until = async {
        let _ = stopped.await;
    };
    #[expect(clippy::disallowed_methods, reason = "a test's own server")]
    tokio::spawn(serve(listener, node, until));
    Host { folder, http, address, stop }
}

#[tokio::test]
async fn answers_what_is_there_and_names_what_is_not() {
    let host = host().await;
    for (path, shows) in [
        ("/healthz", "ok"),
        ("/", "An append-only log of signed statements"),
        ("/style.css", "font"),
        ("/defender?case=case-7&developer=lab", "value=\"case-7\""),
        ("/openapi.json", "\"openapi\":\"3.1"),
        ("/api/v1/status", "\"size\":0"),
        ("/api/v1/statements?from=0&limit=5", "[]"),
        ("/api/v1/drafts", "[]"),
        ("/log/checkpoint", "log.example/test\n0\n"),
    ] {
        let body =
            host.http.get(path).await.unwrap().unwrap_or_else(|| panic!("{path} is missing"));
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(body.contains(shows), "{path}: {body}");
    }
    let none = "0".repeat(64);
    let cose = |algorithm: &str| format!("/api/v1/statements/{none}/cose/{algorithm}");
    assert!(host.http.get(&cose("eddsa")).await.unwrap().is_none());
    let HttpError::Refused { status, code, .. } = host.http.get(&cose("rs256")).await.unwrap_err()
    else {
        panic!("not refused")
    };
    assert_eq!((status, code.as_str()), (400, "bad-algorithm"));
    for path in ["/log/../node.db", "/log/tile/0/000", "/nothing", "/api/v1/nothing"] {
        assert!(host.http.get(path).await.unwrap().is_none(), "{path}");
    }
    host.stop.send(()).unwrap();
}

#[tokio::test]
async fn refusals_are_problem_documents() {
    let host = host().await;
    let junk = host.http.post("/api/v1/statements", "junk".into()).await.unwrap_err();
    match junk {
        HttpError::Refused { status, code, detail, .. } => {
            assert_eq!((status, code.as_str()), (422, "malformed"), "{detail}");
        }
        other => panic!("{other}"),
    }
    let huge = vec![0; 3 << 20];
    let huge = host.http.post("/api/v1/statements", huge.into()).await.unwrap_err();
    assert!(matches!(huge, HttpError::Refused { status: 413, .. }), "{huge}");
    let odd = host.http.get("/api/v1/statements?from=x").await.unwrap_err();
    assert!(matches!(odd, HttpError::Refused { status: 400, .. }), "{odd}");
    let bad = host.http.get("/api/v1/statements/xyz/receipt").await.unwrap_err();
    assert!(matches!(bad, HttpError::Refused { status: 400, .. }), "{bad}");
}

/// Every route of the router is described, and nothing else is.
#[test]
fn the_description_lists_the_routes() {
    let text = openapi();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let paths: Vec<_> = json["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        paths,
        [
            "/api/v1/drafts",
            "/api/v1/drafts/{id}",
            "/api/v1/statements",
            "/api/v1/statements/{id}/cose/{algorithm}",
            "/api/v1/statements/{id}/receipt",
            "/api/v1/status",
            "/healthz",
            "/log/{path}",
        ]
    );
}

/// Sends a form as a browser does; the head and the body that come back.
async fn posted(host: &Host, body: &str) -> (String, String) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(host.address).await.unwrap();
    let request = format!(
        "POST /defender HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[tokio::test]
async fn a_defender_s_form_comes_back_as_a_file_or_with_every_gap() {
    let host = host().await;
    let whole = "case=case-1&developer=lab&organisation=County+hospital&sector=health&size=10-49&handed-in-by=itself\
        &owns=patient+portal&may-test=&tier=findings-and-patches&reason=one+person+for+all";
    let (head, body) = posted(&host, whole).await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("application.toml"), "{head}");
    let ladder = operations::defender::Ladder::shipped().unwrap();
    let form = operations::defender::parse_form(&body, &ladder).unwrap();
    assert_eq!(form.organisation.as_str(), "County hospital");
    let markup = "organisation=%3Cscript%3Ealert(1)%3C/script%3E&sector=health&reason=%22%3E";
    let (head, body) = posted(&host, markup).await;
    assert!(head.starts_with("HTTP/1.1 422"), "{head}");
    assert!(body.contains("5 things are missing") && body.contains("href=\"#size\""), "{body}");
    assert!(!body.contains("<script"), "what was typed is text");
    assert!(head.contains("default-src 'none'"), "{head}");
    let (head, _) = posted(&host, &"x".repeat(70_000)).await;
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
}

/// What a page needs to be read at 320 px, by keyboard and aloud.
#[tokio::test]
async fn every_field_of_the_form_has_a_label() {
    let host = host().await;
    let page = host.http.get("/defender").await.unwrap().unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert!(page.contains("width=device-width") && !page.contains("<script"));
    let mut fields = 0;
    for tag in ["<input", "<select", "<textarea"] {
        for piece in page.split(tag).skip(1) {
            let id = piece.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            assert!(page.contains(&format!("<label for=\"{id}\"")), "{id} has no label");
            fields += 1;
        }
    }
    assert!(fields >= 11, "{fields}");
}
