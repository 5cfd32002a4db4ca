//! The S3-compatible server of others, when it is installed: `cargo xtask interop` does that.

use crate::{ObjectCredentials, ObjectPlace, Objects};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/interop/s3/bin");
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../xtask/src/interop/s3.py");

/// A server that ends with its handle.
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// The server, if it is installed; said aloud when it is not.
    pub(crate) fn start(words: &[&str]) -> Option<Self> {
        // an environment without it is one that was half made
        if !Path::new(INSTALLED).join("moto_server").exists() {
            println!(
                "skipped: no S3-compatible server is installed (`cargo xtask interop` does that)"
            );
            return None;
        }
        let mut command = Command::new(Path::new(INSTALLED).join("python"));
        command.arg(PROGRAM).args(words).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("starts");
        let mut url = String::new();
        let said = process.stdout.take().expect("is piped");
        BufReader::new(said).read_line(&mut url).expect("says where it is");
        Some(Self { process, url: url.trim().to_owned() })
    }

    pub(crate) fn objects(&self, prefix: &str) -> Objects {
        s3(&self.url, "bucket", prefix)
    }

    /// Those of a bucket that nobody made.
    pub(crate) fn without_a_bucket(&self) -> Objects {
        s3(&self.url, "no-bucket", "log")
    }
}

pub(crate) fn s3(endpoint: &str, bucket: &str, prefix: &str) -> Objects {
    let place = ObjectPlace {
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some(endpoint.to_owned()),
    };
    let variable = |name: &str| (name.to_owned(), "test".to_owned());
    let who = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(variable);
    Objects::s3(&place, &ObjectCredentials::of(who)).expect("a place")
}
