//! The exact command of an ecosystem, and the one that checks.
//!
//! Names and versions come from inventories and advisories, which are outside text, and a person
//! will paste the command. So a command is given only when both are made of plain characters.

#![expect(clippy::wildcard_enum_match_arm, reason = "no command is the safe answer")]

use versions::Ecosystem;

/// Whether a word can stand in a command: no option, nothing a shell would read.
fn is_plain(word: &str) -> bool {
    let first = word.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'@');
    first
        && word.len() <= 200
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"@._/+:~^-".contains(&b))
}

/// Whether the ecosystem's tool takes `to` for `from` without a change of requirements.
pub(super) fn is_compatible(ecosystem: Ecosystem, from: &str, to: &str) -> bool {
    ecosystem != Ecosystem::CratesIo || same_line(from, to)
}

/// Whether a version is of the line that another one is of: what uses the package goes on working, if those who make it
/// keep to what is usual. A distribution's release is one line.
pub(super) fn is_same_line(ecosystem: Ecosystem, from: &str, to: &str) -> bool {
    ecosystem.is_distribution() || same_line(from, to)
}

/// The command that makes the upgrade, or where requirements have to change, the one that shows
/// what requires the package.
pub(super) fn upgrade(ecosystem: Ecosystem, name: &str, from: &str, to: &str) -> Option<String> {
    if ![name, from, to].iter().all(|w| is_plain(w)) {
        return None;
    }
    Some(match ecosystem {
        Ecosystem::CratesIo if same_line(from, to) => {
            format!("cargo update -p {name}@{from} --precise {to}")
        }
        Ecosystem::CratesIo => format!("cargo tree -i {name}@{from}"),
        Ecosystem::PyPi => format!("python -m pip install --upgrade '{name}=={to}'"),
        Ecosystem::Npm => format!("npm install {name}@{to}"),
        Ecosystem::Go => format!("go get {name}@v{}", to.trim_start_matches('v')),
        Ecosystem::Debian => format!("sudo apt-get install --only-upgrade {name}"),
        Ecosystem::Rpm => format!("sudo dnf upgrade {name}"),
        Ecosystem::Alpine => format!("sudo apk upgrade {name}"),
        Ecosystem::Alpm => "sudo pacman -Syu".to_owned(),
        Ecosystem::NuGet => format!("dotnet add package {name} --version {to}"),
        Ecosystem::Packagist => format!("composer require {name}:{to}"),
        Ecosystem::RubyGems => format!("bundle update {name} --conservative"),
        Ecosystem::Hex => format!("mix deps.update {name}"),
        Ecosystem::Pub => format!("dart pub upgrade {name}"),
        // edited by hand in a file that only its project knows
        _ => return None,
    })
}

/// The command that shows which version is there.
pub(super) fn check(ecosystem: Ecosystem, name: &str, from: &str) -> Option<String> {
    if !is_plain(name) || !is_plain(from) {
        return None;
    }
    Some(match ecosystem {
        Ecosystem::CratesIo => format!("cargo tree -i {name}@{from}"),
        Ecosystem::PyPi => format!("python -m pip show {name}"),
        Ecosystem::Npm => format!("npm ls {name}"),
        Ecosystem::Go => format!("go list -m {name}"),
        Ecosystem::Debian => format!("dpkg -s {name}"),
        Ecosystem::Rpm => format!("rpm -q {name}"),
        Ecosystem::Alpine => format!("apk info -ev {name}"),
        Ecosystem::Alpm => format!("pacman -Q {name}"),
        Ecosystem::Maven => format!("mvn dependency:tree -Dincludes={name}"),
        Ecosystem::NuGet => "dotnet list package --include-transitive".to_owned(),
        Ecosystem::Packagist => format!("composer show {name}"),
        Ecosystem::RubyGems => format!("bundle info {name}"),
        Ecosystem::Hex => format!("mix deps {name}"),
        Ecosystem::Pub => "dart pub deps".to_owned(),
        _ => return None,
    })
}

/// Whether the left-most number that is not zero is the same, as Cargo reads requirements.
fn same_line(from: &str, to: &str) -> bool {
    match (numbers(from), numbers(to)) {
        (Some(from), Some(to)) => {
            let grave = from.iter().zip(&to).position(|(a, b)| *a > 0 || *b > 0);
            grave.is_none_or(|at| from.get(at) == to.get(at))
        }
        _ => false,
    }
}

/// The first three numbers of a version, zero where there are fewer; none where it begins with a word.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let plain = version.split(['-', '+', '_', '~']).next().unwrap_or_default();
    let mut parts = plain.split('.');
    let mut out = [parts.next()?.parse().ok()?, 0, 0];
    for (place, part) in out.iter_mut().skip(1).zip(parts) {
        // a word may follow, such as `Final` or `rc1`
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let Ok(number) = part.split_at(digits).0.parse() else { break };
        *place = number;
        if digits < part.len() {
            break;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests;
