//! What a Dockerfile makes of files, without building an image: where the task works, which files lie there, which commands ran there.
//!
//! A sandbox of ours holds this machine's own system and a workspace. So a file that starts from a plain system, copies files into its
//! working directory and runs commands that need nothing else can be had; everything else is named, by instruction and line.

use crate::foreign::folder::{Folder, bounded};
use crate::foreign::{ForeignError, Given};
use std::collections::BTreeMap;

/// Images that hold a plain system, whose place this machine's own takes.
const PLAIN: [&str; 3] = ["debian", "ubuntu", "buildpack-deps"];
/// Instructions that change nothing that is seen in a shell.
const SILENT: [&str; 5] = ["LABEL", "EXPOSE", "STOPSIGNAL", "MAINTAINER", "VOLUME"];
/// Variables that change nothing that a task could rest on.
const INERT: [&str; 7] = [
    "DEBIAN_FRONTEND",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PIP_NO_CACHE_DIR",
    "LANG",
    "LC_ALL",
    "TZ",
];
/// Programs that only keep a container alive.
const IDLE: [&str; 7] = ["sh", "bash", "/bin/sh", "/bin/bash", "sleep", "tail", "true"];
/// Commands that fetch what they need.
const FETCHING: [&str; 25] = [
    "apt-get",
    "apt",
    "aptitude",
    "apk",
    "yum",
    "dnf",
    "pip",
    "pip3",
    "pipx",
    "uv",
    "uvx",
    "conda",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "gem",
    "bundle",
    "cargo",
    "go",
    "curl",
    "wget",
    "git",
    "add-apt-repository",
    "playwright",
];
/// Commands that need a container's root.
const ROOT: [&str; 12] = [
    "useradd",
    "adduser",
    "groupadd",
    "addgroup",
    "usermod",
    "chown",
    "chgrp",
    "su",
    "sudo",
    "systemctl",
    "service",
    "mount",
];

/// What a Dockerfile makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Built {
    /// Where the task works; empty when nothing says.
    pub(super) workdir: String,
    /// What lies there.
    pub(super) files: Vec<Given>,
    /// Commands that ran there, in order.
    pub(super) setup: Vec<String>,
    /// What it needs besides.
    pub(super) lacks: Vec<String>,
    /// What to know.
    pub(super) notes: Vec<String>,
}

/// One instruction with the line that it begins in.
struct Instruction {
    line: usize,
    word: String,
    rest: String,
}

/// The first word of a script that fetches something, or needs a container's root, with why.
pub(super) fn needs(script: &str) -> Option<(&str, &'static str)> {
    let words = script.split(|c: char| c.is_whitespace() || ";&|()`$\"'".contains(c));
    let mut words = words.filter(|word| !word.is_empty());
    words.find_map(|word| {
        let name = word.rsplit('/').next().unwrap_or(word);
        let of = |all: &[&str]| all.contains(&name);
        if of(&FETCHING) {
            Some((word, "takes what it needs from the internet"))
        } else if of(&ROOT) {
            Some((word, "needs the root of a container"))
        } else {
            None
        }
    })
}

/// Reads the text of a Dockerfile. `folder` is what it builds from; without one, files that it copies are left out.
pub(super) fn read(file: &str, text: &str, folder: Option<&Folder>) -> Result<Built, ForeignError> {
    let mut built = Built::default();
    let mut files: BTreeMap<String, Given> = BTreeMap::new();
    let mut setup = Vec::new();
    let mut stages = 0;
    for Instruction { line, word, rest } in instructions(text) {
        let at = format!("line {line}");
        match word.as_str() {
            "FROM" => {
                stages += 1;
                built.from(&rest);
            }
            "WORKDIR" => match joined(&built.workdir, &rest) {
                Some(path) => built.workdir = path,
                None => built.lacks.push(format!("the working directory `{rest}` in {at}")),
            },
            "COPY" | "ADD" => match copied(&word, &rest, &built.workdir) {
                Ok((sources, to)) => {
                    for source in sources {
                        built.copy(folder, (&source, &to), &mut files)?;
                    }
                }
                Err(why) => built.lacks.push(format!("`{word}` in {at}: {why}")),
            },
            "RUN" => {
                opens(file, &at, &rest)?;
                built.command(&rest, &at, &mut setup);
            }
            "ENV" => built.environment(&rest, &at),
            "USER" if !["root", "0", "0:0", "root:root"].contains(&rest.as_str()) => {
                built.lacks.push(format!("the user `{rest}` of its image"));
            }
            "CMD" | "ENTRYPOINT" => built.start(&rest, &at),
            "USER" => {}
            silent if SILENT.contains(&silent) => {}
            other => built.lacks.push(format!("what `{other}` in {at} says")),
        }
    }
    if stages > 1 {
        built.lacks.push("an image that is built in several stages".to_owned());
    }
    built.settle(files, setup);
    Ok(built)
}

