//! Reviews of models: the verbs of EO 14409 §3. Each makes one event; the rules are asked in `operations`.

mod agree;
mod ask;
mod calendar;
mod conduct;
mod dossier;
mod grants;
mod partners;
mod shown;
mod terms;

pub(crate) use grants::{bound, credential};

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use access::Event;
use domain::CaseId;
use operations::act::Ctx;
use operations::files;
use operations::review::{self, ReviewError};
use operations::word::Given;
use std::path::Path;

/// Reviews of models: inquiry, terms, window, partners, grants, withdrawal, release.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    #[command(flatten)]
    Files(Files),
    #[command(flatten)]
    AtHome(AtHome),
}

/// What needs files and no home.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Files {
    /// Terms before they are proposed: templates, what a machine checks, what a counter-proposal changes.
    #[command(subcommand)]
    Terms(terms::Terms),
    /// Verify a dossier offline. Exit code 1 if anything is wrong.
    CheckDossier(dossier::Check),
    /// The criteria, cohorts and kinds of conflict that a consideration may name.
    Criteria {
        /// A file of criteria in place of the shipped one.
        #[arg(long, value_name = "FILE")]
        criteria: Option<std::path::PathBuf>,
    },
}

/// What a party does or asks.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum AtHome {
    /// Developer: ask whether models still in training are covered. Opens a case.
    Inquire(ask::Inquire),
    /// Government: ask a developer for access. A record; nothing follows from it.
    Request(ask::Request),
    /// Developer: decline, for whatever reason or none. A record; nothing follows from it.
    Decline(ask::Decline),
    /// Determiner: record a determination's opaque reference.
    Determine(ask::Determine),
    /// Determiner: take a determination back.
    Undetermine(ask::Undetermine),
    /// Either side: put terms on the table.
    ProposeTerms(agree::ProposeTerms),
    /// Either side: offer to sign the terms on the table. The other side signs the draft.
    AgreeTerms(agree::AgreeTerms),
    /// A person's party: the person has read the terms and keeps them.
    Acknowledge(agree::Acknowledge),
    /// Either side: offer a window of at most 30 days. The other side signs the draft.
    OpenWindow(agree::OpenWindow),
    /// Either side: end a window early.
    CloseWindow(agree::CloseWindow),
    /// Developer: move the planned partner release.
    Replan(agree::Replan),
    /// Developer: end access now. Never refused.
    Withdraw(ask::Withdraw),
    /// Developer: record that a model was released. Never refused, in any state.
    Release(ask::Release),
    /// Either side: propose a trusted partner.
    Nominate(partners::Nominate),
    /// Either side: offer to select a nominated partner. The other side signs the draft.
    Select(partners::Select),
    /// Either side: end a partner's or defender's standing.
    RevokeStanding(partners::RevokeStanding),
    /// A party: ask for a grant to a named person. Makes the credential.
    RequestGrant(grants::RequestGrant),
    /// A party: replace the credential of a grant of its own. The old one works for a while beside the new one.
    ReplaceCredential(grants::ReplaceCredential),
    /// Either side: offer to issue a requested grant, through a second person. The other side signs.
    IssueGrant(grants::IssueGrant),
    /// End a grant.
    RevokeGrant(grants::Change),
    /// Pause a grant.
    SuspendGrant(grants::Change),
    /// Let a paused grant go on.
    ResumeGrant(grants::Change),
    /// A person declares a conflict and will not approve in this case.
    Recuse(grants::Person),
    /// A person loses all access in this case.
    Remove(grants::Person),
    /// An organisation loses all access in this case: every standing, every grant, every person.
    RemoveOrganisation(grants::Organisation),
    /// Record that an assessment went to the developer or others.
    Share(ask::Share),
    /// Record that an assessment was made public, as the terms let it.
    Publish(ask::Publish),
    /// Record an order under other law. It changes no state.
    RecordOrder(ask::RecordOrder),
    /// A party of the review: a breach of the terms was noticed. Prints what to do first.
    NoticeBreach(conduct::NoticeBreach),
    /// Whom a breach is about: what is done about it.
    AnswerBreach(conduct::Word),
    /// Whoever noticed a breach: it is remedied. Uses that it stopped go on.
    RemedyBreach(conduct::Word),
    /// A party of the review: something is held no more.
    AttestDestruction(conduct::AttestDestruction),
    /// Developer: bind a snapshot of a model by its digest, with what it derives from.
    BindSnapshot(conduct::BindSnapshot),
    /// Developer: what is done about a signal of misuse, and who decided. Your gateway obeys: slower, only with a second person,
    /// or not at all, until the next step about the same grant and rule.
    ActOnSignal(conduct::ActOnSignal),
    /// Either side: an organisation was considered as a partner or defender, by which rule, with which outcome.
    Consider(conduct::Consider),
    /// Who was considered, by which rule, with which outcome, and what became of it: by cohort and criterion.
    Fairness {
        /// The case.
        #[arg(long)]
        case: CaseId,
    },
    /// Everything of a case that this party can read, in a folder that a stranger verifies offline.
    Dossier(dossier::Make),
    /// Clocks of all cases, soonest first: windows, standings, grants, the plans of partner releases.
    Calendar(calendar::Calendar),
    /// What begins or ends soon. Exit code 1 if anything does, so that a timer can send it on.
    Due {
        /// Within so many days.
        #[arg(long, default_value_t = 7)]
        within: u64,
    },
    /// Government's own requests, and what the developer made of them. Nothing follows from any, nor from silence.
    Requests,
    /// Show one case as this party knows it.
    Show {
        /// The case.
        #[arg(long)]
        case: CaseId,
        /// Also write it as a page, with what nears, the terms and who was considered.
        #[arg(long, value_name = "FILE")]
        html: Option<std::path::PathBuf>,
    },
    /// List the cases that this party knows.
    List,
    /// Determiner: what awaits a determination, with the runs about it and who is recused. What is ready comes first.
    Queue,
}

