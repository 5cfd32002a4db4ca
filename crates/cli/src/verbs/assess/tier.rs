//! Which sandbox a run gets, and what people declare of a host.

use crate::context::Global;
use crate::output::show;
use measurement::{AskTier, DeclarationView};
use std::path::PathBuf;

/// What is asked of the sandbox.
#[derive(Debug, clap::Args)]
pub(crate) struct Containing {
    /// The class of the model, which says what sandbox it needs at least: scripted, small, frontier or covered in the shipped policy.
    /// The policy's `unstated` class if not given: frontier.
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// A stronger sandbox than the class needs: namespaces, user-space-kernel, virtual-machine or air-gapped.
    #[arg(long, value_name = "TIER")]
    tier: Option<String>,
    /// A policy of classes in place of the shipped one (`rules/tiers.toml`).
    #[arg(long, value_name = "FILE")]
    tier_policy: Option<PathBuf>,
    /// A declaration that this host is air-gapped, as `assess declare` signed it.
    #[arg(long, value_name = "FILE")]
    declaration: Option<PathBuf>,
}

impl Containing {
    pub(super) fn asked(self) -> AskTier {
        AskTier {
            class: self.class,
            tier: self.tier,
            policy: self.tier_policy,
            declaration: self.declaration,
        }
    }
}

/// Sign what was checked of a host that has no way out, for the strongest tier of sandbox.
#[derive(Debug, clap::Args)]
pub(crate) struct Declare {
    /// The declaration, a TOML file: host, signer, inside, expires, and `[[checked]]` with what, how and by.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

impl Declare {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let view = measurement::declare(&global.ctx()?, &self.file)?;
        show(global.json, &view, told)
    }
}

fn told(view: &DeclarationView) -> String {
    let DeclarationView { host, signer, inside, expires, checked, signature } = view;
    format!(
        "host {host}: {checked} things checked, signed by {signer}, until {expires}\n  inside      {inside}\n  signature   {}",
        signature.display()
    )
}