/// Lines as instructions: comments out, continued ones joined.
fn instructions(text: &str) -> Vec<Instruction> {
    let mut all = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let (from, mut so_far) = open.take().unwrap_or((number, String::new()));
        if let Some(part) = line.strip_suffix('\\') {
            so_far += part;
            so_far.push(' ');
            open = Some((from, so_far));
            continue;
        }
        so_far += line;
        all.push((from, so_far));
    }
    all.extend(open);
    let instruction = |(line, text): (usize, String)| {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((&text, ""));
        let (word, rest) = (word.to_ascii_uppercase(), rest.trim().to_owned());
        Instruction { line, word, rest }
    };
    all.into_iter().map(instruction).collect()
}

/// Refuses what gives a build more than files.
fn opens(file: &str, at: &str, command: &str) -> Result<(), ForeignError> {
    const OPENING: [&str; 6] = [
        "--security=insecure",
        "--network=host",
        "--mount=type=bind",
        "--mount=type=secret",
        "--mount=type=ssh",
        "--device",
    ];
    let mut words = command.split_whitespace();
    match words.find(|word| OPENING.iter().any(|o| word.starts_with(o))) {
        None => Ok(()),
        Some(flag) => {
            let what = format!("refused: `{flag}` gives the build more than files");
            Err(ForeignError::new(file, at.to_owned(), what))
        }
    }
}

