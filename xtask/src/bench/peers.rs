//! The gateway beside other proxies, in one run: nginx, Portkey and LiteLLM, each on loopback and each in a version that was
//! looked at. Those that can't be installed here are left out, and that is said.
//!
//! Versions and why: LiteLLM's later releases were twice compromised, and this one with its dependencies as of a day before the
//! first has no sign of it (it has a known hole in its check of keys, so it gets no database and no key). Portkey's gateway
//! answers no stream with today's `hono`, so that is pinned as the release knew it; it listens everywhere, which is
//! turned to loopback.

use crate::interop::install;
use crate::run;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a peer may take to listen, in tenths of a second.
const PATIENCE: u32 = 900;

/// Something that runs until it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // its children are in its process group
        let group = format!("-{}", self.0.id());
        drop(Command::new("kill").args(["-KILL", "--", group.as_str()]).status());
        drop(self.0.wait());
    }
}

/// Runs the bench; false when a bar was missed.
///
/// # Errors
/// The bench itself can't be built or started.
pub(super) fn run() -> Result<bool> {
    let built =
        ["build", "--quiet", "--release", "--locked", "-p", "gateway", "--example", "peers"];
    ensure!(run::cargo(&built).status()?.success(), "the bench can't be built");
    let program = run::target()?.join("release/examples/peers");
    let mut bench = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| program.display().to_string())?;
    let mut input = bench.stdin.take().context("no input")?;
    let mut output = BufReader::new(bench.stdout.take().context("no output")?);
    let mut line = String::new();
    output.read_line(&mut line)?;
    let said: Value = serde_json::from_str(&line).context("the bench said something else")?;
    let upstream = said["upstream"].as_str().context("no address")?;
    let work = run::target()?.join("peers");
    fs::create_dir_all(&work)?;
    let mut running = Vec::new();
    type Start = fn(&str, &Path) -> Result<Option<Peer>>;
    let peers: [(&str, Start); 3] = [("nginx", nginx), ("portkey", portkey), ("litellm", litellm)];
    for (name, start) in peers {
        match start(upstream, &work)? {
            None => println!("skipped: {name} can't be installed here"),
            Some(peer) => {
                ensure!(listens(peer.port), "{name} does not listen; see {}", work.display());
                let process = peer.running.0.id();
                writeln!(input, "{name} 127.0.0.1:{} {process} {}", peer.port, peer.headers)?;
                running.push(peer);
            }
        }
    }
    drop(input);
    for line in output.lines() {
        println!("{}", line?);
    }
    Ok(bench.wait()?.success())
}

/// A peer that was started.
struct Peer {
    running: Running,
    port: u16,
    headers: String,
}

/// A port of loopback that was free a moment ago.
fn free() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn listens(port: u16) -> bool {
    for _ in 0..PATIENCE {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        #[expect(clippy::disallowed_methods, reason = "a development tool waits")]
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

/// Starts a program in a process group of its own, whose first process ends them all when this one is gone, however it
/// went: it holds the other end of a pipe.
fn start(command: &Command, work: &Path, name: &str) -> Result<Running> {
    use std::os::unix::process::CommandExt;
    let said = fs::File::create(work.join(format!("{name}.said")))?;
    let mut guard = Command::new("sh");
    guard.args(["-c", "\"$@\" </dev/null & read -r gone; kill -KILL 0", "sh"]);
    guard.arg(command.get_program()).args(command.get_args());
    for (variable, value) in command.get_envs() {
        guard.env(variable, value.unwrap_or_default());
    }
    guard.stdin(Stdio::piped()).stdout(said.try_clone()?).stderr(said).process_group(0);
    Ok(Running(guard.spawn().with_context(|| format!("can't start {name}"))?))
}

fn nginx(upstream: &str, work: &Path) -> Result<Option<Peer>> {
    let Some(program) = install::nginx()? else { return Ok(None) };
    let port = free()?;
    let at = work.join("nginx");
    fs::create_dir_all(at.join("logs"))?;
    let here = at.display();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {here}/{name};\n"))
        .concat();
    let config = format!(
        "worker_processes 2;\ndaemon off;\nuser root;\npid {here}/pid;\nerror_log {here}/logs/error;\nevents {{ worker_connections 4096; }}\n\
         http {{\n{folders}    access_log off;\n    client_body_buffer_size 64k;\n    tcp_nodelay on;\n    keepalive_requests 1000000000;\n\
         \x20   upstream model {{ server {upstream}; keepalive 256; keepalive_requests 1000000000; }}\n\
         \x20   server {{ listen 127.0.0.1:{port};\n        location / {{ proxy_pass http://model; proxy_http_version 1.1;\n\
         \x20           proxy_set_header Connection \"\"; proxy_buffering off; }} }}\n}}\n"
    );
    let file = at.join("nginx.conf");
    fs::write(&file, config)?;
    let mut command = Command::new(program);
    command.arg("-p").arg(&at).arg("-c").arg(&file);
    let running = start(&command, work, "nginx")?;
    Ok(Some(Peer { running, port, headers: String::new() }))
}

fn portkey(upstream: &str, work: &Path) -> Result<Option<Peer>> {
    let Some(at) = install::portkey()? else { return Ok(None) };
    let port = free()?;
    // it binds every address unless told otherwise here
    let shim = work.join("loopback.cjs");
    fs::write(
        &shim,
        "const net = require('node:net');\nconst listen = net.Server.prototype.listen;\n\
         net.Server.prototype.listen = function (first, ...rest) {\n\
         \x20 if (typeof first === 'number') return listen.call(this, { port: first, host: '127.0.0.1' }, ...rest.filter((r) => typeof r === 'function'));\n\
         \x20 if (first && typeof first === 'object' && first.port !== undefined) return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);\n\
         \x20 return listen.call(this, first, ...rest);\n};\n",
    )?;
    let mut command = Command::new("node");
    command
        .env("TRUSTED_CUSTOM_HOSTS", "127.0.0.1")
        .arg("--require")
        .arg(&shim)
        .arg(at.join("node_modules/@portkey-ai/gateway/build/start-server.js"))
        .arg(format!("--port={port}"))
        .arg("--headless");
    let running = start(&command, work, "portkey")?;
    let headers = format!("x-portkey-provider: openai|x-portkey-custom-host: http://{upstream}/v1");
    Ok(Some(Peer { running, port, headers }))
}

fn litellm(upstream: &str, work: &Path) -> Result<Option<Peer>> {
    let Some(program) = install::litellm()? else { return Ok(None) };
    let port = free()?;
    let file: PathBuf = work.join("litellm.yaml");
    fs::write(
        &file,
        format!(
            "model_list:\n  - model_name: model-1\n    litellm_params:\n      model: openai/model-1\n      api_base: http://{upstream}/v1\n      api_key: none\nlitellm_settings:\n  telemetry: false\n  num_retries: 0\n"
        ),
    )?;
    let mut command = Command::new(program);
    command
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        .env("NO_PROXY", "127.0.0.1")
        .arg("--config")
        .arg(&file)
        .args(["--host", "127.0.0.1", "--num_workers", "1", "--port", &port.to_string()]);
    let running = start(&command, work, "litellm")?;
    Ok(Some(Peer { running, port, headers: String::new() }))
}
