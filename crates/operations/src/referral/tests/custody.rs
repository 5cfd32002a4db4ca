//! Who holds what, shown by two signatures each time.
use super::*;

#[tokio::test]
async fn custody_goes_on_by_signatures_alone() {
    let world = World::with(11, &PARTIES);
    let node = world.node();
    let [hospital, laboratory, agency] =
        ["hospital", "laboratory", "agency"].map(|name| world.ctx(name, &node));
    let folder = drafted(&world);
    let name: ItemName = "egress.csv".parse().unwrap();
    let item = Handed::Item { folder: folder.clone(), name: name.clone() };
    handed_over(&hospital, &laboratory, &item, "examiner-1").await;

    // the hospital gave it away, so it can't give it again
    let to = holder("agency", "agent-2");
    let again = transfer(&hospital, &item, to.clone(), "again".parse().unwrap(), None).await;
    assert_eq!(code(again), "not-the-holder");
    // the laboratory holds the file, not the package; only the examiner can give it
    let file = folder.join("items/egress.csv");
    let by = |giver: &str| Handed::File { file: file.clone(), giver: person(giver) };
    let other = transfer(&laboratory, &by("guest"), to, "on".parse().unwrap(), None).await;
    assert_eq!(code(other), "not-the-holder");
    handed_over(&laboratory, &agency, &by("examiner-1"), "agent-2").await;

    answered(&world, &folder);
    seal(&hospital, &folder, person("analyst-1"), None).await.unwrap();
    let manifest = read_manifest(&folder).unwrap();
    let held: Vec<_> = manifest.custody.iter().map(|t| t.to.person.as_str()).collect();
    assert_eq!(held, ["examiner-1", "agent-2"], "also what the hospital did not sign");
    release(&hospital, &folder, two(), &party("bureau"), None, None).await.unwrap();
    let found = verify(&folder, None).unwrap();
    assert!(found.good, "{:#?}", found.checks);
    assert_eq!(found.checks.iter().filter(|c| c.what == "custody").count(), 2);
}

#[tokio::test]
async fn an_offer_alone_is_no_transfer() {
    let world = World::with(12, &PARTIES);
    let node = world.node();
    let (hospital, laboratory) = (world.ctx("hospital", &node), world.ctx("laboratory", &node));
    let folder = drafted(&world);
    let item = Handed::Item { folder: folder.clone(), name: "egress.csv".parse().unwrap() };
    let to = holder("laboratory", "examiner-1");
    let offered =
        transfer(&hospital, &item, to, "for analysis".parse().unwrap(), None).await.unwrap();
    let Done::Waiting(offer) = offered else { panic!("two parties sign") };
    answered(&world, &folder);
    seal(&hospital, &folder, person("analyst-1"), None).await.unwrap();
    assert!(read_manifest(&folder).unwrap().custody.is_empty());

    // who did not sign knows nothing of it, and the receiver reads what it signs
    let reading = crate::draft::read(&laboratory, &offer.id).await.unwrap();
    let told = reading.says.iter().any(|field| field.value.contains("for analysis"));
    assert!(told, "{:?}", reading.says);
    assert!(reading.verdict.contains("admit"), "{}", reading.verdict);
    assert!(crate::draft::read(&world.ctx("agency", &node), &offer.id).await.is_err());
    crate::draft::sign(&laboratory, &offer.id).await.unwrap();
    crate::draft::issue(&hospital, &offer.id, None).await.unwrap();
    seal(&hospital, &folder, person("analyst-1"), None).await.unwrap();
    let manifest = read_manifest(&folder).unwrap();
    assert_eq!((manifest.revision, manifest.custody.len()), (2, 1));
}

#[tokio::test]
async fn changed_or_stray_files_are_neither_handed_over_nor_sealed() {
    let world = World::with(13, &PARTIES);
    let node = world.node();
    let hospital = world.ctx("hospital", &node);
    let folder = drafted(&world);
    answered(&world, &folder);
    let path = folder.join("items/egress.csv");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, "at,from,to,port,bytes\n").unwrap();
    let item = Handed::Item { folder: folder.clone(), name: "egress.csv".parse().unwrap() };
    let to = holder("laboratory", "examiner-1");
    let handed = transfer(&hospital, &item, to, "for analysis".parse().unwrap(), None).await;
    assert_eq!(code(handed), "item-changed");
    let seal = || seal(&hospital, &folder, person("analyst-1"), None);
    assert_eq!(code(seal().await), "item-changed");
    fs::write(&path, &whole).unwrap();

    fs::write(folder.join("privileged.txt"), "do not hand over\n").unwrap();
    assert_eq!(code(seal().await), "stray-file");
    fs::remove_file(folder.join("privileged.txt")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.join("items/link")).unwrap();
    assert_eq!(code(seal().await), "stray-file");
    fs::remove_file(folder.join("items/link")).unwrap();
    seal().await.unwrap();

    // the same evidence twice, under its name or another
    let again = |name: &str| {
        add(&folder, &Path::new(FACTS).join("egress.csv"), collected(name), world.clock.now())
    };
    assert_eq!(code(again("egress.csv")), "item-twice");
    assert_eq!(code(again("other.csv")), "item-twice");
    assert!(!folder.join("items/other.csv").exists());
}
