//! The model in use through the developer's gateway, and the end of that.

use crate::tour::process::{self, Service};
use crate::tour::stage::{Tour, index, words};
use anyhow::{Context, bail};
use sandbox::companion::Companion;
use serde_json::{Value, json};
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// The longest that a stream is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The evaluator asks the model to review a program, as any chat client would.
pub(super) fn usage(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.once("answered", |tour| {
        let started = process::now();
        let prompt = tour.arg("inputs/review-prompt.txt");
        let save = tour.arg("use/answer.txt");
        let gateway = tour.gateway_url()?;
        let credential = tour.credential("evaluator");
        let verb = words(
            "ask {} --endpoint {} --credential {} --model example-model-2 --save {}",
            &[&prompt, &gateway, &credential, &save],
        );
        tour.ask("evaluator", &verb, &[])?;
        let text = std::fs::read_to_string(tour.path("use/answer.txt"))?;
        let answer: Value = serde_json::from_str(&text).context("the model's answer")?;
        let found = answer["findings"][0].clone();
        let message = found["message"].as_str().context("the model found nothing")?;
        let what = "asks the model through the gateway to review a program";
        tour.show.tick(what, "evaluator", None, started.elapsed());
        tour.show.note(&format!("the model, line {}: {message}", found["line"]));
        Ok(found)
    })?;
    tour.once("stranger", |tour| {
        let started = process::now();
        let prompt = tour.arg("inputs/hello.txt");
        let gateway = tour.gateway_url()?;
        // the defender's grant is not issued yet; any other file is no credential at all
        let wrong = tour.arg("inputs/no-credential.txt");
        let verb = words(
            "ask {} --endpoint {} --credential {} --model example-model-2",
            &[&prompt, &gateway, &wrong],
        );
        let answer = tour.run("evaluator", &verb)?;
        if answer.code != 1 {
            bail!("a request without a grant should have been refused: {}", answer.complaint());
        }
        let what = "a request with a credential that nobody granted";
        tour.show.tick(what, "anyone", None, started.elapsed());
        tour.show.note(&format!("refused: {}", answer.complaint()));
        Ok(Value::String(answer.complaint()))
    })?;
    Ok(None)
}

/// The developer withdraws while an answer streams, and then records a release.
pub(super) fn withdrawal(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.once("withdrawn", cut)?;
    let prompt = tour.arg("inputs/hello.txt");
    let (gateway, credential) = (tour.gateway_url()?, tour.credential("evaluator"));
    let again = words(
        "ask {} --endpoint {} --credential {} --model example-model-2",
        &[&prompt, &gateway, &credential],
    );
    tour.refused("refused", "evaluator", "asks again with the same credential", &again)?;
    tour.once("uses", uses)?;
    tour.act(
        "released",
        "developer",
        "records the release; no state, this one neither, can block it",
        &words("review release --case case-1 --model example-model-2 --to public", &[]),
    )?;
    Ok(None)
}

/// An answer streams; the developer withdraws; the answer ends.
fn cut(tour: &mut Tour) -> anyhow::Result<Value> {
    let path = tour.path("run/stream.txt");
    let mut stream = open_stream(tour, &path)?;
    let waiting = process::now();
    let length = |path: &Path| path.metadata().map_or(0, |m| m.len());
    while length(&path) == 0 && stream.ended()?.is_none() && waiting.elapsed() < PATIENCE {
        process::pause(Duration::from_millis(5));
    }
    let streaming = stream.ended()?.is_none();
    let started = process::now();
    let verb = words("review withdraw --case case-1", &[]);
    let key = tour.key("withdrawn");
    let command = tour.command("developer", Some(&key), &verb);
    let answer = std::thread::scope(|scope| {
        // the verb runs beside the stream, so that the stream's end is seen when it happens
        let verb = scope.spawn(|| process::run(&tour.binary, &command));
        while stream.ended()?.is_none() && started.elapsed() < PATIENCE {
            process::pause(Duration::from_millis(1));
        }
        let ended = started.elapsed();
        let answer =
            verb.join().map_err(|_| anyhow::anyhow!("the withdrawal's thread ended"))??;
        anyhow::Ok((answer, ended))
    })?;
    let (answer, ended) = answer;
    let came = crate::tour::stage::succeeded(&verb, answer, &[0])?.json()?;
    if stream.ended()?.is_none() {
        bail!("the stream went on after the withdrawal");
    }
    let what = "withdraws all access in a word, for a reason or none";
    tour.show.tick(what, "developer", index(&came), started.elapsed());
    let said = std::fs::read_to_string(&path).unwrap_or_default();
    let last = said.trim_end().lines().last().unwrap_or_default().to_owned();
    if !streaming {
        tour.show.note("access had ended before this tour was cut short");
        return Ok(json!({ "index": index(&came) }));
    }
    if !last.contains("cut after") {
        bail!("the stream was not cut: {last}");
    }
    tour.show.note(&format!(
        "an answer that was streaming ended {} ms after the command began: {last}",
        ended.as_millis()
    ));
    Ok(json!({ "index": index(&came), "cut_after_ms": u64::try_from(ended.as_millis())? }))
}

