//! A party's own witness and mirror: making one, saying what it watches, serving it.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use anyhow::Context;
use operations::cosign::{Looked, Mirror, OpenError, Witness, config, keys};
use operations::ctx::{Random, SystemClock, SystemRandom};
use operations::files;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What witness and mirror have in common.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Its folder.
    folder: PathBuf,
    /// Make the folder with fresh keys of this name, such as `lab.example/witness`, and print their public halves.
    #[arg(long, value_name = "NAME", group = "what")]
    make: Option<String>,
    /// Watch the log of this key, as in the node's `log.vkey`; repeat for several keys of one log.
    #[arg(long, value_name = "VKEY", group = "what")]
    watch: Vec<String>,
    /// With `--watch`: where the log is published, such as `http://127.0.0.1:7480/log`. A mirror fetches objects there.
    #[arg(long, value_name = "URL", requires = "watch")]
    url: Option<String>,
    /// Serve it at this address; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", group = "what")]
    listen: Option<SocketAddr>,
    /// With `--listen`: write the address that was bound here, once ready.
    #[arg(long, value_name = "FILE", requires = "listen")]
    ready: Option<PathBuf>,
    /// Show the checkpoints that are kept because they show a log's misbehaviour.
    #[arg(long, group = "what")]
    evidence: bool,
}

/// Where a server listens, said when it is ready.
#[derive(serde::Serialize)]
struct Listening {
    url: String,
    vkeys: Vec<String>,
}

async fn bind(listen: SocketAddr) -> anyhow::Result<tokio::net::TcpListener> {
    let bound = tokio::net::TcpListener::bind(listen).await;
    bound.with_context(|| format!("can't listen on {listen}"))
}

fn ready(
    global: &Global,
    listener: &tokio::net::TcpListener,
    file: Option<&Path>,
    vkeys: Vec<String>,
) -> anyhow::Result<()> {
    let url = format!("http://{}", listener.local_addr()?);
    if let Some(file) = file {
        files::write(file, format!("{url}\n").as_bytes(), files::Access::Shared)?;
    }
    show(global.json, &Listening { url, vkeys }, |l| format!("listening on {}", l.url))
}

/// Makes the keys of a witness or of a mirror.
type Make = fn(&Path, &str, &dyn Random) -> Result<Vec<String>, OpenError>;

/// Does what needs no server: makes keys, or adds a log. `None` when neither was asked for.
fn prepare(options: &Options, global: &Global, make: Make) -> anyhow::Result<Option<Exit>> {
    let folder = &options.folder;
    if let Some(name) = &options.make {
        let vkeys = make(folder, name, &SystemRandom)?;
        show(global.json, &serde_json::json!({ "folder": folder, "vkeys": vkeys }), |_| {
            format!(
                "made keys in {}\n{}\nGive these lines to the log's host and to whoever assembles the roots of trust.",
                folder.display(),
                vkeys.join("\n")
            )
        })?;
        return Ok(Some(Exit::Done));
    }
    if !options.watch.is_empty() {
        let origin = config::watch(folder, &options.watch, options.url.as_deref())?;
        show(global.json, &serde_json::json!({ "watches": origin }), |_| {
            format!("watches {origin} from its next start on")
        })?;
        return Ok(Some(Exit::Done));
    }
    Ok(None)
}

pub(crate) async fn witness(options: Options, global: &Global) -> anyhow::Result<Exit> {
    if let Some(exit) = prepare(&options, global, keys::make)? {
        return Ok(exit);
    }
    let witness = Witness::open(&options.folder, Arc::new(SystemClock))?;
    if options.evidence {
        show(global.json, &witness.evidence()?, |all| evidence(all))?;
        return Ok(Exit::Done);
    }
    let status = witness.status()?;
    let Some(listen) = options.listen else {
        show(global.json, &status, |status| {
            let mut text = format!("{}\n", status.vkeys.join("\n"));
            for log in &status.logs {
                let size = log.size.map_or("nothing yet".to_owned(), |s| format!("{s} entries"));
                text += &format!("{}: {size}\n", log.origin);
            }
            text + &format!("{} checkpoints kept as evidence", status.evidence)
        })?;
        return Ok(Exit::Done);
    };
    let listener = bind(listen).await?;
    ready(global, &listener, options.ready.as_deref(), status.vkeys)?;
    server::serve_witness(listener, Arc::new(witness), crate::context::ended()).await?;
    Ok(Exit::Done)
}

pub(crate) async fn mirror(options: Options, global: &Global) -> anyhow::Result<Exit> {
    if let Some(exit) = prepare(&options, global, keys::make_mirror)? {
        return Ok(exit);
    }
    let mirror = Mirror::open(&options.folder, Arc::new(SystemClock), &SystemRandom)?;
    if options.evidence {
        show(global.json, &mirror.evidence()?, |all| evidence(all))?;
        return Ok(Exit::Done);
    }
    let status = mirror.status()?;
    let Some(listen) = options.listen else {
        show(global.json, &status, |status| {
            let mut text = format!("{}\n", status.vkeys.join("\n"));
            for log in &status.logs {
                text += &format!(
                    "{}: {} entries held, {} signed for\n",
                    log.origin, log.held, log.signed
                );
            }
            text + &format!("{} checkpoints kept as evidence", status.evidence)
        })?;
        return Ok(Exit::Done);
    };
    let listener = bind(listen).await?;
    ready(global, &listener, options.ready.as_deref(), status.vkeys)?;
    let mirror = Arc::new(mirror);
    let serving = server::serve_mirror(listener, Arc::clone(&mirror), crate::context::ended());
    tokio::select! {
        served = serving => served?,
        () = keep_objects(&mirror) => {}
    }
    Ok(Exit::Done)
}

/// Fetches the objects beside the mirrored logs, again and again.
async fn keep_objects(mirror: &Mirror) {
    let mut looked = Looked::default();
    let mut said = String::new();
    let mut ticks = tokio::time::interval(std::time::Duration::from_secs(2));
    loop {
        ticks.tick().await;
        let now = match mirror.fetch_objects(&mut looked).await {
            Ok(done) if done.absent + done.wrong > 0 => format!(
                "note: {} objects are not served by the log's host, and {} are not what their entries name",
                done.absent, done.wrong
            ),
            Ok(_) => String::new(),
            Err(error) => format!("note: objects can't be fetched: {}", operations::plain(&error)),
        };
        if now != said && !now.is_empty() {
            eprintln!("{now}");
        }
        said = now;
    }
}

fn evidence(all: &[operations::cosign::EvidenceView]) -> String {
    let mut text = String::new();
    for view in all {
        text += &format!("{} {} {}\n{}\n", view.at, view.origin, view.shows, view.note);
        if let Some(against) = &view.against {
            text += &format!("recorded before it:\n{against}\n");
        }
    }
    text + &format!("{} checkpoints kept as evidence", all.len())
}
