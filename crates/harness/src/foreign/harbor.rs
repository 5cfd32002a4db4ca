//! Harbor: one folder, one `task.toml`, with `instruction.md`, `environment/`, `tests/` and perhaps `solution/`.

mod docker;

use super::folder::{Folder, bounded};
use super::{ForeignError, Format, Given, Scoring, Task, compose};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// What its file is called.
pub(super) const NAME: &str = "task.toml";
/// Most bytes of it.
const BOUND: usize = 64 << 10;
/// The script that decides.
pub(super) const CHECK: &str = "test.sh";

/// The keys of each table, as of schema 1.4 and the spellings before. An empty list takes any.
const KEYS: [(&str, &[&str]); 8] = [
    (
        "",
        &[
            "schema_version",
            "version",
            "source",
            "task",
            "metadata",
            "agent",
            "verifier",
            "environment",
            "solution",
            "steps",
            "artifacts",
            "multi_step_reward_strategy",
        ],
    ),
    ("task", &["name", "version", "description", "authors", "keywords"]),
    ("metadata", &[]),
    ("agent", &["timeout_sec", "user", "network_mode", "allowed_hosts"]),
    (
        "verifier",
        &[
            "timeout_sec",
            "env",
            "environment_mode",
            "environment",
            "user",
            "collect",
            "network_mode",
            "allowed_hosts",
        ],
    ),
    (
        "environment",
        &[
            "build_timeout_sec",
            "docker_image",
            "cpus",
            "memory_mb",
            "storage_mb",
            "memory",
            "storage",
            "gpus",
            "gpu_types",
            "allow_internet",
            "env",
            "healthcheck",
            "workdir",
            "network_mode",
            "allowed_hosts",
            "mcp_servers",
            "skills_dir",
            "os",
        ],
    ),
    ("solution", &["env"]),
    (
        "environment.healthcheck",
        &[
            "command",
            "interval_sec",
            "timeout_sec",
            "retries",
            "start_period_sec",
            "start_interval_sec",
        ],
    ),
];

/// What a file says that matters here.
#[derive(Debug, Default)]
pub(super) struct Settings {
    name: Option<String>,
    metadata: BTreeMap<String, String>,
    lacks: Vec<String>,
    notes: Vec<String>,
    /// Where the task works, if it says so here.
    workdir: Option<String>,
    /// Seconds that its check may take.
    seconds: u32,
    /// Bytes of memory that its check may take.
    memory: u64,
}

/// Seconds of a check that says nothing, and the most.
const SECONDS: (f64, f64) = (600.0, 3_600.0);
/// MiB of memory of a check that says nothing, and the most.
const MEMORY: (i64, i64) = (2_048, 8_192);

