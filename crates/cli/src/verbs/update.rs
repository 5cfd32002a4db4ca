//! Feeds made into one file.

use crate::context::{Global, environment};
use crate::exit::Exit;
use crate::output::{self, show};
use anyhow::Context as _;
use operations::ctx::{Clock, SystemClock};
use operations::feeds::{
    self, Compiled, Fetched, Order, PinnedKeys, Received, Recorded, Sources, Subscription,
};
use operations::files;
use std::path::PathBuf;

/// Fetches feeds and makes one file of them, with which `check` starts at once.
///
/// With `--from` it reads what was fetched and carried over, and needs no network. The same files give the same
/// bytes, but for the time at which it was made. With --home the snapshot's digest is stated in the log. If anything can't be fetched, verified or read, all stays as it was.
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// Folders or files with OSV advisories, KEV, SSVC, EPSS and CSAF; the name says what a file is.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from: Vec<PathBuf>,
    /// Fetch OSV's advisories of this ecosystem, such as PyPI or Debian; repeat.
    #[arg(long, value_name = "NAME", conflicts_with = "from")]
    ecosystem: Vec<String>,
    /// Fetch every document of this CSAF provider: the address of its provider-metadata.json; repeat.
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    csaf: Vec<String>,
    /// An OpenPGP public key: each CSAF document must be signed by it (`NAME.asc` beside it); repeat.
    #[arg(long, value_name = "FILE", conflicts_with = "feed")]
    csaf_key: Vec<PathBuf>,
    /// The fingerprint of such a key, which is fetched from where the CSAF provider says; repeat.
    #[arg(long, value_name = "HEX", conflicts_with_all = ["from", "feed"])]
    csaf_fingerprint: Vec<String>,
    /// Take a signed feed, from an address or a folder: of its slices those that the inventories need.
    #[arg(long, value_name = "URL|DIR", requires = "root", conflicts_with_all = ["from", "ecosystem", "csaf", "sources"])]
    feed: Option<String>,
    /// The feed's root file, from whoever publishes it, by a way that you trust.
    #[arg(long, value_name = "FILE", requires = "feed")]
    root: Option<PathBuf>,
    /// An inventory, or a folder of them, whose packages the feed is for, as for `check`; repeat.
    #[arg(long, value_name = "PATH", requires = "feed")]
    inventory: Vec<PathBuf>,
    /// Take the whole feed, so that its server learns nothing of your packages.
    #[arg(long, requires = "feed", conflicts_with = "inventory")]
    whole: bool,
    /// Where to keep fetched files.
    #[arg(long, value_name = "DIR", default_value = "feeds", conflicts_with = "from")]
    folder: PathBuf,
    /// Fetch from these addresses instead of the shipped ones: a file like rules/feeds.toml.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    sources: Option<PathBuf>,
    /// Believe these certificate authorities (PEM) instead of the system's.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    ca: Option<PathBuf>,
    /// The file to write; give it to `check --feeds`.
    #[arg(long, value_name = "FILE", default_value = "feeds.index")]
    to: PathBuf,
}

impl Update {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        if let (Some(feed), Some(root)) = (self.feed.clone(), self.root.clone()) {
            return self.subscribe(feed, root, global).await;
        }
        if self.from.is_empty() {
            return self.fetch(global).await;
        }
        let bar = output::bar(global.json, 0, "reading feeds");
        let progress = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let (now, keys) = (SystemClock.now(), self.keys()?);
        let (made, signed) = feeds::compile_signed(&self.from, keys, &self.to, now, &progress)?;
        bar.finish_and_clear();
        let say = |made: &Compiled| text(made) + &vouched(signed);
        recorded(global, made, |made| made, say).await
    }
}

impl Update {
    /// The pinned keys.
    fn keys(&self) -> anyhow::Result<PinnedKeys> {
        let mut keys = PinnedKeys::default();
        for path in &self.csaf_key {
            let bytes = files::read(path, 1 << 20)?;
            keys.add(&bytes, None).with_context(|| path.display().to_string())?;
        }
        Ok(keys)
    }

    async fn subscribe(self, feed: String, root: PathBuf, global: &Global) -> anyhow::Result<Exit> {
        if self.inventory.is_empty() && !self.whole {
            anyhow::bail!(
                "say for what: --inventory Cargo.lock, --inventory / for this machine; or --whole"
            );
        }
        let authorities = self.ca.as_ref().map(|path| files::read(path, 1 << 20)).transpose()?;
        let order = Subscription {
            feed,
            root,
            inventories: (!self.whole).then_some(self.inventory),
            authorities,
            folder: self.folder,
            to: self.to,
        };
        let bar = output::bar(global.json, 0, "fetching slices");
        let progress = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let received = feeds::receive(&order, SystemClock.now(), &progress).await?;
        bar.finish_and_clear();
        recorded(global, received, |received| &received.compiled, slices).await
    }

