//! Nothing in a package can change unseen, and what changed is named.
use super::*;

/// What is not good, as one text.
fn faults(found: &Verified) -> String {
    found.faults().collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn any_changed_byte_of_any_file_is_found_and_its_file_named() {
    let world = World::with(21, &PARTIES);
    let folder = Box::pin(released(&world)).await;
    let trust = world.folder.path().join("bureau/trust.toml");
    let files = folder::list(&folder).unwrap();
    // manifest, 3 items, 6 beside them, and 3 statements with their receipts
    assert_eq!(files.len(), 1 + 3 + 6 + 2 * 3, "{files:?}");
    for file in &files {
        let path = folder.join(&file.path);
        let whole = fs::read(&path).unwrap();
        for step in 0..6 {
            let mut changed = whole.clone();
            let at = (whole.len() - 1) * step / 5;
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            let found = verify(&folder, Some(&trust)).unwrap();
            assert!(!found.good, "{} byte {at}", file.path);
            let name = Path::new(&file.path).file_name().unwrap().to_string_lossy();
            assert!(faults(&found).contains(&*name), "{} byte {at}: {}", file.path, faults(&found));
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(verify(&folder, Some(&trust)).unwrap().good, "put back");
}

#[tokio::test]
async fn every_missing_or_added_file_is_named() {
    let world = World::with(22, &PARTIES);
    let folder = Box::pin(released(&world)).await;
    for file in folder::list(&folder).unwrap() {
        let path = folder.join(&file.path);
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let found = verify(&folder, None).unwrap();
        assert!(!found.good && faults(&found).contains(&file.path), "{}", faults(&found));
        fs::write(&path, &whole).unwrap();
    }
    for stray in ["items/planted.txt", "notes.txt", "receipts/notes.txt", "statements/x.statement"]
    {
        fs::write(folder.join(stray), "x").unwrap();
        let found = verify(&folder, None).unwrap();
        assert!(!found.good && faults(&found).contains(stray), "{}", faults(&found));
        fs::remove_file(folder.join(stray)).unwrap();
    }
    let link = folder.join("items/egress.csv");
    fs::rename(&link, world.folder.path().join("egress.csv")).unwrap();
    std::os::unix::fs::symlink(world.folder.path().join("egress.csv"), &link).unwrap();
    let found = verify(&folder, None).unwrap();
    assert!(!found.good && faults(&found).contains("not a plain file"), "{}", faults(&found));
}

/// Makes `SHA256SUMS` fit the files again, as a forger would.
fn cover_up(folder: &Path) {
    let mut sums = String::new();
    for found in folder::list(folder).unwrap() {
        if found.path != "SHA256SUMS" {
            let digest = folder::hash(&folder.join(&found.path)).unwrap().sha256;
            sums += &format!("{digest}  {}\n", found.path);
        }
    }
    fs::write(folder.join("SHA256SUMS"), sums).unwrap();
}

#[tokio::test]
async fn signatures_hold_what_sums_do_not() {
    let world = World::with(23, &PARTIES);
    let folder = Box::pin(released(&world)).await;
    let check = |what: &str, change: &dyn Fn(&Path)| {
        let forged = copy_to(&folder, &world.folder.path().join(what));
        change(&forged);
        cover_up(&forged);
        let found = verify(&forged, None).unwrap();
        assert!(!found.good, "{what}");
        (faults(&found), found)
    };
    // an item and its entry in the manifest, both changed
    let (why, _) = check("evidence", &|forged| {
        let mut manifest = read_manifest(forged).unwrap();
        let bytes = b"at,from,to,port,bytes\n";
        fs::write(forged.join("items/egress.csv"), bytes).unwrap();
        let item = manifest.items.iter_mut().find(|i| i.name.as_str() == "egress.csv").unwrap();
        item.description = "an empty log".parse().unwrap();
        folder::write_manifest(forged, &manifest).unwrap();
    });
    assert!(why.contains("no attested statement of its issuer seals this manifest"), "{why}");
    // what speaks for somebody, taken out
    let (why, _) = check("exculpatory", &|forged| {
        let mut manifest = read_manifest(forged).unwrap();
        manifest.exculpatory.as_mut().unwrap().found.clear();
        folder::write_manifest(forged, &manifest).unwrap();
    });
    assert!(why.contains("seals this manifest") && why.contains("releases"), "{why}");
    // a statement with its receipt, gone
    for kind in ["custody-transferred", "package-sealed", "package-released"] {
        let (why, _) = check(kind, &|forged| {
            for found in folder::list(forged).unwrap().iter().filter(|f| f.path.contains(kind)) {
                fs::remove_file(forged.join(&found.path)).unwrap();
            }
        });
        assert!(!why.is_empty());
    }
    // a receipt alone, and one under another's name
    let (why, _) = check("receipt", &|forged| {
        fs::remove_file(path_of(forged, "receipts", "package-sealed")).unwrap();
    });
    assert!(why.contains("the receipt is missing"), "{why}");
    let (why, _) = check("swapped", &|forged| {
        let sealed = path_of(forged, "receipts", "package-sealed");
        fs::copy(path_of(forged, "receipts", "custody-transferred"), sealed).unwrap();
    });
    assert!(why.contains("it is the receipt of"), "{why}");
    let (why, _) = check("exchanged", &|forged| {
        let released = path_of(forged, "statements", "package-released");
        fs::copy(path_of(forged, "statements", "package-sealed"), released).unwrap();
    });
    assert!(
        why.contains("package-released.statement") && why.contains("a disclosure of statement"),
        "{why}"
    );
    // questions that are easier to answer are said to be others
    let eased = copy_to(&folder, &world.folder.path().join("eased"));
    let text = fs::read_to_string(eased.join("offences.toml")).unwrap();
    fs::write(eased.join("offences.toml"), text.replace("Was the owner threatened", "Was it"))
        .unwrap();
    cover_up(&eased);
    let found = verify(&eased, None).unwrap();
    assert!(found.good && !found.shipped_questions, "{:#?}", found.checks);
}

fn path_of(folder: &Path, part: &str, kind: &str) -> PathBuf {
    let paths = fs::read_dir(folder.join(part)).unwrap().map(|e| e.unwrap().path());
    let mut of_kind = paths.filter(|p| p.to_string_lossy().contains(kind));
    of_kind.next().unwrap()
}

#[tokio::test]
async fn other_roots_of_trust_believe_nothing() {
    let world = World::with(24, &PARTIES);
    let folder = Box::pin(released(&world)).await;
    let stranger = World::with(25, &PARTIES);
    let trust = stranger.folder.path().join("bureau/trust.toml");
    let found = verify(&folder, Some(&trust)).unwrap();
    let not_good = found.checks.iter().filter(|c| c.outcome != Outcome::Good);
    let receipts = not_good.filter(|c| c.what == "receipt").count();
    assert!(!found.good && receipts == 3, "{:#?}", found.checks);
    assert!(!found.own_trust);

    // an investigator by the package's own word only
    let text = fs::read_to_string(world.folder.path().join("bureau/trust.toml")).unwrap();
    let elsewhere = world.folder.path().join("elsewhere.toml");
    let unsigned: String = text.split_inclusive('\n').filter(|l| !l.starts_with("# ")).collect();
    fs::write(&elsewhere, unsigned.replace("investigator", "operator")).unwrap();
    let found = verify(&folder, Some(&elsewhere)).unwrap();
    assert!(faults(&found).contains("investigator"), "{}", faults(&found));
}
