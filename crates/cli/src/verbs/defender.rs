//! The defender programme: from a form to a grant.

use super::review::{bound, credential, remark};
use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use access::{Event, Gives, Verification};
use anyhow::{Context, bail};
use domain::{CaseId, Digest, GrantId, Line, ModelId, NominationId, PartyId, PersonId, Timestamp};
use operations::act::Ctx;
use operations::defender::{self, Admit, Holder, Ladder};
use operations::files::{self, Access};
use operations::review;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most bytes of a ladder, a form or a document.
const FORM: u64 = 256 << 10;
const DOCUMENT: u64 = 256 << 20;

/// The defender programme.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// What each tier gives, and how an organisation is verified for it.
    Tiers(LadderFile),
    /// Write a form to fill in.
    Form(Form),
    /// A defender, or its sponsor: check a form and hand it in.
    Apply(Apply),
    /// Either side: somebody looked whether the organisation is what it says.
    Verify(Verify),
    /// Either side: offer to admit an application at a tier. The other side signs the draft.
    Admit(AdmitArgs),
    /// A defender whose tier gives a model: ask for a grant to a named person. All that a grant says comes from the tier.
    Grant(Grant),
    /// The applications of a case, with who verified them, the tier, and until when.
    List {
        /// The case.
        #[arg(long)]
        case: CaseId,
    },
}

/// Which ladder.
#[derive(Debug, clap::Args)]
pub(crate) struct LadderFile {
    /// A ladder in place of the shipped one.
    #[arg(long, value_name = "FILE")]
    ladder: Option<PathBuf>,
}

impl LadderFile {
    fn read(&self) -> anyhow::Result<Ladder> {
        let Some(path) = &self.ladder else { return Ladder::shipped().map_err(anyhow::Error::msg) };
        let text = files::read_text(path, FORM)?;
        Ladder::read(&text).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Form {
    /// The case, as its parties announced it.
    #[arg(long)]
    case: Option<CaseId>,
    /// The case's developer.
    #[arg(long)]
    developer: Option<PartyId>,
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "application.toml")]
    out: PathBuf,
    #[command(flatten)]
    ladder: LadderFile,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Apply {
    /// The form.
    form: PathBuf,
    /// A new id for the application; made from the organisation's name if not given.
    #[arg(long)]
    application: Option<NominationId>,
    /// Only look whether the form has gaps. Needs no home and no node.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    ladder: LadderFile,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// Which application.
    #[arg(long)]
    application: NominationId,
    /// The person who looked, by pseudonym. One who is recused can't.
    #[arg(long)]
    person: PersonId,
    /// How, by a name that the ladder has, such as `call-back`.
    #[arg(long)]
    method: Line,
    /// What was looked at, if it was a document; only its SHA-256 is stated.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// When; now if not given.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    #[command(flatten)]
    ladder: LadderFile,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AdmitArgs {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// Which application.
    #[arg(long)]
    application: NominationId,
    /// The tier; the one asked for if not given.
    #[arg(long)]
    tier: Option<String>,
    /// A model, for a tier that gives one; repeat. All that the terms cover if none is given.
    #[arg(long = "model")]
    models: Vec<ModelId>,
    /// The first instant without standing; as many days as the tier has if not given.
    #[arg(long, value_name = "TIME")]
    expires: Option<Timestamp>,
    #[command(flatten)]
    ladder: LadderFile,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Grant {
    /// Which application, admitted by both sides.
    #[arg(long)]
    application: NominationId,
    /// A new id.
    #[arg(long)]
    grant: GrantId,
    /// The one person who will use it, by pseudonym; has acknowledged the terms.
    #[arg(long)]
    person: PersonId,
    /// Who asks.
    #[arg(long)]
    requested_by: PersonId,
    /// The model, where the tier gives more than one.
    #[arg(long)]
    model: Option<ModelId>,
    /// Where to write the credential. Only its SHA-256 is stated; the file is the secret.
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// Bind the credential to the client certificate in this PEM file.
    #[arg(long, value_name = "FILE", conflicts_with = "dpop_key")]
    certificate: Option<PathBuf>,
    /// Bind the credential to the public key in this file, a JWK on P-256 (DPoP).
    #[arg(long, value_name = "FILE")]
    dpop_key: Option<PathBuf>,
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Tiers(ladder) => tiers(global, &ladder.read()?),
            Self::Form(form) => form.run(global),
            Self::Apply(apply) => apply.run(global).await,
            Self::Verify(verb) => {
                let ctx = global.ctx()?;
                let event = verb.make(&ctx).await?;
                stated(global, &ctx, &event, BTreeSet::new()).await
            }
            Self::Admit(verb) => {
                let ctx = global.ctx()?;
                let AdmitArgs { case, application, tier, models, expires, ladder } = verb;
                let models = models.into_iter().collect();
                let admit = Admit { case, application, tier, models, expires_at: expires };
                let event = defender::admit(&ctx, &ladder.read()?, admit).await?;
                stated(global, &ctx, &event, BTreeSet::new()).await
            }
            Self::Grant(verb) => {
                let ctx = global.ctx()?;
                let (event, developer) = verb.make(&ctx).await?;
                stated(global, &ctx, &event, [developer].into()).await
            }
            Self::List { case } => {
                let list = defender::list(&global.ctx()?, &case).await?;
                show(global.json, &list, |list| listed(list))?;
                Ok(Exit::Done)
            }
        }
    }
}

async fn stated(
    global: &Global,
    ctx: &Ctx,
    event: &Event,
    others: BTreeSet<PartyId>,
) -> anyhow::Result<Exit> {
    let stated = review::state_to(ctx, event, others, global.request()).await?;
    remark(ctx, event).await;
    done(global.json, &stated)?;
    Ok(Exit::Done)
}

fn tiers(global: &Global, ladder: &Ladder) -> anyhow::Result<Exit> {
    show(global.json, ladder, |ladder| {
        let mut text = String::new();
        for tier in &ladder.tiers {
            let gives = match tier.tokens_per_grant {
                0 => "no model".to_owned(),
                tokens => format!("a model, {tokens} tokens a grant"),
            };
            text += &format!(
                "{} ({gives}, {} days)\n  {}\n  verified by {}\n",
                tier.name,
                tier.days,
                tier.explains,
                tier.verified_by.join(" or ")
            );
        }
        for method in &ladder.methods {
            text += &format!("{:<16} {}\n", method.name, method.how);
        }
        text + &format!("SHA-256 {}", ladder.digest)
    })?;
    Ok(Exit::Done)
}

impl Form {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ladder = self.ladder.read()?;
        let text = defender::blank(self.case.as_ref(), self.developer.as_ref(), &ladder);
        files::create(&self.out, text.as_bytes(), Access::Shared)?;
        show(global.json, &serde_json::json!({ "file": self.out }), |_| {
            let file = self.out.display();
            format!(
                "{file}: fill in what stands between the quotes, then\n  vestibule defender apply {file} --check\n  vestibule defender apply {file}"
            )
        })?;
        Ok(Exit::Done)
    }
}

