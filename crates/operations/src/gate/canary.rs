//! Canaries and marks: words that stand in what one recipient was given, and in nobody else's.
//!
//! Both come from one secret of the home, `canary.key`, by HMAC-SHA256, so that nothing needs to be kept: who holds the secret
//! computes them again. A canary belongs to a grant and is six words in a row, planted where its holder will read them; the
//! gateway looks for it in others' prompts. A mark belongs to a text's recipient and is six words at its end.

use crate::act::{ActError, Ctx};
use crate::files::{self, Access};
use aws_lc_rs::hmac;
use domain::{GrantId, PartyId};
use gateway::LiveReviews;
use serde::Serialize;
use signals::Canaries;
use std::collections::BTreeSet;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Canaries of each grant that the gateway looks for.
pub const CANARIES: u8 = 8;
/// Words of a canary: six of 128, so that 42 bits of the secret are in each.
const CHOSEN: usize = 6;
const WORDS: [&str; 128] = [
    "acorn", "alder", "amber", "anchor", "anvil", "apricot", "arbor", "aspen", "badger", "barley",
    "basalt", "beacon", "beetle", "birch", "bison", "bramble", "brass", "bridle", "bronze",
    "cactus", "canal", "candle", "canyon", "cedar", "chalk", "cherry", "cinder", "citrus",
    "clover", "cobalt", "comet", "copper", "coral", "cotton", "crater", "cricket", "crystal",
    "cypress", "dahlia", "delta", "dolphin", "ember", "falcon", "fennel", "fern", "fjord", "flint",
    "fossil", "fulcrum", "garnet", "ginger", "glacier", "granite", "gravel", "harbor", "hazel",
    "heron", "hickory", "hornet", "indigo", "island", "ivory", "jackal", "jasmine", "juniper",
    "kelp", "kestrel", "lantern", "larch", "laurel", "ledger", "lemon", "lichen", "lilac", "linen",
    "locust", "lotus", "magnet", "mallard", "maple", "marble", "marsh", "meadow", "mercury",
    "mimosa", "minnow", "mortar", "mosaic", "nectar", "nettle", "nickel", "nutmeg", "oasis",
    "olive", "onyx", "orchid", "osprey", "otter", "oyster", "paddle", "pebble", "pepper", "pewter",
    "pigeon", "plover", "poplar", "prism", "pumice", "quartz", "quill", "rabbit", "raven", "reef",
    "rhubarb", "saddle", "saffron", "sparrow", "spindle", "sorrel", "tallow", "thistle", "timber",
    "topaz", "tundra", "turnip", "velvet", "walnut", "willow",
];

/// One canary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Canary {
    /// Whose it is.
    pub grant: GrantId,
    /// Which of the grant's, from 0.
    pub number: u8,
    /// The six words. They are found in any letter case, and whatever stands between them.
    pub text: String,
}

/// A text that was marked for a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// The recipient.
    pub to: PartyId,
    /// The mark at the text's end.
    pub mark: String,
    /// The text with it.
    #[serde(skip)]
    pub text: String,
}

/// The canaries of a grant. Makes the home's secret where there is none.
///
/// # Errors
/// The secret can't be read or written.
pub fn canaries(ctx: &Ctx, grant: &GrantId) -> Result<Vec<Canary>, ActError> {
    let key = secret(ctx)?;
    Ok(each(&key, grant).collect())
}

fn each(key: &hmac::Key, grant: &GrantId) -> impl Iterator<Item = Canary> {
    (0..CANARIES).map(move |number| Canary {
        grant: grant.clone(),
        number,
        text: words(key, b"vestibule/canary/v1", &[grant.as_str().as_bytes(), &[number]]),
    })
}

/// The grants whose canaries the gateway looks for already.
#[derive(Debug, Default)]
pub(super) struct Planted(BTreeSet<GrantId>);

impl Planted {
    /// The canaries of grants that have none planted yet.
    pub(super) fn more(&mut self, ctx: &Ctx, live: &LiveReviews) -> Result<Canaries, ActError> {
        // requests wait while the rules are read, so nothing is computed there
        let lacking = live.read(|reviews| {
            let requests = reviews.cases().flat_map(access::Case::grant_requests);
            self.lacking(requests.map(|request| &request.grant))
        });
        self.plant(ctx, lacking)
    }

    fn lacking<'a>(&self, grants: impl Iterator<Item = &'a GrantId>) -> Vec<GrantId> {
        grants.filter(|grant| !self.0.contains(*grant)).cloned().collect()
    }

    /// Nothing where the home has no secret, which is looked for each time.
    fn plant(&mut self, ctx: &Ctx, grants: Vec<GrantId>) -> Result<Canaries, ActError> {
        let mut more = Canaries::default();
        if grants.is_empty() || !path(ctx).exists() {
            return Ok(more);
        }
        let key = secret(ctx)?;
        for canary in grants.iter().flat_map(|grant| each(&key, grant)) {
            more.plant(&canary.text, canary.grant);
        }
        self.0.extend(grants);
        Ok(more)
    }
}

/// A copy of a text for one recipient, with a mark that depends on both.
///
/// # Errors
/// The secret can't be read or written.
pub fn mark(ctx: &Ctx, text: &str, to: &PartyId) -> Result<Marked, ActError> {
    let body = text.trim_end();
    let mark = mark_of(&secret(ctx)?, body, to);
    Ok(Marked { to: to.clone(), text: format!("{body}\n\n({mark})\n"), mark })
}

/// Which of some parties a text with a mark was for; none when it has no mark of theirs.
///
/// # Errors
/// The secret can't be read or written.
pub fn whose(ctx: &Ctx, text: &str, parties: &[PartyId]) -> Result<Option<PartyId>, ActError> {
    let key = secret(ctx)?;
    let Some((body, mark)) = text.trim_end().rsplit_once("\n\n(") else { return Ok(None) };
    let mark = mark.trim_end_matches(')');
    Ok(parties.iter().find(|to| mark_of(&key, body, to) == mark).cloned())
}

fn mark_of(key: &hmac::Key, body: &str, to: &PartyId) -> String {
    words(key, b"vestibule/mark/v1", &[to.as_str().as_bytes(), body.as_bytes()])
}

/// Six words of the HMAC over a label and parts, each with its length before it.
fn words(key: &hmac::Key, label: &[u8], parts: &[&[u8]]) -> String {
    let mut context = hmac::Context::with_key(key);
    for part in [&[label], parts].concat() {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        context.update(&length.to_be_bytes());
        context.update(part);
    }
    let tag = context.sign();
    let chosen = tag.as_ref().iter().take(CHOSEN);
    let chosen = chosen.filter_map(|byte| WORDS.get(usize::from(byte >> 1)).copied());
    chosen.collect::<Vec<_>>().join(" ")
}

fn path(ctx: &Ctx) -> PathBuf {
    ctx.home.folder().join("canary.key")
}

fn secret(ctx: &Ctx) -> Result<hmac::Key, ActError> {
    let path = path(ctx);
    if !path.exists() {
        let mut fresh = Zeroizing::new([0; 32]);
        ctx.random.fill(&mut *fresh);
        files::create(&path, &*fresh, Access::Private)?;
    }
    let key = Zeroizing::new(files::read(&path, 32)?);
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &key))
}

#[cfg(test)]
mod tests;
