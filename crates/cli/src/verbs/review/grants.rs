//! Grants to named persons.

use super::{Make, agree};
use crate::verbs::gateway::thumbprint;
use access::{
    Basis, CredentialReplacement, Endpoint, Event, GrantChange, GrantIssue, GrantRequest,
    OrganisationRemoval, PersonStatement,
};
use anyhow::{Context, bail};
use domain::{CaseId, Digest, GrantId, Line, ModelId, PartyId, PersonId, Text, Timestamp};
use operations::act::Ctx;
use operations::files::{self, Access};
use operations::review;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct RequestGrant {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// A new id.
    #[arg(long)]
    grant: GrantId,
    /// What it rests on: `window:ID`, `partner:ID` or `defender:ID`.
    #[arg(long)]
    basis: String,
    /// The one model.
    #[arg(long)]
    model: ModelId,
    /// The one person who will use it, by pseudonym; has acknowledged the terms.
    #[arg(long)]
    person: PersonId,
    /// Who asks.
    #[arg(long)]
    requested_by: PersonId,
    /// Where to write the credential. Only its SHA-256 is stated; the file is the secret.
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// Bind the credential to the client certificate in this PEM file: it is worth something only together with the
    /// certificate's private key.
    #[arg(long, value_name = "FILE", conflicts_with = "dpop_key")]
    certificate: Option<PathBuf>,
    /// Bind the credential to the public key in this file, a JWK on P-256: it is worth something only with a proof that the
    /// key's holder signs for each request (DPoP, RFC 9449).
    #[arg(long, value_name = "FILE")]
    dpop_key: Option<PathBuf>,
    /// An endpoint: chat-completions, models, …; repeat.
    #[arg(long = "endpoint", default_values = ["chat-completions", "models"])]
    endpoints: Vec<String>,
    /// Tokens, in and out together.
    #[arg(long)]
    tokens: u64,
    /// The first instant of use; now if not given.
    #[arg(long, value_name = "TIME")]
    starts: Option<Timestamp>,
    /// The first instant without use.
    #[arg(long, value_name = "TIME")]
    ends: Timestamp,
    /// What for.
    #[arg(long)]
    purpose: Line,
    /// The digest of the terms, where this party can't read the case itself.
    #[arg(long)]
    terms: Option<Digest>,
}

impl Make for RequestGrant {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let terms = agree::in_force(ctx, &self.case, self.terms).await?;
        let mut endpoints = std::collections::BTreeSet::new();
        for name in &self.endpoints {
            endpoints.insert(name.parse::<Endpoint>().map_err(anyhow::Error::msg)?);
        }
        let credential = credential(ctx, &self.credential)?;
        let credential = bound(credential, self.certificate.as_deref(), self.dpop_key.as_deref())?;
        Ok(Event::GrantRequested(GrantRequest {
            case: self.case,
            grant: self.grant,
            basis: basis(&self.basis)?,
            model: self.model,
            party: ctx.home.id().clone(),
            person: self.person,
            requested_by: self.requested_by,
            terms,
            credential,
            endpoints,
            budget_tokens: self.tokens,
            starts_at: self.starts.unwrap_or_else(|| ctx.clock.now()),
            ends_at: self.ends,
            purpose: self.purpose,
        }))
    }
}

/// Makes a bearer token in a new file, or takes the one there, so that a repeated request is the same.
pub(crate) fn credential(ctx: &Ctx, path: &Path) -> anyhow::Result<Digest> {
    if !path.exists() {
        let mut secret = [0; 32];
        ctx.random.fill(&mut secret);
        let token = format!("vst-{}", data_encoding::HEXLOWER.encode(&secret));
        files::write(path, token.as_bytes(), Access::Private)?;
    }
    let token = files::read_text(path, 4096)?;
    Ok(Digest::of(token.trim_end().as_bytes()))
}

