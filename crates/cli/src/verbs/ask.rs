//! A plain chat-completions client.

use crate::context::Global;
use crate::exit::Exit;
use anyhow::Context;
use operations::ask::{Answer, AskError, Credential, DELEGATION_BYTES, ProofKey, Question, ask};
use operations::files;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most bytes of a prompt.
const PROMPT: u64 = 4 << 20;

/// Ask a model one question, as any OpenAI-compatible client would: through a gateway, or directly.
///
/// Exit code 1 when the endpoint refuses or cuts its answer; what it said is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// The prompt, a text file; `-` reads it from standard input.
    prompt: PathBuf,
    /// The endpoint's base URL, such as `http://127.0.0.1:7481/v1`.
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// A file with the grant's credential.
    #[arg(long, value_name = "FILE")]
    credential: Option<PathBuf>,
    /// The key that the credential is bound or delegated to, from `gateway client-key`: each request gets a proof (DPoP).
    #[arg(long, value_name = "FILE", requires = "credential")]
    dpop_key: Option<PathBuf>,
    /// A delegation to that key, from `gateway delegate`.
    #[arg(long, value_name = "FILE", requires = "dpop_key")]
    delegation: Option<PathBuf>,
    /// The model's name at the endpoint.
    #[arg(long)]
    model: String,
    /// Print the answer as it comes.
    #[arg(long)]
    stream: bool,
    /// Instructions before the prompt.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Most tokens of the answer.
    #[arg(long, value_name = "N")]
    max_tokens: Option<u64>,
    /// Also write the answer's text here, if it came whole.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// The longest to wait, in seconds.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
}

impl Ask {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let mut credential = self.credential.as_deref().map(Credential::from_file).transpose()?;
        if let (Some(bare), Some(key)) = (credential.clone(), &self.dpop_key) {
            let chain =
                self.delegation.as_ref().map(|file| files::read_text(file, DELEGATION_BYTES));
            let key = ProofKey::from_file(key)?;
            credential = Some(bare.proved_by(key, chain.transpose()?.as_deref())?);
        }
        let question = Question {
            endpoint: self.endpoint,
            credential,
            model: self.model,
            system: self.system,
            prompt: prompt(&self.prompt)?,
            stream: self.stream,
            max_tokens: self.max_tokens,
            patience: Duration::from_secs(self.seconds),
        };
        let mut out = std::io::stdout();
        let (quiet, terminal) = (global.json, out.is_terminal());
        let mut spoke = false;
        let mut heard = |text: &str| {
            if !quiet {
                spoke = true;
                // a reader that went away is no reason to stop spending the answer that is saved
                let _ = out.write_all(printable(text, terminal).as_bytes());
                let _ = out.flush();
            }
        };
        let answered = ask(&question, &mut heard).await;
        if spoke {
            println!();
        }
        match answered {
            Ok(answer) => whole(&answer, self.save.as_deref(), quiet),
            Err(error) if error.code().is_some() => Ok(no(&error, quiet)),
            Err(error) => Err(error.into()),
        }
    }
}

fn whole(answer: &Answer, save: Option<&Path>, json: bool) -> anyhow::Result<Exit> {
    if let Some(path) = save {
        files::write(path, answer.text.as_bytes(), files::Access::Shared)?;
    }
    if json {
        println!("{}", serde_json::to_string(answer)?);
    } else if answer.finish_reason.as_deref() == Some("length") {
        eprintln!("note: the answer ends where its tokens did");
    }
    Ok(Exit::Done)
}

fn no(error: &AskError, json: bool) -> Exit {
    let code = error.code().unwrap_or_default();
    if json {
        let text = error.to_string();
        eprintln!("{}", serde_json::json!({"error": text, "kind": "refused", "code": code}));
    } else {
        eprintln!("refused: {error} [{code}]");
    }
    Exit::No
}

fn prompt(path: &Path) -> anyhow::Result<String> {
    if path != Path::new("-") {
        return Ok(files::read_text(path, PROMPT)?);
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().take(PROMPT + 1).read_to_string(&mut text);
    let read = read.context("can't read the prompt from standard input")?;
    anyhow::ensure!(read as u64 <= PROMPT, "the prompt is longer than {PROMPT} bytes");
    Ok(text)
}

/// What a model says is not to be believed by a terminal: control characters are left out there.
fn printable(text: &str, terminal: bool) -> String {
    let plain = |c: &char| !terminal || !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().filter(plain).collect()
}
