//! Whether this machine can run a gateway well: each thing that one needs, tried, with what to do where it fails.

use crate::act::Ctx;
use crate::review;
use crate::word::{self, Unheard};
use domain::Role;
use gateway::{Config, Limits};
use rustix::process::{Resource, getrlimit};
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Good,
    /// It serves, and something should be looked at.
    Look,
    /// The gateway would refuse, or forward nothing.
    Bad,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was tried.
    pub what: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was found, and what to do.
    pub detail: String,
}

/// Flushes that the disk is judged by.
const FLUSHES: usize = 9;
/// Free space below which to look, in bytes.
const FREE: u64 = 1 << 30;

/// Tries what a gateway with this configuration needs. Listens nowhere and states nothing.
pub async fn examine(ctx: &Ctx, config: &Config) -> Vec<Finding> {
    let mut found = vec![home(ctx), words(ctx), disk(ctx.home.folder()), files(&config.limits)];
    found.extend(log(ctx, &config.limits).await);
    found.extend(policies(config));
    found.extend(ceilings(config));
    found.push(budgets(&config.limits));
    found.push(match gateway::try_upstream(config).await {
        Ok(gateway::Tried::Answered(status, version)) if status.is_success() => {
            good("upstream", format!("it lists its models, in {version:?}"))
        }
        Ok(gateway::Tried::Answered(status, _)) if matches!(status.as_u16(), 401 | 403) => bad(
            "upstream",
            format!("it refuses the gateway's key ({status}): check `--provider-key`"),
        ),
        Ok(gateway::Tried::Answered(status, _)) => look(
            "upstream",
            format!(
                "it is there, and answers {status} to GET /models; some servers have no such list"
            ),
        ),
        Ok(gateway::Tried::Silent(reason)) => {
            bad("upstream", format!("{reason}: is it running, and is `--upstream` its base?"))
        }
        Err(error) => bad("upstream", crate::plain(&error)),
    });
    found
}

fn good(what: &'static str, detail: impl Into<String>) -> Finding {
    Finding { what, health: Health::Good, detail: detail.into() }
}

fn look(what: &'static str, detail: impl Into<String>) -> Finding {
    Finding { what, health: Health::Look, detail: detail.into() }
}

fn bad(what: &'static str, detail: impl Into<String>) -> Finding {
    Finding { what, health: Health::Bad, detail: detail.into() }
}

/// The home is a developer's.
fn home(ctx: &Ctx) -> Finding {
    let id = ctx.home.id();
    match ctx.trust.party(id) {
        Some(_) if ctx.home.has(Role::Developer) => good("home", format!("`{id}`, a developer")),
        Some(_) => bad("home", format!("`{id}` is no developer, and a gateway is a developer's")),
        None => bad(
            "home",
            format!("`{id}` is not among the roots of trust: see `vestibule trust show`"),
        ),
    }
}

/// Direct words can be verified: one that can't stops everything.
fn words(ctx: &Ctx) -> Finding {
    const WHAT: &str = "words";
    let trust = ctx.current().unwrap_or_else(|_| ctx.trust.clone());
    let held = |why: String| {
        bad(
            WHAT,
            format!(
                "{why}: nothing is forwarded until it is gone or can be verified; `vestibule gateway words` lists them"
            ),
        )
    };
    let read = |bytes: &[u8]| word::read(bytes, &trust);
    let found = match word::given(ctx.home.folder(), read) {
        Ok(found) => found,
        Err(error) => return held(crate::plain(&error)),
    };
    let (mut obeyed, mut refused) = (0, None);
    for file in &found {
        let told = |why: &String| format!("{}: {why}", file.path.display());
        match &file.word {
            Ok(_) => obeyed += 1,
            Err(Unheard::Unverified(why)) => return held(told(why)),
            Err(Unheard::Refused(why)) => refused = Some(told(why)),
        }
    }
    match (obeyed, refused) {
        (_, Some(why)) => look(WHAT, format!("{obeyed} are obeyed; one is refused: {why}")),
        (0, None) => good(WHAT, "no direct word was given"),
        (_, None) => good(WHAT, format!("{obeyed} signed words are obeyed")),
    }
}

