//! CPU time of another process with all its children.

use std::collections::BTreeMap;
use std::fs;
use std::io;

/// CPU microseconds of a process and those that it started since they began, from the scheduler's own account.
pub(crate) fn micros(root: u32) -> io::Result<f64> {
    // one that has just ended has no time any more
    Ok(tree(root)?.into_iter().map(|process| of_process(process).unwrap_or(0.0)).sum())
}

fn of_process(process: u32) -> io::Result<f64> {
    let mut nanos = 0.0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let account = fs::read_to_string(task?.path().join("schedstat"))?;
        let spent = account.split(' ').next().unwrap_or("0").parse::<f64>();
        nanos += spent.map_err(io::Error::other)?;
    }
    Ok(nanos / 1_000.0)
}

/// A process and its descendants.
fn tree(root: u32) -> io::Result<Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else { continue };
        // the name in brackets may hold anything
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1));
        if let Some(parent) = parent.and_then(|p| p.parse().ok()) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut all = vec![root];
    let mut next = 0;
    while let Some(process) = all.get(next) {
        all.extend(children.get(process).into_iter().flatten().copied().collect::<Vec<_>>());
        next += 1;
    }
    Ok(all)
}