    async fn fetch(self, global: &Global) -> anyhow::Result<Exit> {
        if self.ecosystem.is_empty() && self.csaf.is_empty() {
            anyhow::bail!(
                "name what to fetch advisories of: --ecosystem PyPI, --csaf URL; or give --feed URL or --from PATH"
            );
        }
        let sources = match &self.sources {
            Some(path) => Sources::read(&files::read_text(path, 1 << 20)?)?,
            None => Sources::shipped(),
        };
        let authorities = self.ca.as_ref().map(|path| files::read(path, 1 << 20)).transpose()?;
        let csaf_keys = self.keys()?;
        let order = Order {
            csaf_keys,
            csaf_fingerprints: self.csaf_fingerprint.iter().map(|text| hexadecimal(text)).collect(),
            sources,
            ecosystems: self.ecosystem,
            csaf: self.csaf,
            authorities,
            folder: self.folder,
            to: self.to,
        };
        let bar = output::bar(global.json, 0, "fetching feeds");
        let progress = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let fetched = feeds::update(&order, SystemClock.now(), &progress).await?;
        bar.finish_and_clear();
        let say = |fetched: &Fetched| {
            let Fetched { compiled, taken, files, changed, without_hash, signatures, signed } =
                fetched;
            let mut text = text(compiled);
            text += &format!("{files} files, {changed} of them new; snapshot {taken}\n");
            if *without_hash > 0 {
                text +=
                    &format!("note: {without_hash} CSAF documents come without a published hash\n");
            }
            if *signatures > 0 {
                text += &format!(
                    "note: {signatures} OpenPGP signatures were not verified; pin a key with --csaf-key\n"
                );
            }
            text += &vouched(*signed);
            text
        };
        recorded(global, fetched, |fetched| &fetched.compiled, say).await
    }
}

/// A fingerprint as people write it: spaces and colons between.
fn hexadecimal(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase()
}

fn vouched(signed: usize) -> String {
    if signed == 0 {
        return String::new();
    }
    format!("{signed} CSAF documents, each signed by a pinned key\n")
}

/// What was made, and what became of its statement.
#[derive(serde::Serialize)]
struct Made<T> {
    #[serde(flatten)]
    made: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Recorded>,
}

/// States the snapshot in the log where a home was named, and says what was made.
async fn recorded<T: serde::Serialize>(
    global: &Global,
    made: T,
    compiled: impl Fn(&T) -> &Compiled,
    say: impl Fn(&T) -> String,
) -> anyhow::Result<Exit> {
    let named = global.home.is_some() || environment("VESTIBULE_HOME").is_some();
    let recorded = if named {
        let ctx = global.ctx().context(WRITTEN)?;
        let done = feeds::record(&ctx, compiled(&made), global.request()).await;
        Some(done.context(WRITTEN)?)
    } else {
        None
    };
    show(global.json, &Made { made, recorded }, |Made { made, recorded }| {
        let stated = recorded.as_ref().map(|one| match &one.done {
            Some(done) => format!("the log: snapshot {}\n{}\n", one.snapshot, output::said(done)),
            None => format!("the log: snapshot {} is there already\n", one.snapshot),
        });
        say(made) + &stated.unwrap_or_default()
    })?;
    Ok(Exit::Done)
}

/// Said where the index is good and the log was not reached.
const WRITTEN: &str = "the index is written, but which snapshot it is was not stated in the log";

fn text(made: &Compiled) -> String {
    let mut text = format!(
        "{}: {} advisories, {} bytes, SHA-256 {}\n",
        made.index.display(),
        made.advisories,
        made.bytes,
        made.sha256
    );
    for source in &made.snapshot.sources {
        text += &format!("  {:<44} {:>8} records\n", source.name, source.records);
    }
    for (why, count) in &made.snapshot.left_out {
        text += &format!("  left out: {count} ({why})\n");
    }
    text
}

/// What of a signed feed was taken.
fn slices(received: &Received) -> String {
    let Compiled { index, bytes, advisories, .. } = &received.compiled;
    let mut text = format!(
        "feed of {}, state {}, signed under root {}; good until {}\n",
        received.made_at, received.version, received.root, received.expires
    );
    let of = received
        .packages
        .map_or_else(|| "all packages".to_owned(), |packages| format!("{packages} packages"));
    text += &format!(
        "{} slices for {of}, {} of them new ({} as a change); fetched {} bytes in {} files\n",
        received.slices,
        received.changed,
        received.deltas,
        received.fetched_bytes,
        received.fetched_files
    );
    text += &format!("{}: {advisories} advisories, {bytes} bytes\n", index.display());
    text += &format!("snapshot {}\n", received.taken);
    for one in &received.unread {
        text += &format!("note: not read: {}\n", one.reason);
    }
    text
}