impl Apply {
    async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let text = files::read_text(&self.form, FORM)?;
        let form = match defender::parse_form(&text, &self.ladder.read()?) {
            Ok(form) => form,
            Err(gaps) => {
                show(global.json, &serde_json::json!({ "gaps": gaps }), |_| {
                    format!("{}\n{} gaps in {}", gaps.join("\n"), gaps.len(), self.form.display())
                })?;
                return Ok(Exit::No);
            }
        };
        if self.check {
            show(global.json, &serde_json::json!({ "gaps": [] }), |_| {
                format!(
                    "{} has no gaps; hand it in, or send it to your sponsor",
                    self.form.display()
                )
            })?;
            return Ok(Exit::Done);
        }
        let ctx = global.ctx()?;
        let id = match self.application {
            Some(id) => id,
            None => id_of(form.organisation.as_str())?,
        };
        let developer = form.developer.clone();
        let event = Event::ProgrammeApplied(defender::enrolment(form, id, ctx.home.id().clone()));
        stated(global, &ctx, &event, [developer].into()).await
    }
}

/// An id from a name: `County hospital` is `county-hospital`.
fn id_of(name: &str) -> anyhow::Result<NominationId> {
    let mut id = String::new();
    for c in name.to_lowercase().chars().filter(|c| c.is_ascii()).take(60) {
        let c = if c.is_ascii_alphanumeric() { c } else { '-' };
        if c != '-' || !(id.is_empty() || id.ends_with('-')) {
            id.push(c);
        }
    }
    id.trim_matches('-').parse().context("no id can be made from that name; give `--application`")
}

impl Verify {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let digest = |path: &Path| files::read(path, DOCUMENT).map(|bytes| Digest::of(&bytes));
        let verification = Verification {
            case: self.case,
            application: self.application,
            by: ctx.home.id().clone(),
            person: self.person,
            method: self.method,
            evidence: self.evidence.as_deref().map(digest).transpose()?,
            verified_at: self.at.unwrap_or_else(|| ctx.clock.now()),
        };
        Ok(defender::verify(ctx, &self.ladder.read()?, verification).await?)
    }
}

impl Grant {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<(Event, PartyId)> {
        let admission = defender::admission(ctx, &self.application).await?;
        let Gives::Model(allowance) = &admission.tier.gives else {
            bail!(
                "the tier `{}` gives findings and patches and no model, so there is no grant to ask for",
                admission.tier.name
            );
        };
        let model = match (self.model, allowance.models.first()) {
            (Some(model), _) => model,
            (None, Some(model)) if allowance.models.len() == 1 => model.clone(),
            (None, _) => bail!("the tier gives several models; choose one with `--model`"),
        };
        let credential = credential(ctx, &self.credential)?;
        let credential = bound(credential, self.certificate.as_deref(), self.dpop_key.as_deref())?;
        let holder = Holder {
            grant: self.grant,
            person: self.person,
            requested_by: self.requested_by,
            credential,
        };
        let request = defender::mint(&admission, allowance, ctx.home.id(), &model, holder)
            .map_err(anyhow::Error::msg)?;
        Ok((Event::GrantRequested(request), admission.developer))
    }
}

fn listed(list: &[serde_json::Value]) -> String {
    let mut text = String::new();
    let word = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    for one in list {
        let until = match (one["revoked_by"].as_str(), one["until"].as_str()) {
            (Some(by), _) => format!("ended by {by}"),
            (None, Some(until)) => format!("until {until}"),
            (None, None) => "waits for both keys".to_owned(),
        };
        let tier = one["tier"]["name"].as_str().map_or_else(
            || format!("asks for {}", word(&one["asks_for"])),
            |tier| format!("tier {tier}"),
        );
        let by = if one["sponsored"] == true { ", by its sponsor" } else { "" };
        text += &format!(
            "{:<24} {} ({}, {} staff; {}{by}): {tier}, {until}\n",
            word(&one["application"]),
            word(&one["organisation"]),
            word(&one["sector"]),
            word(&one["size"]),
            word(&one["party"]),
        );
        for v in one["verified"].as_array().into_iter().flatten() {
            text += &format!(
                "  verified by {} of {}: {} on {}\n",
                word(&v["person"]),
                word(&v["by"]),
                word(&v["method"]),
                word(&v["verified_at"])
            );
        }
    }
    text + &format!("{} applications", list.len())
}