/// How long a record takes until it is safe, and how much room there is.
#[expect(clippy::disallowed_methods, reason = "edge: measures the disk")]
fn disk(folder: &Path) -> Finding {
    const WHAT: &str = "disk";
    let tried = || -> std::io::Result<(Duration, u64)> {
        let path = folder.join(".doctor");
        let mut file = std::fs::File::create(&path)?;
        let mut took = Vec::with_capacity(FLUSHES);
        for _ in 0..FLUSHES {
            file.write_all(&[0; 512])?;
            let began = Instant::now();
            file.sync_data()?;
            took.push(began.elapsed());
        }
        std::fs::remove_file(&path)?;
        took.sort();
        let room = rustix::fs::statvfs(folder)?;
        let middle = took.get(FLUSHES / 2).copied().unwrap_or_default();
        Ok((middle, room.f_bavail.saturating_mul(room.f_frsize)))
    };
    match tried() {
        Err(error) => bad(WHAT, format!("can't write in {}: {error}", folder.display())),
        Ok((flush, free)) => {
            let text = format!(
                "a record is safe after {:.1} ms; {:.1} GiB are free",
                flush.as_secs_f64() * 1e3,
                gibibytes(free)
            );
            match (free < FREE, flush > Duration::from_millis(20)) {
                (true, _) => look(WHAT, format!("{text}: nothing is forwarded on a full disk")),
                (_, true) => look(
                    WHAT,
                    format!("{text}: every request waits for that, so a faster disk pays"),
                ),
                _ => good(WHAT, text),
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a size for people, to one place")]
fn gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

/// The policies, if there are any, and what their analysis says.
fn policies(config: &Config) -> Option<Finding> {
    const WHAT: &str = "policies";
    let policies = match config.policies() {
        Ok(None) => return None,
        Ok(Some(policies)) => policies,
        Err(error) => return Some(bad(WHAT, crate::plain(&error))),
    };
    let gateway::Analysis { tried, exhaustive, notes } = policies.analysis();
    let all = if *exhaustive { "all " } else { "" };
    let text = format!("no contradiction in {all}{tried} cases; SHA-256 {}", policies.digest());
    Some(if notes.is_empty() {
        good(WHAT, text)
    } else {
        look(WHAT, format!("{text}; {}", notes.join("; ")))
    })
}

/// The developer's own ceilings, if there are any.
fn ceilings(config: &Config) -> Option<Finding> {
    const WHAT: &str = "ceilings";
    match config.ceilings() {
        Ok(None) => None,
        Ok(Some(ceilings)) => Some(shared(&ceilings)),
        Err(error) => Some(bad(WHAT, crate::plain(&error))),
    }
}

/// What is bounded, and by how much several gateways together can go over it.
fn shared(ceilings: &gateway::Ceilings) -> Finding {
    const WHAT: &str = "ceilings";
    let (stated, within) = (ceilings.stated().join(", "), super::STATED_WITHIN_SECONDS);
    match (ceilings.gateways(), ceilings.slack_percent()) {
        (1, _) => good(
            WHAT,
            format!(
                "{stated}; what other gateways used counts within {within} s; if there are any, state `gateways`, which divides requests at once"
            ),
        ),
        (gateways, Some(percent)) => good(
            WHAT,
            format!(
                "{stated}; {gateways} gateways together can go over those of a day by {percent} %, and for a second by as much again"
            ),
        ),
        (gateways, None) => look(
            WHAT,
            format!(
                "{stated}; what {gateways} gateways use counts at each within {within} s, and nothing bounds how much that is: state `unstated-percent`"
            ),
        ),
    }
}

/// What another gateway with the same grants may not know of.
fn budgets(limits: &Limits) -> Finding {
    let within = super::STATED_WITHIN_SECONDS;
    let most = match limits.unstated_tokens {
        u64::MAX => "whatever of a grant is left, unless `--unstated-tokens` bounds it".to_owned(),
        tokens => format!("at most {tokens} tokens of a grant"),
    };
    good(
        "budgets",
        format!(
            "uses are counted at every gateway within {within} s; one that serves a grant beside others spends till then {most}"
        ),
    )
}

/// Enough open files for the connections that are allowed, each with one to the upstream.
fn files(limits: &Limits) -> Finding {
    const WHAT: &str = "open files";
    let needed =
        u64::try_from(limits.connections).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(64);
    match getrlimit(Resource::Nofile).current {
        Some(most) if most < needed => look(
            WHAT,
            format!(
                "{most} are allowed and {} connections may need {needed}: raise LimitNOFILE, else clients wait",
                limits.connections
            ),
        ),
        Some(most) => good(WHAT, format!("{most} are allowed")),
        None => good(WHAT, "no limit"),
    }
}

/// The log: how long hearing from it takes beside the lease, and which grants could be used now.
#[expect(clippy::disallowed_methods, reason = "edge: measures the way to the log")]
async fn log(ctx: &Ctx, limits: &Limits) -> Vec<Finding> {
    const WHAT: &str = "log";
    let mut known = None;
    if let Err(error) = ctx.follow(&mut known).await {
        let why = crate::plain(&error);
        return vec![bad(WHAT, format!("{why}: without it a gateway refuses everything"))];
    }
    let began = Instant::now();
    let followed = ctx.follow(&mut known).await;
    let took = began.elapsed();
    let known = match followed {
        Ok((known, _)) => known,
        Err(error) => return vec![bad(WHAT, crate::plain(&error))],
    };
    let lease = Duration::from_micros(limits.lease.as_micros());
    let text = format!(
        "{} statements; news takes {:.0} ms, the lease is {:.0} ms",
        known.head.size,
        took.as_secs_f64() * 1e3,
        lease.as_secs_f64() * 1e3
    );
    // it asks every 250 ms, and must hear again before the lease ends
    let heard = if super::LOG + took >= lease {
        bad(WHAT, format!("{text}: too slow, so that streams would be cut; see `--lease`"))
    } else if (super::LOG + took) * 2 >= lease {
        look(WHAT, format!("{text}: one answer missed ends it"))
    } else {
        good(WHAT, text)
    };
    let (reviews, ignored) = review::reviews(known, &known.trust);
    let now = ctx.clock.now();
    let views = reviews.cases().filter_map(|case| review::view_of(&reviews, case.id(), now).ok());
    let grants: Vec<_> = views.flat_map(|view| view.grants).collect();
    let usable: Vec<_> = grants.iter().filter(|g| g.stopped.is_none()).collect();
    let ends = usable.iter().map(|g| g.ends_at).min();
    let text = format!("{} of {} can be used now", usable.len(), grants.len());
    let granted = match (ends, ignored.len()) {
        (None, _) => look("grants", format!("{text}, so every request would be refused")),
        (Some(_), ignored) if ignored > 0 => look(
            "grants",
            format!(
                "{text}; {ignored} statements do not count: `vestibule review show` lists them"
            ),
        ),
        (Some(ends), _) => good("grants", format!("{text}; the next ends at {ends}")),
    };
    vec![heard, granted]
}
