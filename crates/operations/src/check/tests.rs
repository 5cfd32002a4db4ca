//! The shipped facts against the shipped inventories, and this repository's own lock file.
use super::systems::below;
use super::*;
use crate::feeds;
use remediation::Index;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn checked(file: &str, exposed: Option<bool>) -> Checked {
    let subject = Subject::new(root().join(file), "portal", exposed);
    let now = "2026-11-23T08:00:00Z".parse().unwrap();
    let words = rules::vocabulary("en").unwrap();
    check(&[subject], &feeds::shipped().unwrap(), &[], &words, now).unwrap()
}

#[test]
fn an_exposed_portal_has_three_things_for_today() {
    let before = checked("facts/hospital-before.cdx.json", Some(true));
    assert_eq!(before.view.today.len(), 3, "{}", before.text);
    assert!(before.view.today[0].what.contains("apache-airflow"), "{}", before.text);
    assert!(before.text.contains("pip install"), "{}", before.text);
    let after = checked("facts/hospital-after.cdx.json", Some(true));
    assert!(after.worklist.items.len() + 3 == before.worklist.items.len(), "{}", after.text);
}

#[test]
fn whether_it_is_exposed_is_the_one_question() {
    let unknown = checked("facts/hospital-before.cdx.json", None);
    assert!(unknown.view.question.is_some(), "{}", unknown.text);
    assert!(unknown.worklist.undetermined().count() > 0);
}

#[test]
fn this_repository_is_read() {
    let own = checked("Cargo.lock", Some(false));
    assert!(own.worklist.components > 100);
}

#[test]
fn broken_files_name_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.cdx.json");
    std::fs::write(&path, "{\"bomFormat\": \"CycloneDX\",\n \"components\": [}").unwrap();
    let error = components(&path).unwrap_err();
    let shown = crate::plain(&error);
    assert!(shown.contains("broken.cdx.json") && shown.contains("line 2"), "{shown}");
}

/// The plain list has what the worklist has, and says where nobody can tell.
#[test]
fn the_list_of_matches_is_the_worklist_s() {
    let subject = Subject::new(root().join("facts/hospital-before.cdx.json"), "portal", None);
    let now = "2026-11-23T08:00:00Z".parse().unwrap();
    let list = matches(&[subject], &feeds::shipped().unwrap(), now, &|_, _| {}).unwrap();
    let worklist = checked("facts/hospital-before.cdx.json", None).worklist;
    let targets = || {
        worklist.items.iter().flat_map(|action| {
            action.targets.iter().map(|target| (action.package.to_string(), target))
        })
    };
    let named = |one: &Match| {
        targets().any(|(package, target)| {
            one.package == package && target.ruling.flaw.ids.contains(&one.advisory)
        })
    };
    let certain: Vec<_> = list.matches.iter().filter(|one| one.doubt.is_none()).collect();
    assert!(!certain.is_empty() && certain.iter().all(|one| named(one)), "{}", list.text());
    for (package, target) in targets() {
        let found = certain
            .iter()
            .any(|one| one.package == package && target.ruling.flaw.ids.contains(&one.advisory));
        assert!(found, "{package}: {:?}", target.ruling.flaw.ids);
    }
    assert_eq!(list.text().lines().count(), list.matches.len());
    assert!(list.text().lines().all(|line| line.split('\t').count() == 6));
}

/// A deadline that began when something was found here does not begin again with the next check.
#[test]
fn a_history_keeps_the_first_day() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let words = rules::vocabulary("en").unwrap();
    let subject = Subject::new(root().join("facts/hospital-before.cdx.json"), "portal", Some(true));
    let on = |day: &str| {
        let before = read_history(&path).unwrap();
        let (feeds, now) = (feeds::shipped().unwrap(), day.parse().unwrap());
        let subjects = std::slice::from_ref(&subject);
        let checked = check(subjects, &feeds, &before, &words, now).unwrap();
        write_history(&path, before, &checked).unwrap();
        checked.worklist.items.iter().map(|a| a.plan_by).collect::<Vec<_>>()
    };
    assert_eq!(on("2026-11-20"), on("2026-11-23"), "no deadline moved");
    std::fs::write(&path, "{").unwrap();
    assert!(matches!(read_history(&path), Err(CheckError::History { .. })));
}

/// An unpacked image: its packages with their release, a repository in it, and a file that is cut off.
#[test]
fn a_folder_is_one_system() {
    let image = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = image.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("etc/os-release", "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\n");
    let status = "Package: curl\nStatus: install ok installed\nVersion: 7.88.1-10\n";
    put("var/lib/dpkg/status", status);
    let rpm = image.path().join("opt/image/usr/lib/sysimage/rpm/rpmdb.sqlite");
    std::fs::create_dir_all(rpm.parent().unwrap()).unwrap();
    std::fs::write(rpm, include_bytes!("rpmdb.sqlite")).unwrap();
    put("opt/image/etc/os-release", "ID=rhel\nVERSION_ID=\"9.4\"\n");
    put("srv/app/requirements.txt", "Django==4.2.1\n");
    put("srv/app/broken.cdx.json", "{\"bomFormat\": \"CycloneDX\",");
    put("srv/app/node_modules/left/package-lock.json", "{");
    put("proc/1/requirements.txt", "Django==1.0\n");
    let subject = Subject::new(image.path(), "image", Some(true));
    let record = |package: &str| {
        let (ecosystem, name) = package.split_once('/').unwrap();
        let id = ecosystem.replace(' ', "");
        let text = format!(
            r#"{{"id":"X-{name}-{id}","modified":"2026-11-01T00:00:00Z","affected":[{{"package":
            {{"ecosystem":"{ecosystem}","name":"{name}"}},"versions":["1"]}}]}}"#
        );
        advisory::osv::read(text.as_bytes()).unwrap()
    };
    let index = Index::build(&["PyPI/django", "Debian:12/curl", "Red Hat:9/curl"].map(record));
    let (parts, unread) = below(&subject.path, &index).unwrap();
    let named = parts.known.iter().map(|sift| {
        let c = &sift.component;
        assert!(sift.file.as_ref().is_some_and(|file| !file.as_str().starts_with('/')));
        format!("{} {} {}", c.space(), c.name, c.version.as_deref().unwrap_or("?"))
    });
    assert_eq!(
        named.collect::<Vec<_>>(),
        ["Red Hat:9 curl 7.76.1-26.el9", "PyPI django 4.2.1", "Debian:12 curl 7.88.1-10"]
    );
    assert_eq!(unread.len(), 1, "{unread:?}");
    assert!(unread[0].reason.contains("broken.cdx.json"), "{unread:?}");
    let words = rules::vocabulary("en").unwrap();
    let feeds = feeds::shipped().unwrap();
    let checked = check(&[subject], &feeds, &[], &words, Timestamp::EPOCH).unwrap();
    assert!(checked.text.contains("broken.cdx.json"), "{}", checked.text);
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(below(empty.path(), &index), Err(CheckError::NoInventory(_))));
}