/// Arguments that make an event, given who states it.
trait Make {
    /// The event. `ctx` says who this party is; `known` facts come from its own fold.
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event>;
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Files(verb) => verb.run(global).await,
            Self::AtHome(verb) => verb.run(global).await,
        }
    }
}

impl Files {
    async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Terms(verb) => verb.run(global).await,
            Self::CheckDossier(verb) => verb.run(global),
            Self::Criteria { criteria } => conduct::criteria(global, criteria.as_deref()),
        }
    }
}

impl AtHome {
    async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let event = match self {
            Self::Inquire(verb) => verb.make(&ctx).await?,
            Self::Request(verb) => verb.make(&ctx).await?,
            Self::Decline(verb) => verb.make(&ctx).await?,
            Self::Determine(verb) => verb.make(&ctx).await?,
            Self::Undetermine(verb) => verb.make(&ctx).await?,
            Self::Dossier(verb) => return verb.run(global, &ctx).await,
            Self::ProposeTerms(verb) => verb.make(&ctx).await?,
            Self::AgreeTerms(verb) => verb.make(&ctx).await?,
            Self::Acknowledge(verb) => verb.make(&ctx).await?,
            Self::OpenWindow(verb) => verb.make(&ctx).await?,
            Self::CloseWindow(verb) => verb.make(&ctx).await?,
            Self::Replan(verb) => verb.make(&ctx).await?,
            Self::Withdraw(verb) => {
                let event = verb.make(&ctx).await?;
                let exit = directly(global, &ctx, &event).await?;
                remark(&ctx, &event).await;
                return Ok(exit);
            }
            Self::Release(verb) => verb.make(&ctx).await?,
            Self::Nominate(verb) => verb.make(&ctx).await?,
            Self::Select(verb) => verb.make(&ctx).await?,
            Self::RevokeStanding(verb) => verb.make(&ctx).await?,
            Self::RequestGrant(verb) => verb.make(&ctx).await?,
            Self::ReplaceCredential(verb) => verb.make(&ctx).await?,
            Self::IssueGrant(verb) => verb.make(&ctx).await?,
            Self::RevokeGrant(verb) => Event::GrantRevoked(verb.change(&ctx)),
            Self::SuspendGrant(verb) => Event::GrantSuspended(verb.change(&ctx)),
            Self::ResumeGrant(verb) => Event::GrantResumed(verb.change(&ctx)),
            Self::Recuse(verb) => Event::PersonRecused(verb.statement(&ctx)),
            Self::Remove(verb) => Event::PersonRemoved(verb.statement(&ctx)),
            Self::RemoveOrganisation(verb) => Event::OrganisationRemoved(verb.removal(&ctx)),
            Self::Share(verb) => verb.make(&ctx).await?,
            Self::Publish(verb) => verb.make(&ctx).await?,
            Self::RecordOrder(verb) => verb.make(&ctx).await?,
            Self::NoticeBreach(verb) => {
                return directly(global, &ctx, &verb.make(&ctx).await?).await;
            }
            Self::AnswerBreach(verb) => Event::BreachAnswered(verb.word(&ctx)),
            Self::RemedyBreach(verb) => Event::BreachRemedied(verb.word(&ctx)),
            Self::AttestDestruction(verb) => verb.make(&ctx).await?,
            Self::BindSnapshot(verb) => verb.make(&ctx).await?,
            Self::ActOnSignal(verb) => verb.make(&ctx).await?,
            Self::Consider(verb) => verb.make(&ctx).await?,
            Self::Fairness { case } => return fairness(global, &ctx, &case).await,
            Self::Calendar(verb) => return verb.run(global, &ctx).await,
            Self::Due { within } => return calendar::due(global, &ctx, within).await,
            Self::Requests => return requests(global, &ctx).await,
            Self::Show { case, html } => {
                return case_shown(global, &ctx, &case, html.as_deref()).await;
            }
            Self::List => return cases_listed(global, &ctx).await,
            Self::Queue => return queue(global, &ctx).await,
        };
        let stated = review::state(&ctx, &event, global.request()).await?;
        remark(&ctx, &event).await;
        done(global.json, &stated)?;
        Ok(Exit::Done)
    }
}