impl Settings {
    /// Reads a file strictly: a key that is not of the format is refused.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, ForeignError> {
        if text.len() > BOUND {
            return Err(ForeignError::new(file, None, "it has more than 64 KiB"));
        }
        let root: Table = text.parse().map_err(|e: toml::de::Error| {
            ForeignError::new(file, None, format!("is no TOML: {}", e.message()))
        })?;
        let table = |path: &str| -> Result<Option<&Table>, ForeignError> {
            let mut at = &root;
            for part in path.split('.').filter(|part| !part.is_empty()) {
                at = match at.get(part) {
                    None => return Ok(None),
                    Some(Value::Table(table)) => table,
                    Some(_) => return Err(wrong(file, path, "must be a table")),
                };
            }
            Ok(Some(at))
        };
        for (path, keys) in KEYS {
            known(file, (path, keys), table(path)?)?;
        }
        let mut settings = Self::default();
        for path in ["environment", "verifier", "solution"] {
            own(file, path, table(path)?)?;
        }
        let text = |path: &str, key: &str| -> Option<String> {
            let value = table(path).ok().flatten()?.get(key)?;
            value.as_str().map(str::to_owned)
        };
        settings.name = text("task", "name");
        for (key, value) in table("metadata")?.into_iter().flatten() {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            settings.metadata.insert(key.clone(), shown);
        }
        for key in ["gpus", "mcp_servers", "skills_dir"] {
            let asked = table("environment")?.and_then(|t| t.get(key));
            if asked.is_some_and(|v| {
                v.as_integer() != Some(0) && v.as_array().is_none_or(|a| !a.is_empty())
            }) {
                settings.lacks.push(format!("`environment.{key}`"));
            }
        }
        if root.get("steps").and_then(Value::as_array).is_some_and(|steps| !steps.is_empty()) {
            settings.lacks.push("several steps with a check after each".to_owned());
        }
        if let Some(image) = text("environment", "docker_image") {
            settings.lacks.push(format!("the container image `{image}`, to be had by hand"));
        }
        settings.besides(&table, &text)?;
        settings.workdir = text("environment", "workdir");
        settings.bounds(table("environment")?, table("verifier")?);
        settings.network(&text, table("environment")?);
        if text("verifier", "environment_mode").as_deref() != Some("separate") {
            settings.notes.push(
                "its check ran beside the agent, which could forge it; here it is kept apart"
                    .to_owned(),
            );
        }
        Ok(settings)
    }

    /// What the format lets a task ask for that no sandbox here offers.
    fn besides<'a>(
        &mut self,
        table: &impl Fn(&str) -> Result<Option<&'a Table>, ForeignError>,
        text: &impl Fn(&str, &str) -> Option<String>,
    ) -> Result<(), ForeignError> {
        for (path, key) in [
            ("environment", "env"),
            ("environment", "healthcheck"),
            ("verifier", "env"),
            ("verifier", "environment"),
            ("verifier", "collect"),
        ] {
            let said = table(path)?.and_then(|t| t.get(key));
            if said.is_some_and(|v| v.as_table().is_none_or(|t| !t.is_empty())) {
                self.lacks.push(format!("`{path}.{key}`"));
            }
        }
        for path in ["agent", "verifier"] {
            if let Some(user) = text(path, "user").filter(|user| user != "root") {
                self.lacks.push(format!("the user `{user}` of its image (`{path}.user`)"));
            }
        }
        Ok(())
    }

    fn bounds(&mut self, environment: Option<&Table>, verifier: Option<&Table>) {
        let number = |v: &Value| v.as_float().or_else(|| v.as_integer()?.to_string().parse().ok());
        let seconds = verifier.and_then(|t| t.get("timeout_sec")).and_then(number);
        let seconds = seconds.filter(|s| s.is_finite()).unwrap_or(SECONDS.0);
        // no sign and within an hour, so nothing is cut
        let whole = seconds.clamp(1.0, SECONDS.1).ceil().to_string();
        self.seconds = whole.parse().unwrap_or(600);
        let memory = environment.and_then(|t| t.get("memory_mb")).and_then(Value::as_integer);
        let memory = memory.unwrap_or(MEMORY.0).clamp(64, MEMORY.1);
        self.memory = u64::try_from(memory).unwrap_or(2_048) << 20;
    }

    fn network(
        &mut self,
        text: &dyn Fn(&str, &str) -> Option<String>,
        environment: Option<&Table>,
    ) {
        let modes = ["environment", "agent", "verifier"].map(|path| text(path, "network_mode"));
        let closed = environment.and_then(|t| t.get("allow_internet")).and_then(Value::as_bool);
        let open = modes.iter().flatten().any(|mode| mode != "no-network");
        let unsaid = modes.iter().all(Option::is_none) && closed != Some(false);
        if open || unsaid || closed == Some(true) {
            self.notes
                .push("it would have had the internet; here no task has a network".to_owned());
        }
    }
}

/// Refuses a key that the format does not have.
fn known(
    file: &str,
    (path, keys): (&str, &[&str]),
    at: Option<&Table>,
) -> Result<(), ForeignError> {
    let mut all = at.into_iter().flat_map(Table::keys);
    match all.find(|key| !keys.is_empty() && !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            Err(wrong(file, &at, "is a key that this version does not know"))
        }
    }
}

/// Refuses environment that is taken from the host.
fn own(file: &str, path: &str, at: Option<&Table>) -> Result<(), ForeignError> {
    let env = at.and_then(|t| t.get("env")).and_then(Value::as_table);
    let taken = |(_, value): &(&String, &Value)| value.as_str().is_none_or(|v| v.contains('$'));
    match env.into_iter().flatten().find(taken) {
        None => Ok(()),
        Some((key, _)) => {
            let what = "refused: it takes the host's environment, where keys may be";
            Err(wrong(file, &format!("{path}.env.{key}"), what))
        }
    }
}