/// Seven systems, of which four are alike and one is not to be read.
fn hospital() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let before = std::fs::read(root().join("facts/hospital-before.cdx.json")).unwrap();
    for number in 1..=4 {
        std::fs::write(folder.path().join(format!("ward{number}.cdx.json")), &before).unwrap();
    }
    std::fs::write(folder.path().join("office.txt"), "pillow==7.0.0\n").unwrap();
    std::fs::create_dir(folder.path().join("portal")).unwrap();
    std::fs::write(folder.path().join("portal/requirements.txt"), "pillow==7.0.0\n").unwrap();
    std::fs::write(folder.path().join("broken.cdx.json"), "{").unwrap();
    folder
}

fn fleet_checked(subjects: &[Subject]) -> Checked {
    let (feeds, words) = (feeds::shipped().unwrap(), rules::vocabulary("en").unwrap());
    check(subjects, &feeds, &[], &words, "2026-11-23T08:00:00Z".parse().unwrap()).unwrap()
}

#[test]
fn each_of_a_fleet_s_folder_is_a_system() {
    let folder = hospital();
    let subjects = fleet(folder.path(), (Some(true), None)).unwrap();
    let names: Vec<_> = subjects.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["broken", "office", "portal", "ward1", "ward2", "ward3", "ward4"]);
    let checked = fleet_checked(&subjects);
    assert_eq!((checked.worklist.assets, checked.unread.len()), (6, 1), "{}", checked.text);
    assert!(checked.text.contains("broken.cdx.json"), "what was not read is told");
    assert!(checked.text.contains("office, portal (requirements.txt), ward1"), "{}", checked.text);
    let words = rules::vocabulary("en").unwrap();
    let feeds = feeds::shipped().unwrap();
    let id = "CVE-2024-28219".parse().unwrap();
    let explained = explain(&id, &feeds, &checked, &words).unwrap();
    assert_eq!(explained.by_date.iter().map(|due| due.count).sum::<u64>(), 6, "{explained:?}");
    let text = explained.text(&words);
    assert!(text.contains("systems: 6: office, portal, ward1, ward2, ward3, ward4"), "{text}");
    // one of them is a system on its own
    let ward = subjects.iter().find(|subject| subject.is("ward3")).unwrap();
    let alone = fleet_checked(std::slice::from_ref(ward));
    let told = explain_system(ward, &alone, &words).unwrap();
    assert_eq!(told.view, alone.view);
    assert!(told.if_changed[0].starts_with("If you take it off the internet"), "{told:?}");
}

#[test]
fn a_table_says_what_is_known_of_each() {
    let folder = hospital();
    let put = |text: &str| {
        let path = folder.path().join("fleet.csv");
        std::fs::write(&path, text).unwrap();
        fleet(&path, (None, Some(Mission::Low)))
    };
    let subjects = put("name,inventory,exposed,mission\nWard 1,ward1.cdx.json,yes,high\nLab,ward2.cdx.json,no,\n,office.txt,,\n").unwrap();
    let told: Vec<_> = subjects.iter().map(|s| (s.name.as_str(), s.exposed, s.mission)).collect();
    assert_eq!(
        told,
        [
            ("Ward 1", Some(true), Some(Mission::High)),
            ("Lab", Some(false), Some(Mission::Low)),
            ("office", None, Some(Mission::Low))
        ]
    );
    let checked = fleet_checked(&subjects);
    assert_eq!(checked.worklist.assets, 3);
    let wrong = put("name,inventory,mission\nWard 1,ward1.cdx.json,dear\n").unwrap_err();
    assert!(crate::plain(&wrong).contains("fleet.csv, line 2: `dear` is none of"), "{wrong}");
    let twice = put("name,inventory\nWard 1,ward1.cdx.json\nward-1,ward2.cdx.json\n").unwrap();
    let (feeds, words) = (feeds::shipped().unwrap(), rules::vocabulary("en").unwrap());
    let refused = check(&twice, &feeds, &[], &words, Timestamp::EPOCH).unwrap_err();
    assert!(matches!(refused, CheckError::TwoSystems { .. }), "{refused}");
    let none = put("inventory\nbroken.cdx.json\nmissing.json\n").unwrap();
    let refused = check(&none, &feeds, &[], &words, Timestamp::EPOCH).unwrap_err();
    assert!(matches!(refused, CheckError::NoneRead { count: 2, .. }), "{refused}");
}
