//! The manual has every command with every option that the program has.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// What the manual's reference says, by command; and what each of its pages says before its first command.
fn manual() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src/reference");
    let mut sections = BTreeMap::new();
    for page in std::fs::read_dir(folder).unwrap() {
        let path = page.unwrap().path();
        if path.extension().is_none_or(|end| end != "md") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let (mut intro, mut now) = (String::new(), None);
        for line in text.lines() {
            if line.starts_with('#') {
                let named = line.split('`').nth(1).and_then(|name| name.strip_prefix("vestibule "));
                now = named.map(str::to_owned);
                if let Some(name) = &now {
                    sections.insert(name.clone(), intro.clone());
                }
            }
            let into = now.as_ref().and_then(|name| sections.get_mut(name)).unwrap_or(&mut intro);
            into.push_str(line);
            into.push('\n');
        }
    }
    sections
}

/// Options and commands below a command, as its help has them.
fn help(command: &str) -> (BTreeSet<String>, Vec<String>) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let asked = program.args(command.split_whitespace()).arg("--help").output().unwrap();
    let text = String::from_utf8(asked.stdout).unwrap();
    let own = text.split("\nFor every command:").next().unwrap();
    let (mut options, mut commands, mut heading) = (BTreeSet::new(), Vec::new(), "");
    for line in own.lines() {
        match line {
            "Options:" | "Commands:" => heading = line,
            _ if !line.starts_with(' ') && !line.is_empty() => heading = "",
            _ => {}
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        if heading == "Commands:"
            && line.starts_with("  ")
            && !line.starts_with("   ")
            && first != "help"
        {
            commands.push(format!("{command} {first}").trim().to_owned());
        }
        let option = line.trim_start().trim_start_matches("-h, ");
        if heading == "Options:" && option.starts_with("--") {
            options.insert(option.split([' ', '=']).next().unwrap().to_owned());
        }
    }
    options.remove("--help");
    options.remove("--version");
    (options, commands)
}

#[test]
fn every_option_is_in_the_manual() {
    let manual = manual();
    let mut waiting = vec![String::new()];
    let (mut gaps, mut seen) = (Vec::new(), 0);
    while let Some(command) = waiting.pop() {
        let (options, below) = help(&command);
        seen += 1;
        let group = !below.is_empty();
        waiting.extend(below);
        if command.is_empty() || (group && options.is_empty()) {
            continue;
        }
        // a group of commands may be told in one section
        let told = manual.get(&command).or_else(|| {
            let (above, _) = command.rsplit_once(' ')?;
            manual.get(above)
        });
        let Some(told) = told else {
            gaps.push(format!("`vestibule {command}` has no section"));
            continue;
        };
        let others = ["ptions are those of", "ptions as for", "the options of"];
        if others.iter().any(|words| told.contains(words)) {
            continue;
        }
        let missing = options.iter().filter(|option| !told.contains(option.as_str()));
        gaps.extend(missing.map(|option| format!("`vestibule {command}` lacks {option}")));
    }
    assert!(seen > 100, "{seen} commands");
    assert_eq!(gaps, Vec::<String>::new());
}