/// An absolute path, from one that is relative to another; none when it can't be told.
fn joined(base: &str, path: &str) -> Option<String> {
    let path = path.trim().trim_matches('"');
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") };
    let mut parts = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part if part.contains(['$', '*', '?', '[', '\\', '"', '\'']) => return None,
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// The words of an instruction, in either of its forms: an array of JSON, or apart by spaces.
fn words(rest: &str) -> Vec<String> {
    let plain = || rest.split_whitespace().map(str::to_owned).collect();
    serde_json::from_str(rest).unwrap_or_else(|_| plain())
}

/// Sources and the absolute place of a copy; a place that is a folder ends with `/`.
fn copied(word: &str, rest: &str, workdir: &str) -> Result<(Vec<String>, String), String> {
    let mut words = words(rest);
    while let Some(flag) = words.first().filter(|word| word.starts_with("--")) {
        if !flag.starts_with("--chmod=") && !flag.starts_with("--chown=") && flag != "--link" {
            return Err(format!("`{flag}` takes files from elsewhere"));
        }
        words.remove(0);
    }
    let to = words.pop().filter(|_| !words.is_empty()).ok_or("it names no two places")?;
    for source in &words {
        if source.starts_with("<<")
            || source.contains(['*', '?', '[', '$'])
            || source.contains("://")
        {
            return Err(format!("`{source}` is no plain path"));
        }
        let packed = [".tar", ".tgz", ".gz", ".xz", ".bz2"].iter().any(|end| source.ends_with(end));
        if word == "ADD" && packed {
            return Err(format!("`{source}` would be unpacked"));
        }
    }
    let folder = to.ends_with('/') || to == "." || words.len() > 1;
    let to = joined(workdir, &to).ok_or_else(|| format!("`{to}` is no plain path"))?;
    Ok((words, if folder { format!("{}/", to.trim_end_matches('/')) } else { to }))
}

impl Built {
    fn from(&mut self, rest: &str) {
        let image =
            rest.split_whitespace().find(|word| !word.starts_with("--")).unwrap_or_default();
        let name = image.split(['@', ':']).next().unwrap_or_default();
        let name = name.trim_start_matches("docker.io/").trim_start_matches("library/");
        if PLAIN.contains(&name) {
            self.notes.push(format!("the place of `{image}` takes this machine's own system"));
        } else {
            self.lacks.push(format!("the container image `{image}`, to be had by hand"));
        }
    }

    fn copy(
        &mut self,
        folder: Option<&Folder>,
        (source, to): (&str, &str),
        files: &mut BTreeMap<String, Given>,
    ) -> Result<(), ForeignError> {
        let Some(folder) = folder else { return Ok(()) };
        let plain = source.trim_start_matches("./").trim_start_matches('/').trim_end_matches('/');
        let from = if plain.is_empty() || plain == "." {
            "environment".to_owned()
        } else {
            format!("environment/{plain}")
        };
        let is_folder = folder.is_folder(&from);
        let name = plain.rsplit('/').next().unwrap_or(plain);
        let place = match (is_folder, to.strip_suffix('/')) {
            // a folder's content goes where it is told, a file into a folder under its own name
            (true, place) => place.unwrap_or(to).to_owned(),
            (false, Some(place)) => format!("{place}/{name}"),
            (false, None) => to.to_owned(),
        };
        for file in folder.take(&from, &place)? {
            files.insert(file.path.clone(), file);
        }
        bounded(files.values()).map_err(|what| ForeignError::new(&folder.shown(&from), None, what))
    }

    fn command(&mut self, rest: &str, at: &str, setup: &mut Vec<(String, String)>) {
        if rest.starts_with("--") || rest.starts_with('[') || rest.contains("<<") {
            self.lacks.push(format!("what `RUN` in {at} does"));
        } else if let Some((word, why)) = needs(rest) {
            self.lacks.push(format!("an image: `{word}` in {at} {why}"));
        } else {
            setup.push((self.workdir.clone(), rest.to_owned()));
        }
    }

    fn environment(&mut self, rest: &str, at: &str) {
        let names: Vec<&str> = if rest.contains('=') {
            rest.split_whitespace().filter_map(|word| Some(word.split_once('=')?.0)).collect()
        } else {
            rest.split_whitespace().take(1).collect()
        };
        for name in names.into_iter().filter(|name| !INERT.contains(name)) {
            self.lacks.push(format!("the variable `{name}` that {at} sets"));
        }
    }

    fn start(&mut self, rest: &str, at: &str) {
        let words = words(rest);
        let first = words.first().map(String::as_str).unwrap_or_default();
        let runs = words.iter().any(|word| word == "-c");
        if !IDLE.contains(&first) || runs {
            self.lacks.push(format!("the program `{first}` that its image starts ({at})"));
        }
    }

    /// What lies in the working directory, and what lies elsewhere and so can't be had.
    fn settle(&mut self, files: BTreeMap<String, Given>, setup: Vec<(String, String)>) {
        let below = |path: &str| {
            let rest = path.strip_prefix(self.workdir.as_str())?;
            (!self.workdir.is_empty() && (rest.is_empty() || rest.starts_with('/')))
                .then(|| rest.trim_start_matches('/').to_owned())
        };
        let mut elsewhere = Vec::new();
        let mut inside = Vec::new();
        for (path, file) in files {
            match below(&path).filter(|path| !path.is_empty()) {
                Some(path) => inside.push(Given { path, ..file }),
                None => elsewhere.push(format!("the file `{path}`, outside its working directory")),
            }
        }
        let mut commands = Vec::new();
        for (workdir, command) in setup {
            match below(&workdir) {
                Some(part) if part.is_empty() => commands.push(command),
                Some(part) => {
                    commands.push(format!("mkdir -p '{part}' && cd '{part}' && {command}"));
                }
                None => elsewhere
                    .push(format!("the command `{command}`, outside its working directory")),
            }
        }
        (self.files, self.setup) = (inside, commands);
        self.lacks.extend(elsewhere);
        self.lacks.dedup();
    }
}