/// What a party may want to know besides, though nothing refuses it.
pub(crate) async fn remark(ctx: &Ctx, event: &Event) {
    for words in review::remarks(ctx, event).await {
        eprintln!("note: {words}");
    }
}

/// The developer's word counts before it is logged: the gateway gets it first, then the log. What the rules refuse after all
/// is taken back; a withdrawal they never refuse.
async fn directly(global: &Global, ctx: &Ctx, event: &Event) -> anyhow::Result<Exit> {
    let given = operations::word::give(ctx, event)?;
    match review::state(ctx, event, global.request()).await {
        Ok(stated) => {
            if let Given::ToHand(path) = &given {
                hand(path);
            }
            done(global.json, &stated)?;
        }
        Err(error @ ReviewError::Refused(_)) if matches!(event, Event::BreachNoticed(_)) => {
            operations::word::take_back(ctx, event)?;
            return Err(error.into());
        }
        Err(error) => {
            match given {
                Given::Not => {}
                Given::Here(path) => eprintln!(
                    "access has ended at this home's gateway; repeat this once the log can be reached, to record it. Another gateway takes the word with `vestibule gateway words {}`",
                    path.display()
                ),
                Given::ToHand(path) => hand(&path),
            }
            return Err(error.into());
        }
    }
    Ok(Exit::Done)
}

/// Tells government where its word is, which a gateway hears from the log, or from this file.
fn hand(path: &Path) {
    eprintln!(
        "the signed word is in {}: the developer's gateway obeys it without the log, too, once it is there (`vestibule gateway words FILE`)",
        path.display()
    );
}

async fn fairness(global: &Global, ctx: &Ctx, case: &CaseId) -> anyhow::Result<Exit> {
    show(global.json, &review::fairness(ctx, case).await?, ToString::to_string)?;
    Ok(Exit::Done)
}

async fn requests(global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
    show(global.json, &review::requests(ctx).await?, |r| shown::requests(r))?;
    Ok(Exit::Done)
}

async fn queue(global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
    show(global.json, &review::queue(ctx).await?, |q| shown::queue(q))?;
    Ok(Exit::Done)
}

async fn case_shown(
    global: &Global,
    ctx: &Ctx,
    case: &CaseId,
    html: Option<&Path>,
) -> anyhow::Result<Exit> {
    let (view, ignored) = if let Some(path) = html {
        let overview = review::overview(ctx, case).await?;
        // what was sealed to this party is open in it
        let page = server::case_page(&overview)?;
        files::write(path, page.as_bytes(), files::Access::Private)?;
        (overview.view, overview.ignored)
    } else {
        match review::show(ctx, case).await {
            Err(ReviewError::Unknown(_)) => {
                let heard = review::heard(ctx, case).await?;
                let json = serde_json::json!({ "case": case, "outside": true, "heard": heard });
                show(global.json, &json, |_| shown::heard(case, &heard))?;
                return Ok(Exit::Done);
            }
            known => known?,
        }
    };
    let mut json = review::case_json(&view);
    json["ignored"] = serde_json::to_value(&ignored)?;
    show(global.json, &json, |_| shown::case(&view, &ignored))?;
    Ok(Exit::Done)
}

async fn cases_listed(global: &Global, ctx: &Ctx) -> anyhow::Result<Exit> {
    let views = review::list(ctx).await?;
    let heard = review::heard_of(ctx).await?;
    let mut json: Vec<_> = views.iter().map(review::case_json).collect();
    json.extend(heard.iter().map(|(case, statements)| {
        serde_json::json!({ "case": case, "outside": true, "statements": statements })
    }));
    show(global.json, &json, |_| {
        let mut text = String::new();
        for view in &views {
            let statuses: Vec<_> = view.statuses.iter().map(|s| s.name()).collect();
            text += &format!("{:<20} {:<16} {}\n", view.case, view.state, statuses.join(", "));
        }
        for (case, statements) in &heard {
            text += &format!("{case:<20} {:<16} {statements} statements can be read\n", "outside");
        }
        text + &format!("{} cases", views.len() + heard.len())
    })?;
    Ok(Exit::Done)
}