fn open_stream(tour: &mut Tour, path: &Path) -> anyhow::Result<Companion> {
    let prompt = tour.arg("inputs/hello.txt");
    let credential = tour.credential("evaluator");
    let gateway = tour.gateway_url()?;
    let verb = words(
        "ask {} --endpoint {} --credential {} --model example-model-2 --stream",
        &[&prompt, &gateway, &credential],
    );
    // in plain words, as they come
    let command = tour.plainly("evaluator", &verb);
    let file = File::create(path).with_context(|| path.display().to_string())?;
    Ok(Companion::start(&tour.binary, &command, file)?)
}

/// The gateway ends and logs what is not logged yet.
fn uses(tour: &mut Tour) -> anyhow::Result<Value> {
    let started = process::now();
    if let Some(gateway) = tour.gateway.take() {
        gateway.stop()?;
    }
    let logged = tour.ask("inspector", &words("log show --kind uses-recorded", &[]), &[])?;
    let logged = logged.as_array().map_or(0, Vec::len);
    let case = tour.ask("inspector", &words("review show --case case-1", &[]), &[])?;
    let grants = case["grants"].as_array();
    let used = grants.and_then(|all| all.iter().find(|g| g["grant"] == "grant-1"));
    let used = used.context("the grant is known")?;
    let what = "the uses are in the log, one leaf a grant and minute";
    tour.show.tick(what, "developer", None, started.elapsed());
    tour.show.note(&format!(
        "{logged} leaves over salted trees; {} of {} tokens in {} requests",
        used["used_tokens"], used["budget_tokens"], used["used_requests"]
    ));
    Ok(logged.into())
}

impl Tour {
    /// Where the model listens; it is started when it does not run.
    pub(crate) fn solver_url(&mut self) -> anyhow::Result<String> {
        if self.solver.is_none() {
            let args = words("solver --skill strong --listen 127.0.0.1:0 --pace 250", &[]);
            self.solver = Some(Service::start(&self.binary, "model", &args, &self.path("run"))?);
        }
        Ok(self.solver.as_ref().map(|s| s.url.clone()).unwrap_or_default())
    }

    /// Where the developer's gateway listens; it is started when it does not run.
    fn gateway_url(&mut self) -> anyhow::Result<String> {
        if self.gateway.is_none() {
            let started = process::now();
            let upstream = self.solver_url()?;
            // the tour kills the node in between; a busy machine is no cut
            let verb =
                words("gateway --upstream {} --listen 127.0.0.1:0 --lease 30000", &[&upstream]);
            let args = self.command("developer", None, &verb);
            self.gateway = Some(Service::start(&self.binary, "gateway", &args, &self.path("run"))?);
            self.show.tick(
                "the gateway stands before the model",
                "developer",
                None,
                started.elapsed(),
            );
        }
        Ok(self.gateway.as_ref().map(|g| g.url.clone()).unwrap_or_default())
    }

    /// The file with a party's credential.
    pub(crate) fn credential(&self, party: &str) -> String {
        self.home(party).join("credential").display().to_string()
    }
}
