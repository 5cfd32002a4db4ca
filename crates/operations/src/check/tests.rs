//! The shipped facts against the shipped inventories, and this repository's own lock file.
use super::*;
use crate::feeds;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn checked(file: &str, exposed: Option<bool>) -> Checked {
    let subject = Subject { path: root().join(file), name: "portal".into(), exposed };
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
    let subject = Subject {
        path: root().join("facts/hospital-before.cdx.json"),
        name: "portal".into(),
        exposed: None,
    };
    let now = "2026-11-23T08:00:00Z".parse().unwrap();
    let list = matches(&[subject], &feeds::shipped().unwrap(), now).unwrap();
    let worklist = checked("facts/hospital-before.cdx.json", None).worklist;
    let targets = || {
        worklist.items.iter().flat_map(|action| {
            action.targets.iter().map(|target| (action.package.to_string(), target))
        })
    };
    let named = |one: &Match| {
        targets().any(|(package, target)| {
            one.package == package && target.flaw.ids.contains(&one.advisory)
        })
    };
    let certain: Vec<_> = list.matches.iter().filter(|one| one.doubt.is_none()).collect();
    assert!(!certain.is_empty() && certain.iter().all(|one| named(one)), "{}", list.text());
    for (package, target) in targets() {
        let found = certain
            .iter()
            .any(|one| one.package == package && target.flaw.ids.contains(&one.advisory));
        assert!(found, "{package}: {:?}", target.flaw.ids);
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
    let subject = Subject {
        path: root().join("facts/hospital-before.cdx.json"),
        name: "portal".into(),
        exposed: Some(true),
    };
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
    let subject =
        Subject { path: image.path().to_owned(), name: "image".into(), exposed: Some(true) };
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
    let (asset, unread) = folder(&subject, &index, Timestamp::EPOCH).unwrap();
    let named = asset.parts.known.iter().map(|sift| {
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
    let subject = Subject { path: empty.path().to_owned(), name: "x".into(), exposed: None };
    assert!(matches!(folder(&subject, &index, Timestamp::EPOCH), Err(CheckError::NoInventory(_))));
}