fn wrong(file: &str, at: &str, what: &str) -> ForeignError {
    ForeignError::new(file, format!("`{at}`"), what)
}

/// What a Dockerfile needs that no sandbox here offers, as a fuzz target reads it.
pub(super) fn image(file: &str, text: &str) -> Result<Vec<String>, ForeignError> {
    Ok(docker::read(file, text, None)?.lacks)
}

/// Whether a place can be another name of the workspace: absolute, and none of the system's own.
fn free(workdir: &str) -> bool {
    let mut parts = workdir.split('/').skip(1);
    let first = parts.next().unwrap_or_default();
    let own = [
        "", "proc", "dev", "work", "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "tmp",
        "etc", "tests", "logs",
    ];
    let alone = ["root", "var", "run", "home", "opt"];
    workdir.starts_with('/')
        && !own.contains(&first)
        && (parts.next().is_some() || !alone.contains(&first))
}

/// The check: its files, and what it may take.
fn check(folder: &Folder, settings: &mut Settings) -> Result<Vec<Given>, ForeignError> {
    let script = format!("tests/{CHECK}");
    if !folder.has(&script) {
        let what = format!("there is no `{CHECK}`: nothing decides");
        return Err(ForeignError::new(&folder.shown("tests"), None, what));
    }
    let text = String::from_utf8_lossy(&folder.bytes(&script)?).into_owned();
    let code = |line: &&str| !line.trim_start().starts_with('#');
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| code(line)) {
        if let Some((word, why)) = docker::needs(line) {
            settings.lacks.push(format!("its check: `{word}` in line {number} {why}"));
            break;
        }
    }
    let files = folder.take("tests", "")?;
    bounded(&files).map_err(|what| ForeignError::new(&folder.shown("tests"), None, what))?;
    Ok(files)
}

/// The task of a folder.
pub(super) fn task(folder: &Folder) -> Result<Task, ForeignError> {
    let mut settings = Settings::read(&folder.shown(NAME), &folder.text(NAME)?)?;
    let mut prompt = folder.text("instruction.md")?;
    for compose in ["docker-compose.yaml", "docker-compose.yml", "compose.yaml"] {
        let path = format!("environment/{compose}");
        if folder.has(&path) {
            let found = compose::check(&folder.shown(&path), &folder.text(&path)?)?;
            let services = found.services.join(", ");
            settings.lacks.push(format!("containers for these services: {services}"));
        }
    }
    let path = "environment/Dockerfile";
    let mut built = match folder.has(path) {
        true => docker::read(&folder.shown(path), &folder.text(path)?, Some(folder))?,
        false => docker::Built::default(),
    };
    if folder.has("environment/.dockerignore") {
        built.lacks.push("an image built with a `.dockerignore`".to_owned());
    }
    let files = check(folder, &mut settings)?;
    let Settings { name, metadata, mut lacks, mut notes, workdir, seconds, memory } = settings;
    let workdir = workdir.unwrap_or(built.workdir);
    lacks.extend(built.lacks);
    notes.extend(built.notes);
    if !free(&workdir) {
        lacks.push(match workdir.as_str() {
            "" => "a working directory of its own: nothing names one (`WORKDIR`)".to_owned(),
            other => format!("the working directory `{other}`, which here is the system's own"),
        });
    }
    notes.push(format!(
        "its check finds `{workdir}` as the agent left it, `/tests` and `/logs`, and nothing else of a container"
    ));
    if folder.has("solution/solve.sh") {
        notes.push("it has a reference solution, which is not kept".to_owned());
    }
    let own = folder.shown("");
    let name = name.unwrap_or_else(|| own.trim_end_matches('/').to_owned());
    if lacks.is_empty() {
        prompt += &format!(
            "\n\nThe workspace is `{workdir}`. What it holds when you call `submit` is judged; the answer itself is not.\n"
        );
    }
    Ok(Task {
        format: Format::Harbor,
        name: if name.is_empty() { "task".to_owned() } else { name },
        prompt,
        files: built.files,
        setup: built.setup,
        scoring: Scoring::Check { files, workdir, seconds, memory },
        metadata,
        lacks,
        notes,
    })
}
