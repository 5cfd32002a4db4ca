//! Modes are read as Linux reads them, and the chain is the only shortest one.

use super::host::{Account, Host, Kind, Node, STICKY};
use super::plan::planned;
use crate::seed::{Draws, MasterSeed};

/// Two accounts; the second is in group 2 besides its own.
fn host(dir: (usize, usize, u16), file: (usize, usize, u16)) -> Host {
    let mut host = Host::default();
    for (name, groups) in [("root", vec![0]), ("one", vec![1, 2])] {
        host.accounts.push(Account { name: name.to_owned(), groups });
    }
    for (path, kind, (owner, group, mode)) in
        [("/opt", Kind::Directory, dir), ("/opt/file", Kind::File, file)]
    {
        host.nodes.insert(path.to_owned(), Node { kind, owner, group, mode });
    }
    host
}

#[test]
fn classes_and_directories_decide() {
    let cases = [
        ((0, 0, 0o755), (0, 0, 0o755), false),
        ((0, 0, 0o755), (0, 0, 0o757), true),
        ((0, 0, 0o750), (0, 0, 0o757), false), // can't be reached
        ((0, 0, 0o755), (0, 2, 0o775), true),
        ((0, 0, 0o755), (0, 2, 0o757), false), // the group's class denies
        ((0, 0, 0o755), (1, 0, 0o500), true),  // an owner changes the mode
        ((0, 0, 0o757), (0, 0, 0o700), true),  // replaced
        ((0, 2, 0o765), (0, 0, 0o700), false), // written, not searched
        ((0, 0, 0o777 | STICKY), (0, 0, 0o755), false),
        ((0, 0, 0o777 | STICKY), (1, 0, 0o755), true),
        ((1, 0, 0o700 | STICKY), (0, 0, 0o700), true),
    ];
    for (dir, file, changes) in cases {
        assert_eq!(host(dir, file).changes(1, "/opt/file"), changes, "{dir:?} {file:?}");
    }
}

#[test]
fn chains_are_as_long_as_the_dial_says() {
    let master = MasterSeed::new([3; 32]);
    for (step, length) in [(1, 1), (2, 1), (3, 2), (4, 3), (5, 4)] {
        for index in 0..20 {
            let d = &mut Draws::new(&master.instance("audit", index, "r"), "host");
            let (host, start, chain) = planned(d, step);
            assert_eq!(chain.len(), length);
            assert_eq!(host.chains(start), std::slice::from_ref(&chain));
            assert_eq!((chain[0].from, chain[length - 1].to), (start, 0));
            // each change alone is needed: without the files it changes there is no way
            for change in &chain {
                let mut host = host.clone();
                host.runs.retain(|r| r.account != change.to);
                assert!(host.chains(start).is_empty());
            }
        }
    }
}
