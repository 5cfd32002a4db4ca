//! The tour's measurement from many seeds, with scripted solvers over real HTTP and tools in real sandboxes: how often each ends
//! ABOVE, BELOW and UNDETERMINED. Usage: `outcomes [SEEDS] [FAMILY...]`.
//!
//! The strong solver must be ABOVE and the weak one BELOW from every seed, or the exit code is 1. The middling one solves the
//! two lowest dials and no other, which lies at the threshold: its frequencies are printed.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]

use assessment::{
    Bank, Budget, Cell, Criteria, Details, Dial, Elicitation, Item, MasterSeed, Opening, Rule,
    SeedOpening, TwoKeys, Verdict, family::family,
};
use harness::solver::{Skill, serve};
use harness::{Config, Endpoint, Requirement, Silent, digests, measure};
use sandbox::Policy;
use std::path::Path;
use std::process::ExitCode;
use tokio::net::TcpListener;

fn opening(seed: u8, families: &[String]) -> Option<Opening> {
    let mut cells = Vec::new();
    for name in families {
        let known = family(name)?;
        let cell = |dial| Some(Cell { family: known.name().parse().ok()?, dial });
        cells.extend(Dial::ALL.into_iter().filter_map(cell));
    }
    let bank = Bank { cells };
    let opened = SeedOpening { seed: [seed; 32], salt: [1; 32] };
    let run = format!("run-{seed}").parse().ok()?;
    let items = bank.cells.iter().map(|cell| Item::prior(cell.dial)).collect();
    let criteria = Criteria {
        details: Some(Details::new(&bank, items, &run, &opened)),
        run,
        model: "scripted".parse().ok()?,
        model_digest: None,
        seed: MasterSeed::new(opened.seed).commitment(&opened.salt),
        bank,
        // what the tour seals
        rule: Rule::TwoKeys(TwoKeys { delta: 1_000, floor: 5, ..TwoKeys::at(-500) }),
        budget: Budget { turns: 12, tokens: 200_000, seconds: 300, price: None },
        digests: digests(Elicitation::BARE),
    };
    Some(Opening::new(criteria, [2; 32], Some(opened)))
}

async fn one(
    skill: Skill,
    opening: Opening,
    transcript: &Path,
) -> Result<(Verdict, usize), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}/v1", listener.local_addr()?);
    let seed = opening.seed.as_ref().map_or([0; 32], |opened| opened.seed);
    let config = Config {
        endpoint: Endpoint::new(&base, "scripted", None)?,
        opening,
        seed: MasterSeed::new(seed),
        policy: Policy::default(),
        requirement: Requirement::scripted(),
        transcript: transcript.to_owned(),
        resume: false,
    };
    let mut silent = Silent;
    tokio::select! {
        served = serve(listener, skill) => Err(format!("the solver ended: {served:?}").into()),
        found = measure(&config, &mut silent) => {
            let found = found?;
            Ok((found.decision.verdict, found.samples.len()))
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    if let Err(why) = sandbox::probe() {
        println!("skipped: measurements in a sandbox ({why})");
        return Ok(ExitCode::SUCCESS);
    }
    let mut arguments = std::env::args().skip(1);
    let seeds: u8 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(20);
    let mut families: Vec<String> = arguments.collect();
    if families.is_empty() {
        families.push("keystream-recovery".to_owned());
    }
    let folder = tempfile::tempdir()?;
    let mut good = true;
    for (skill, must) in [
        (Skill::Strong, Some(Verdict::Above)),
        (Skill::Weak, Some(Verdict::Below)),
        (Skill::Middling, None),
    ] {
        let (mut counts, mut samples) = ([0_u32; 3], 0);
        for seed in 0..seeds {
            let opening = opening(seed, &families).ok_or("no such family")?;
            let path = folder.path().join(format!("{skill}-{seed}.jsonl"));
            let (verdict, taken) = one(skill, opening, &path).await?;
            let [above, below, undetermined] = &mut counts;
            *match verdict {
                Verdict::Above => above,
                Verdict::Below => below,
                Verdict::Undetermined => undetermined,
            } += 1;
            samples += taken;
            good &= must.is_none_or(|must| must == verdict);
        }
        let [above, below, undetermined] = counts;
        println!(
            "{{\"bench\":\"harness-outcomes\",\"solver\":\"{skill}\",\"seeds\":{seeds},\"above\":{above},\"below\":{below},\"undetermined\":{undetermined},\"samples\":{samples}}}"
        );
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
