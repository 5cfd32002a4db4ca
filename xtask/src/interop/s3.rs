//! An S3-compatible server of others on loopback: PyPI's `moto`, by the program beside this file.

use super::install;
use crate::run;
use anyhow::{Context, Result, ensure};
use operations::node::{ObjectCredentials, ObjectPlace};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// What its clients are called; it asks no one for more.
const VARIABLES: [(&str, &str); 2] =
    [("AWS_ACCESS_KEY_ID", "trial"), ("AWS_SECRET_ACCESS_KEY", "trial")];

/// A server that ends with its handle.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _reaped = self.process.wait();
    }
}

impl Server {
    /// The server, if it is installed.
    pub(crate) fn start() -> Result<Option<Self>> {
        // an environment without it is one that was half made
        let Some(installed) = install::peer("s3/bin/moto_server") else { return Ok(None) };
        let mut command = Command::new(installed.with_file_name("python"));
        command.arg(run::root().join("xtask/src/interop/s3.py"));
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = piped.spawn().context("the S3-compatible server does not start")?;
        let said = process.stdout.take().context("it is piped")?;
        let mut server = Self { process, url: String::new() };
        BufReader::new(said).read_line(&mut server.url)?;
        server.url = server.url.trim().to_owned();
        ensure!(server.url.starts_with("http://"), "the S3-compatible server says no address");
        Ok(Some(server))
    }

    /// A place in it.
    pub(crate) fn place(&self, prefix: &str) -> ObjectPlace {
        ObjectPlace {
            bucket: "bucket".to_owned(),
            prefix: prefix.to_owned(),
            region: "us-east-1".to_owned(),
            endpoint: Some(self.url.clone()),
        }
    }
}

/// Who asks it, for a program's environment.
pub(crate) const fn variables() -> [(&'static str, &'static str); 2] {
    VARIABLES
}

/// Who asks it, for this process.
pub(crate) fn who() -> ObjectCredentials {
    ObjectCredentials::of(VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())))
}
