//! `vestibule`: the one binary. It parses, calls one operation and prints; it is the only place that reads
//! the environment.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks to a terminal"
)]

mod context;
mod exit;
mod log;
mod output;
mod tour;
mod verbs;

use clap::Parser;
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A node runs for months, and with this its memory doesn't grow with the log. A gateway's is erased when it is freed.
#[global_allocator]
static MEMORY: sandbox::Wiping<MiMalloc> = sandbox::Wiping(MiMalloc);

/// Oversight by handshake: every act a signed fact that both sides can check.
///
/// Each party has a home folder with its keys (`--home`), and reaches the log through a node
/// (`--node`, a URL or a folder). Commands sync and verify the log, apply the rules to what this party may
/// read, then state something or show something. Nothing here can block a release.
///
/// Exit codes: 0 done; 1 the answer is no (a rule refuses, a check fails, there is something to fix);
/// 2 wrong arguments or files; 3 something can't be reached now, try again; 4 a fault of this software.
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: context::Global,
    #[command(subcommand)]
    verb: verbs::Verb,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // help and version are no errors
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    if cli.verb.is_inside() {
        return ExitCode::from(sandbox::guest(&harness::inside::WORKS));
    }
    let json = cli.global.json;
    log::begin(context::environment("VESTIBULE_LOG").as_deref() == Some("all"), json);
    // before there is another thread: threads inherit it
    if let Err(error) = cli.verb.confine(&cli.global) {
        return exit::report(&error, json);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: can't start: {error}");
            return ExitCode::from(3);
        }
    };
    let done = runtime.block_on(cli.verb.run(&cli.global));
    // control groups that were kept for a next sandbox
    sandbox::settle();
    log::end();
    match done {
        Ok(code) => code.into(),
        Err(error) => exit::report(&error, json),
    }
}
