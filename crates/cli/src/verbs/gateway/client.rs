//! A client's key, and what it lets others do.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use anyhow::Context;
use domain::{Digest, Span};
use gateway::Clock as _;
use operations::ask::{Credential, DELEGATION_BYTES, Link, ProofKey};
use operations::files;
use std::path::{Path, PathBuf};

/// Most bytes of a public key.
const JWK: u64 = 4 << 10;

#[derive(Debug, clap::Args)]
pub(super) struct ClientKey {
    /// Where to write the private key; `FILE.jwk.json` is the public one. Never over a file that is there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Delegate {
    /// Your key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The grant's credential.
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// The public key that may act, a JWK.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// For how many hours.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=720))]
    hours: u32,
    /// One model only.
    #[arg(long)]
    model: Option<String>,
    /// An endpoint, such as `messages`; repeat. All of the grant if not given.
    #[arg(long = "endpoint")]
    endpoints: Vec<access::Endpoint>,
    /// Most tokens of one request, in and out together.
    #[arg(long)]
    tokens: Option<u64>,
    /// The delegation to your key, if the credential is not bound to it but delegated.
    #[arg(long, value_name = "FILE")]
    after: Option<PathBuf>,
    /// Where to write the delegation.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The thumbprint of a client's public key in a file.
pub(crate) fn thumbprint(file: &Path) -> anyhow::Result<Digest> {
    gateway::thumbprint_of(&files::read_text(file, JWK)?)
        .with_context(|| format!("{} is no public key for DPoP", file.display()))
}

impl ClientKey {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let key = ProofKey::make(&self.out)?;
        let mut public = self.out.clone().into_os_string();
        public.push(".jwk.json");
        let jwk = key.jwk();
        files::write(public.as_ref(), format!("{jwk}\n").as_bytes(), files::Access::Shared)?;
        show(global.json, &jwk, ToString::to_string)?;
        Ok(Exit::Done)
    }
}

impl Delegate {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let link = Link {
            to: thumbprint(&self.to)?,
            token: Credential::from_file(&self.credential)?.digest(),
            until: gateway::SystemClock::start().now().after(Span::hours(self.hours.into())),
            model: self.model,
            endpoints: self.endpoints.iter().map(ToString::to_string).collect(),
            tokens: self.tokens,
        };
        let link_text = ProofKey::from_file(&self.key)?.link(&link)?;
        let chain = match &self.after {
            Some(file) => {
                format!("{},{link_text}", files::read_text(file, DELEGATION_BYTES)?.trim())
            }
            None => link_text,
        };
        files::write(&self.out, format!("{chain}\n").as_bytes(), files::Access::Shared)?;
        let until = link.until.to_string();
        show(global.json, &until, |until| format!("delegated until {until}"))?;
        Ok(Exit::Done)
    }
}
