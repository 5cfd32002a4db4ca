//! A dossier, and who believes it.

use super::*;

/// A dossier is whole for whoever has the roots of trust alone; what its maker can't read is left out and said to be.
#[test]
fn a_dossier_is_verified_by_a_stranger_and_says_what_it_lacks() {
    let (folder, _node) = house("", &[("clinic", "partner")]);
    let at = folder.path();
    granted(at);
    done(
        at,
        "lab",
        "nominate --case case-1 --nomination clinic --nominee clinic --model model-1 --reason fits --expires 2999-06-01T00:00:00Z",
    );
    let made = done(at, "office", "dossier --case case-1 --out of-office");
    assert_eq!(made["left_out"], 0);
    let statements = made["statements"].as_u64().unwrap();
    assert!(statements >= 8, "{made}");
    let page = std::fs::read_to_string(at.join("of-office/index.html")).unwrap();
    assert!(page.contains("Dossier of case case-1") && !page.contains("<script"), "{page}");
    // a stranger: no home, no node
    let check = |folder: &str| {
        let mut command =
            vestibule(at, &format!("--json review check-dossier {folder} --trust trust.toml"));
        command.env_remove("VESTIBULE_NODE");
        let done = command.output().unwrap();
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(done.status.success(), report["sound"] == true, "{report}");
        report
    };
    let report = check("of-office");
    assert_eq!(
        (&report["sound"], &report["verified"]),
        (&json!(true), &json!(statements)),
        "{report}"
    );
    assert_eq!(report["manifest"], made["manifest"]);
    assert_eq!(
        review(at, "office", "dossier --case case-1 --out of-office").status.code(),
        Some(2)
    );
    // a partner reads its own nomination and no more
    let outside = review(at, "clinic", "dossier --case case-1 --out of-clinic");
    let said = String::from_utf8_lossy(&outside.stderr).into_owned();
    assert!(said.contains("can read nothing of case"), "{said}");
    done(
        at,
        "lab",
        "inquire --case case-2 --government office --model model-2 --partner-release 2999-01-01T00:00:00Z",
    );
    let made = done(at, "institute", "dossier --case case-1 --out of-institute");
    assert!(made["statements"].as_u64().unwrap() >= 8, "{made}");
    assert_eq!(check("of-institute")["sound"], true);
    // whatever is changed is found
    let case = at.join("of-office/case.json");
    let whole = std::fs::read_to_string(&case).unwrap();
    std::fs::write(&case, whole.replace("model-1", "model-9")).unwrap();
    let faults = check("of-office")["faults"].to_string();
    assert!(faults.contains("`case.json` is not the file"), "{faults}");
    std::fs::write(&case, whole).unwrap();
    std::fs::write(at.join("of-office/extra.txt"), "x").unwrap();
    assert!(
        check("of-office")["faults"].to_string().contains("`extra.txt` is not in the manifest")
    );
    std::fs::remove_file(at.join("of-office/extra.txt")).unwrap();
    let receipts = std::fs::read_dir(at.join("of-office/receipts")).unwrap();
    let one = receipts.map(|entry| entry.unwrap().path()).next().unwrap();
    let mut bytes = std::fs::read(&one).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&one, bytes).unwrap();
    assert_eq!(check("of-office")["sound"], false);
}
