//! A collector of OpenTelemetry spans, spoken to as OTLP/HTTP with JSON.

use crate::http::Http;
use std::time::Duration;

/// The longest wait for its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of its answer.
const ANSWER: usize = 64 << 10;

/// Where spans go.
#[derive(Debug)]
pub struct Collector {
    http: Http,
    url: String,
    path: String,
}

impl Collector {
    /// The collector at an OTLP/HTTP address, such as `http://127.0.0.1:4318/v1/traces`.
    ///
    /// # Errors
    /// What is wrong with the address, in plain words.
    pub fn at(url: &str) -> Result<Self, String> {
        let wrong = || format!("`{url}` is no OTLP/HTTP endpoint: use http://HOST:PORT/v1/traces");
        let (base, path) = split(url).ok_or_else(wrong)?;
        let http = Http::new(base).map_err(|e| crate::plain(&e))?;
        Ok(Self { http, url: url.to_owned(), path: path.to_owned() })
    }

    /// Sends one `ExportTraceServiceRequest`.
    ///
    /// # Errors
    /// No answer in ten seconds, or one that is no success, in plain words.
    pub async fn send(&self, body: Vec<u8>) -> Result<(), String> {
        let Self { http, url, path } = self;
        let asked = http.ask_as("application/json", http::Method::POST, path, body.into(), ANSWER);
        match tokio::time::timeout(PATIENCE, asked).await {
            Err(_) => Err(format!("the collector at {url} does not answer")),
            Ok(Err(error)) => {
                Err(format!("no answer from the collector at {url}: {}", crate::plain(&error)))
            }
            Ok(Ok(answer)) if (200..300).contains(&answer.status) => Ok(()),
            Ok(Ok(answer)) => Err(format!(
                "the collector at {url} answered {}: {}",
                answer.status,
                answer.shown()
            )),
        }
    }
}

fn split(url: &str) -> Option<(&str, &str)> {
    let host = url.find("://")? + 3;
    let path = host + url.get(host..)?.find('/')?;
    Some((url.get(..path)?, url.get(path..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_a_server_and_a_path() {
        for url in ["", "127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318"] {
            let error = Collector::at(url).expect_err("no endpoint");
            assert!(error.contains("no OTLP/HTTP endpoint"), "{url}: {error}");
        }
        Collector::at("http://127.0.0.1:4318/v1/traces").expect("an endpoint");
    }
}