fn basis(text: &str) -> anyhow::Result<Basis> {
    let (kind, id) =
        text.split_once(':').context("the basis is `window:ID`, `partner:ID` or `defender:ID`")?;
    Ok(match kind {
        "window" => Basis::Window(id.parse()?),
        "partner" => Basis::Partner(id.parse()?),
        "defender" => Basis::Defender(id.parse()?),
        other => bail!("`{other}` is no basis; one of: window, partner, defender"),
    })
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReplaceCredential {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The grant.
    #[arg(long)]
    grant: GrantId,
    /// Where to write the new credential. Only its SHA-256 is stated; the file is the secret.
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// Bind the new credential to the client certificate in this PEM file.
    #[arg(long, value_name = "FILE", conflicts_with = "dpop_key")]
    certificate: Option<PathBuf>,
    /// Bind the new credential to the public key in this file, a JWK on P-256 (DPoP).
    #[arg(long, value_name = "FILE")]
    dpop_key: Option<PathBuf>,
    /// How long the old credential goes on working, in minutes; at most a day. 0 ends it now.
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u16).range(0..=1_440))]
    overlap: u16,
}

impl Make for ReplaceCredential {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let (reviews, view) = review::case(ctx, &self.case).await?;
        let case = reviews.case(&self.case)?;
        let old = *case
            .credential(&self.grant)
            .with_context(|| format!("there is no grant `{}` in this case", self.grant))?;
        let new = credential(ctx, &self.credential)?;
        let new = bound(new, self.certificate.as_deref(), self.dpop_key.as_deref())?;
        let overlap = domain::Span::minutes(self.overlap.into());
        Ok(Event::CredentialReplaced(CredentialReplacement {
            case: view.case,
            grant: self.grant,
            party: ctx.home.id().clone(),
            old,
            new,
            old_ends_at: ctx.clock.now().after(overlap),
        }))
    }
}

/// The digest that a grant names: the token's, or of the token and what it is bound to.
pub(crate) fn bound(
    token: Digest,
    certificate: Option<&Path>,
    key: Option<&Path>,
) -> anyhow::Result<Digest> {
    if let Some(file) = certificate {
        return Ok(gateway::bound_to_certificate(&gateway::certificate_digest(file)?, &token));
    }
    let Some(file) = key else { return Ok(token) };
    Ok(gateway::bound_to_proof(&thumbprint(file)?, &token))
}

#[derive(Debug, clap::Args)]
pub(crate) struct IssueGrant {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The grant.
    #[arg(long)]
    grant: GrantId,
    /// The developer's person who approves; not the one who asked.
    #[arg(long)]
    developer_approver: PersonId,
    /// Government's person who approves; not the one who asked.
    #[arg(long)]
    government_approver: PersonId,
}

impl Make for IssueGrant {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let (reviews, view) = review::case(ctx, &self.case).await?;
        let case = reviews.case(&self.case)?;
        let request = case.grant_request(&self.grant).with_context(|| {
            format!("nobody asked for a grant `{}` in this case, as far as the rules admit it; its holder's party does so with `vestibule review request-grant`", self.grant)
        })?;
        Ok(Event::GrantIssued(GrantIssue {
            case: view.case,
            grant: self.grant,
            request: request.digest(),
            developer: view.developer,
            developer_approver: self.developer_approver,
            government: view.government,
            government_approver: self.government_approver,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Change {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The grant.
    #[arg(long)]
    grant: GrantId,
    /// Why, if you care to say.
    #[arg(long, default_value = "")]
    reason: Text,
}

impl Change {
    pub(super) fn change(self, ctx: &Ctx) -> GrantChange {
        let Self { case, grant, reason } = self;
        GrantChange { case, grant, by: ctx.home.id().clone(), reason }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Person {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The person's party; this one if not given.
    #[arg(long)]
    party: Option<PartyId>,
    /// The person, by pseudonym.
    #[arg(long)]
    person: PersonId,
    /// Why, if you care to say.
    #[arg(long, default_value = "")]
    reason: Text,
}

impl Person {
    pub(super) fn statement(self, ctx: &Ctx) -> PersonStatement {
        let Self { case, party, person, reason } = self;
        let by = ctx.home.id().clone();
        PersonStatement { case, party: party.unwrap_or_else(|| by.clone()), person, by, reason }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Organisation {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The organisation.
    #[arg(long)]
    party: PartyId,
    /// Why, if you care to say.
    #[arg(long, default_value = "")]
    reason: Text,
}

impl Organisation {
    pub(super) fn removal(self, ctx: &Ctx) -> OrganisationRemoval {
        let Self { case, party, reason } = self;
        OrganisationRemoval { case, party, by: ctx.home.id().clone(), reason }
    }
}
