//! The decision designs, ours beside a prototype in Python where there is one.

use crate::interop::install;
use crate::run;
use anyhow::{Context, Result};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The prototype's robust ratio test at the upper ability, in the set-up of ours, as one JSON line.
const PROTOTYPE: &str = "
import json, time, warnings
warnings.filterwarnings('ignore')
from sim import experiment
banks, each = 16, 63
start = time.time()
found = experiment(dict(sel='info', kind='sprt'), [.5], 120, 3, .5, banks=banks, R=each, nmax=360, an=dict(tau=1.2))[.5]
took = time.time() - start
print(json.dumps(dict(seconds=took * 10000 / (banks * each), false_below=1 - found['pabove'], samples=found['En'])))
";

/// Runs ours, then the prototype in `folder`, and prints the ratio. `replicates` is how many assessments make a figure.
pub(super) fn run(replicates: Option<u32>, folder: Option<PathBuf>) -> Result<bool> {
    let mut args = vec!["run", "--quiet", "--release", "--locked", "-p", "assessment"];
    let replicates = replicates.map(|n| n.to_string());
    args.extend(["--example", "decision", "--"]);
    args.extend(replicates.as_deref());
    let mut child = run::cargo(&args).stdout(Stdio::piped()).spawn().context("cargo")?;
    let mut ours = None;
    for line in BufReader::new(child.stdout.take().context("piped")?).lines() {
        let line = line?;
        println!("{line}");
        let value: Value = serde_json::from_str(&line).unwrap_or_default();
        if value.get("bench").and_then(Value::as_str) == Some("assessment-decision-robust") {
            ours = value.get("seconds_for_10000_assessments").and_then(Value::as_f64);
        }
    }
    let good = child.wait()?.success();
    match prototype(folder) {
        Ok((python, folder)) => beside(&python, &folder, ours)?,
        Err(why) => println!("skipped: the prototype in Python ({why})"),
    }
    Ok(good)
}

/// A Python with numpy, and the prototype's folder: the one given, or beside the folder of test data.
fn prototype(given: Option<PathBuf>) -> Result<(PathBuf, PathBuf), &'static str> {
    let folder = given.or_else(|| Some(run::data()?.join("../prototypes/decision")));
    let folder = folder.filter(|f| f.join("sim.py").is_file()).ok_or("there is none here")?;
    let numpy = Command::new("python3").args(["-c", "import numpy"]).output();
    match numpy {
        Ok(found) if found.status.success() => Ok((PathBuf::from("python3"), folder)),
        Ok(_) => {
            let own =
                install::numbers().ok_or("python3 has no numpy, and it can't be installed")?;
            Ok((own, folder))
        }
        Err(_) => Err("there is no python3"),
    }
}

fn beside(python: &Path, folder: &Path, ours: Option<f64>) -> Result<()> {
    let output = Command::new(python)
        .args(["-B", "-c", PROTOTYPE])
        .env("PYTHONPATH", folder)
        .env("OPENBLAS_NUM_THREADS", "1")
        .stderr(Stdio::inherit())
        .output()
        .context("python3")?;
    let peer: Value =
        serde_json::from_slice(output.stdout.trim_ascii()).context("the prototype's line")?;
    let number = |key: &str| peer.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let (seconds, ours) = (number("seconds"), ours.unwrap_or(f64::NAN));
    println!(
        "{{\"bench\":\"assessment-decision-robust\",\"ours_seconds\":{ours:.2},\"peer\":\"prototype in Python\",\"peer_seconds\":{seconds:.1},\"ratio\":{:.0},\"peer_false_below\":{:.4},\"peer_samples\":{:.1}}}",
        seconds / ours,
        number("false_below"),
        number("samples")
    );
    Ok(())
}
