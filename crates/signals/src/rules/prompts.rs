//! What the terms let be known of prompts: how many differ, how many are alike, whose canaries they hold.

use super::{Found, Look, count};
use crate::{Figure, Grant, Prompt, Rule, Sketch, Use};
use domain::{Digest, GrantId};
use std::collections::BTreeMap;

/// More different prompts in a day than the purpose needs.
pub(super) fn diversity(look: &Look<'_>, found: &mut Found<'_>) {
    let bound = look.purpose.distinct_per_day;
    if look.uses.iter().any(|u| u.prompt == Prompt::Sealed) {
        let why = "the terms seal content: equal prompts can't be told";
        found.unknown(Rule::Diversity, look.grant, why);
    }
    for day in look.days() {
        let mut first: BTreeMap<&Digest, &Use> = BTreeMap::new();
        for one in day {
            if let Some(digest) = one.prompt.digest() {
                first.entry(digest).or_insert(one);
            }
        }
        let is = u64::try_from(first.len()).unwrap_or(u64::MAX);
        if is > bound {
            let purpose = &look.purpose.name;
            let says = format!(
                "{is} different prompts in one day; grants for `{purpose}` are expected to need {bound}"
            );
            let figures = vec![Figure { what: "different prompts in a day", is, bound }];
            found.tell(Rule::Diversity, look.grant, first.into_values(), says, figures);
        }
    }
}

/// Systematic prompts: one template, one prompt over and over, or one size.
pub(super) fn sweep(look: &Look<'_>, found: &mut Found<'_>) {
    for day in look.days() {
        alike(look, day, found);
        same(look, day, found);
        regular(look, day, found);
    }
    if look.uses.iter().any(|u| matches!(u.prompt, Prompt::Hashed(_))) {
        let why = "the terms show no text: prompts that are equal can be told, those that are alike can't";
        found.unknown(Rule::Sweep, look.grant, why);
    }
}

/// Different prompts that vary one template, where the terms make text visible.
fn alike(look: &Look<'_>, day: &[&Use], found: &mut Found<'_>) {
    let bound = look.purpose.alike_per_day;
    let mut groups = Groups::default();
    for one in day {
        if let (Some(sketch), Some(digest)) = (one.prompt.sketch(), one.prompt.digest()) {
            groups.add(sketch, digest, one, look.thresholds.likeness());
        }
    }
    for group in groups.groups {
        let is = u64::try_from(group.members.len()).unwrap_or(u64::MAX);
        if is > bound {
            let says = format!("{is} prompts of one day vary one text");
            let figures = vec![Figure { what: "different prompts that are alike", is, bound }];
            found.tell(Rule::Sweep, look.grant, group.members.into_values(), says, figures);
        }
    }
}

/// The same prompt over and over, where the terms let digests be known.
fn same(look: &Look<'_>, day: &[&Use], found: &mut Found<'_>) {
    let bound = look.purpose.same_per_day;
    let mut by_digest: BTreeMap<&Digest, Vec<&Use>> = BTreeMap::new();
    for one in day {
        if let Some(digest) = one.prompt.digest() {
            by_digest.entry(digest).or_default().push(one);
        }
    }
    for uses in by_digest.into_values() {
        let is = count(&uses);
        if is > bound {
            let says = format!("one prompt was sent {is} times in one day");
            let figures = vec![Figure { what: "the same prompt in a day", is, bound }];
            found.tell(Rule::Sweep, look.grant, uses, says, figures);
        }
    }
}

/// Sizes that hardly differ, where the terms seal content.
fn regular(look: &Look<'_>, day: &[&Use], found: &mut Found<'_>) {
    let (bound, regular) = (look.purpose.alike_per_day, look.thresholds.regular());
    let mut sealed: Vec<&Use> =
        day.iter().copied().filter(|u| u.prompt == Prompt::Sealed).collect();
    sealed.sort_by_key(|u| (u.tokens_in, u.id));
    let (mut first, mut widest) = (0, 0..0);
    for (last, one) in sealed.iter().enumerate() {
        let too_small = |u: &&Use| {
            let spread = u.tokens_in.saturating_mul(regular.spread_permille) / 1_000;
            one.tokens_in > u.tokens_in.saturating_add(spread)
        };
        while sealed.get(first).is_some_and(too_small) {
            first += 1;
        }
        if last + 1 - first > widest.len() {
            widest = first..last + 1;
        }
    }
    let Some(band) = sealed.get(widest) else { return };
    let (is, all) = (count(band), count(&sealed).max(1));
    let share = is.saturating_mul(1_000) / all;
    if is > bound && share >= regular.share_permille {
        let says = format!("{is} of {all} sealed prompts of one day have nearly one size");
        let figures = vec![
            Figure { what: "prompts of nearly one size", is, bound },
            Figure {
                what: "their share, in thousandths",
                is: share,
                bound: regular.share_permille,
            },
        ];
        found.tell(Rule::Sweep, look.grant, band.iter().copied(), says, figures);
    }
}

/// Prompts that hold what was planted with somebody else.
pub(super) fn canary(look: &Look<'_>, known: &BTreeMap<&GrantId, &Grant>, found: &mut Found<'_>) {
    let mut by_source: BTreeMap<&GrantId, Vec<&Use>> = BTreeMap::new();
    for one in look.uses {
        for source in one.prompt.canaries() {
            by_source.entry(source).or_default().push(one);
        }
    }
    if look.uses.iter().any(|u| !matches!(u.prompt, Prompt::Visible { .. })) {
        let why = "the terms show no text, so canaries can't be looked for";
        found.unknown(Rule::Canary, look.grant, why);
    }
    for (source, uses) in by_source {
        let own =
            |grant: &&Grant| grant.party == look.grant.party && grant.person == look.grant.person;
        if *source == look.grant.grant || known.get(source).is_some_and(own) {
            continue;
        }
        let is = count(&uses);
        let says = format!("{is} prompts hold what was planted with grant `{source}`");
        let figures = vec![Figure { what: "prompts with another's canary", is, bound: 0 }];
        found.tell(Rule::Canary, look.grant, uses, says, figures);
    }
}

/// Texts that are alike, each group around its first.
#[derive(Default)]
struct Groups<'a> {
    groups: Vec<Group<'a>>,
    /// Groups by what their first texts have in each band.
    bands: BTreeMap<(usize, [u16; 4]), Vec<usize>>,
}

struct Group<'a> {
    first: &'a Sketch,
    /// One use of each prompt.
    members: BTreeMap<&'a Digest, &'a Use>,
}

/// Groups that are looked at in one band; a text in which so many meet is a common one.
const CANDIDATES: usize = 64;

impl<'a> Groups<'a> {
    fn add(&mut self, sketch: &'a Sketch, digest: &'a Digest, one: &'a Use, likeness: u64) {
        let near = sketch.bands().filter_map(|band| self.bands.get(&band));
        let near = near.flat_map(|groups| groups.iter().take(CANDIDATES));
        let likest = near
            .filter_map(|index| Some((self.groups.get(*index)?.first.likeness(sketch), *index)))
            .filter(|(is, _)| *is >= likeness)
            .max_by_key(|(is, index)| (*is, std::cmp::Reverse(*index)));
        if let Some(group) = likest.and_then(|(_, index)| self.groups.get_mut(index)) {
            group.members.entry(digest).or_insert(one);
            return;
        }
        for band in sketch.bands() {
            self.bands.entry(band).or_default().push(self.groups.len());
        }
        self.groups.push(Group { first: sketch, members: BTreeMap::from([(digest, one)]) });
    }
}
