//! A feed is published and fetched: few bytes for few packages, and nothing that was not signed.
use super::*;
use crate::ctx::SystemRandom;
use crate::feeds::{self, Publishing, Renewal, found, publish, renew};
use domain::Span;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const PACKAGES: u32 = 1_600;

struct Scene {
    place: TempDir,
    now: Timestamp,
}

impl Scene {
    async fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let scene = Self { place, now: crate::ctx::Clock::now(&crate::ctx::SystemClock) };
        found(&scene.at("feed"), &scene.at("keys"), &SystemRandom, scene.now).await.unwrap();
        std::fs::copy(scene.at("feed/root.json"), scene.at("root.json")).unwrap();
        std::fs::create_dir(scene.at("sources")).unwrap();
        std::fs::write(scene.at("sources/osv.jsonl"), advisories(PACKAGES * 2)).unwrap();
        for name in ["kev.json", "ssvc.jsonl", "epss.csv"] {
            let fact = crate::rules::FACTS.iter().find(|file| file.name == name).unwrap();
            std::fs::write(scene.at("sources").join(name), fact.text).unwrap();
        }
        std::fs::write(scene.at("requirements.txt"), town()).unwrap();
        scene
    }

    fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    async fn publish_at(&self, now: Timestamp) -> Result<feeds::Published, FeedsError> {
        let order = Publishing {
            from: vec![self.at("sources")],
            folder: self.at("feed"),
            key: self.at("keys/feed.key"),
            days: 7,
        };
        publish(&order, now, &|_, _| ()).await
    }

    async fn publish(&self) -> feeds::Published {
        self.publish_at(self.now).await.unwrap()
    }

    fn subscription(&self, feed: &str) -> Subscription {
        Subscription {
            feed: feed.to_owned(),
            root: self.at("root.json"),
            inventories: Some(vec![self.at("requirements.txt")]),
            authorities: None,
            folder: self.at("reader"),
            to: self.at("feeds.index"),
        }
    }

    async fn receive_from(&self, feed: &str) -> Result<Received, FeedsError> {
        let order = self.subscription(feed);
        receive(&order, self.now, &|_, _| ()).await
    }

    async fn receive(&self) -> Result<Received, FeedsError> {
        let feed = self.at("feed").to_string_lossy().into_owned();
        self.receive_from(&feed).await
    }

    /// Which rule an update breaks; the index stays as it was.
    async fn fault(&self) -> Fault {
        let before = std::fs::read(self.at("feeds.index")).ok();
        let state = std::fs::read(self.at("reader/current")).ok();
        let fault = match self.receive().await.unwrap_err() {
            FeedsError::Feed { fault, reason } => {
                eprintln!("{fault}: {reason}");
                fault
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(std::fs::read(self.at("feeds.index")).ok(), before);
        assert_eq!(std::fs::read(self.at("reader/current")).ok(), state);
        fault
    }

    /// What is to do, by the index at a place.
    fn to_do(&self, index: &Path) -> Vec<String> {
        let feeds = feeds::read(index).unwrap();
        let words = crate::rules::vocabulary("en").unwrap();
        let subject = check::Subject::new(self.at("requirements.txt"), "town", Some(true));
        let checked = check::check(&[subject], &feeds, &[], &words, self.now).unwrap();
        let told = checked.worklist.items.iter().map(|item| format!("{item:?}"));
        told.chain([checked.text]).collect()
    }
}

/// So many advisories about packages of PyPI, two a package.
fn advisories(count: u32) -> String {
    let mut text = String::new();
    for n in 0..count {
        let package = n % PACKAGES;
        let _ = writeln!(
            text,
            "{{\"id\":\"PYSEC-2026-{n}\",\"modified\":\"2026-11-01T00:00:00Z\",\"aliases\":[\"CVE-2026-{:05}\"],\
             \"summary\":\"Improper handling of the {n}th kind of input lets a sender of messages read what is not theirs\",\
             \"affected\":[{{\"package\":{{\"ecosystem\":\"PyPI\",\"name\":\"{}\"}},\
             \"ranges\":[{{\"type\":\"ECOSYSTEM\",\"events\":[{{\"introduced\":\"0\"}},{{\"fixed\":\"{}.{}\"}}]}}]}}]}}",
            10_000 + n,
            name(package),
            package % 9 + 1,
            n % 20
        );
    }
    text
}

fn name(package: u32) -> String {
    let first = ["django", "flask", "py", "lib", "aio", "zope", "num", "sci"][package as usize % 8];
    format!("{first}-{package}")
}

/// Twenty packages, of which the feed knows all.
fn town() -> String {
    (0..20).map(|n| format!("{}==1.{n}\n", name(n * 79 + 11))).collect()
}

#[tokio::test]
async fn a_town_of_twenty_packages_fetches_kilobytes() {
    let scene = Scene::new().await;
    let published = scene.publish().await;
    assert!(published.slices > 60, "{published:?}");
    let received = scene.receive().await.unwrap();
    assert_eq!((received.packages, received.version, received.root), (Some(20), 1, 1));
    // all that is fetched: roots, signatures, catalogue, nodes, slices
    assert!(received.fetched_bytes < 64 << 10, "{} bytes", received.fetched_bytes);
    assert!(received.fetched_bytes * 2 < published.bytes, "{published:?}");
    // and it says the same as the whole
    let whole = scene.at("whole.index");
    feeds::compile(&[scene.at("sources")], &whole, scene.now, &|_, _| ()).unwrap();
    let said = scene.to_do(&scene.at("feeds.index"));
    assert!(said.len() > 10, "{said:?}");
    assert_eq!(said, scene.to_do(&whole));
    // the folder of what was fetched says it, too
    assert_eq!(scene.to_do(&scene.at("reader")), said);
    // nothing new: what is signed is looked at, and no slice fetched
    let again = scene.receive().await.unwrap();
    assert_eq!((again.changed, &again.taken), (0, &received.taken));
    // one more advisory about one of them: one slice, as a change
    let mut text = advisories(PACKAGES * 2);
    let _ = writeln!(
        text,
        "{{\"id\":\"PYSEC-2026-99999\",\"modified\":\"2026-11-02T00:00:00Z\",\"affected\":[{{\"package\":\
         {{\"ecosystem\":\"PyPI\",\"name\":\"{}\"}},\"versions\":[\"1.0\"]}}]}}",
        name(11)
    );
    std::fs::write(scene.at("sources/osv.jsonl"), text).unwrap();
    let published = scene.publish().await;
    assert_eq!((published.version, published.changed, published.deltas), (2, 1, 1));
    let third = scene.receive().await.unwrap();
    assert_eq!((third.version, third.changed, third.deltas), (2, 1, 1));
    assert!(third.fetched_bytes < 12 << 10, "{} bytes", third.fetched_bytes);
    assert_eq!(third.compiled.advisories, received.compiled.advisories + 1);
    feeds::compile(&[scene.at("sources")], &whole, scene.now, &|_, _| ()).unwrap();
    assert_eq!(scene.to_do(&scene.at("feeds.index")), scene.to_do(&whole));
}

#[tokio::test]
async fn the_whole_feed_has_every_package() {
    let scene = Scene::new().await;
    scene.publish().await;
    let feed = scene.at("feed").to_string_lossy().into_owned();
    let order = Subscription { inventories: None, ..scene.subscription(&feed) };
    let received = receive(&order, scene.now, &|_, _| ()).await.unwrap();
    assert_eq!(u32::try_from(received.compiled.advisories), Ok(PACKAGES * 2));
}

#[tokio::test]
async fn what_is_not_as_it_was_signed_is_refused_by_name() {
    let scene = Scene::new().await;
    scene.publish().await;
    scene.receive().await.unwrap();
    let copy = |from: &str, to: &str| {
        let _ = std::fs::remove_dir_all(scene.at(to));
        for folder in ["metadata", "targets", "objects"] {
            std::fs::create_dir_all(scene.at(to).join(folder)).unwrap();
            for entry in std::fs::read_dir(scene.at(from).join(folder)).unwrap().flatten() {
                std::fs::copy(entry.path(), scene.at(to).join(folder).join(entry.file_name()))
                    .unwrap();
            }
        }
        std::fs::copy(scene.at(from).join("catalogue.json"), scene.at(to).join("catalogue.json"))
            .unwrap();
    };
    copy("feed", "old");
    std::fs::write(scene.at("sources/osv.jsonl"), advisories(PACKAGES)).unwrap();
    scene.publish().await;
    scene.receive().await.unwrap();
    copy("feed", "good");
    // an older state again
    copy("old", "feed");
    assert_eq!(scene.fault().await, Fault::Rollback);
    // a time stamp of one state over parts of another
    copy("good", "feed");
    std::fs::write(
        scene.at("feed/metadata/2.snapshot.json"),
        std::fs::read(scene.at("old/metadata/1.snapshot.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(scene.fault().await, Fault::Mixed);
    copy("good", "feed");
    std::fs::write(
        scene.at("feed/metadata/2.targets.json"),
        std::fs::read(scene.at("old/metadata/1.targets.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(scene.fault().await, Fault::Mixed);
    // another byte
    copy("good", "feed");
    let targets = scene.at("feed/metadata/2.targets.json");
    let text = std::fs::read_to_string(&targets).unwrap();
    std::fs::write(&targets, text.replacen("catalogue", "cataloguf", 1)).unwrap();
    assert_eq!(scene.fault().await, Fault::Altered);
    // longer than was signed
    copy("good", "feed");
    std::fs::write(&targets, text + &" ".repeat(4096)).unwrap();
    assert_eq!(scene.fault().await, Fault::TooLarge);
    // a time stamp by other keys
    copy("good", "feed");
    found(&scene.at("other"), &scene.at("other-keys"), &SystemRandom, scene.now).await.unwrap();
    let order = Publishing {
        from: vec![scene.at("sources")],
        folder: scene.at("other"),
        key: scene.at("other-keys/feed.key"),
        days: 7,
    };
    publish(&order, scene.now, &|_, _| ()).await.unwrap();
    std::fs::copy(
        scene.at("other/metadata/timestamp.json"),
        scene.at("feed/metadata/timestamp.json"),
    )
    .unwrap();
    assert_eq!(scene.fault().await, Fault::WrongKeys);
    // not published with the key that counts
    copy("good", "feed");
    let wrong = Publishing { folder: scene.at("feed"), ..order };
    let error = publish(&wrong, scene.now, &|_, _| ()).await.unwrap_err();
    assert!(matches!(error, FeedsError::Feed { fault: Fault::WrongKeys, .. }), "{error}");
    // gone
    copy("good", "feed");
    std::fs::remove_file(scene.at("feed/metadata/timestamp.json")).unwrap();
    assert_eq!(scene.fault().await, Fault::Missing);
    // and whole again
    copy("good", "feed");
    scene.receive().await.unwrap();
}

/// What the feed's folder has of nodes and slices, for a reader that holds nothing.
#[tokio::test]
async fn a_slice_that_is_not_its_digest_is_refused() {
    let scene = Scene::new().await;
    scene.publish().await;
    let objects = || std::fs::read_dir(scene.at("feed/objects")).unwrap().flatten();
    let first = std::fs::read(objects().next().unwrap().path()).unwrap();
    for entry in objects() {
        let bytes = std::fs::read(entry.path()).unwrap();
        std::fs::write(entry.path(), &bytes[..bytes.len() - 1]).unwrap();
    }
    assert_eq!(scene.fault().await, Fault::Altered);
    for entry in objects() {
        std::fs::write(entry.path(), first.repeat(100)).unwrap();
    }
    assert_eq!(scene.fault().await, Fault::TooLarge);
    for entry in objects() {
        std::fs::remove_file(entry.path()).unwrap();
    }
    assert_eq!(scene.fault().await, Fault::Missing);
}

/// A catalogue, or slices, of the state before: whole, and not what was signed with the parts beside them.
#[tokio::test]
async fn parts_of_two_states_are_named_as_that() {
    let scene = Scene::new().await;
    scene.publish().await;
    scene.receive().await.unwrap();
    let files = |folder: &str| -> BTreeSet<PathBuf> {
        std::fs::read_dir(scene.at(folder)).unwrap().flatten().map(|entry| entry.path()).collect()
    };
    let (catalogues, objects) = (files("feed/targets"), files("feed/objects"));
    std::fs::write(scene.at("sources/osv.jsonl"), advisories(PACKAGES)).unwrap();
    scene.publish().await;
    let old = std::fs::read(catalogues.first().unwrap()).unwrap();
    for new in files("feed/targets").difference(&catalogues) {
        let good = std::fs::read(new).unwrap();
        std::fs::write(new, &old).unwrap();
        assert_eq!(scene.fault().await, Fault::Mixed);
        std::fs::write(new, &good).unwrap();
    }
    let after = files("feed/objects");
    // what the reader never had could be anything; what it had is of the state before
    let mut told = false;
    for old in &objects {
        let old = std::fs::read(old).unwrap();
        for new in after.difference(&objects) {
            std::fs::write(new, &old).unwrap();
        }
        match scene.fault().await {
            Fault::Mixed => told = true,
            fault => assert!(matches!(fault, Fault::Altered | Fault::TooLarge), "{fault:?}"),
        }
        if told {
            break;
        }
    }
    assert!(told, "no object of the state before was known as one");
}

#[tokio::test]
async fn a_feed_that_nobody_publishes_again_expires() {
    let scene = Scene::new().await;
    scene.publish_at(scene.now.before(Span::days(8))).await.unwrap();
    assert_eq!(scene.fault().await, Fault::Expired);
    scene.publish().await;
    scene.receive().await.unwrap();
}

#[tokio::test]
async fn readers_go_on_over_new_roots() {
    let scene = Scene::new().await;
    scene.publish().await;
    scene.receive().await.unwrap();
    let renewal = Renewal {
        folder: scene.at("feed"),
        root_key: scene.at("keys/root.key"),
        new_root_key: Some(scene.at("keys/root-2.key")),
        new_feed_key: Some(scene.at("keys/feed-2.key")),
    };
    // the feed key may not say which keys count
    let wrong = Renewal { root_key: scene.at("keys/feed.key"), ..renewal.clone() };
    let error = renew(&wrong, &SystemRandom, scene.now).await.unwrap_err();
    assert!(matches!(error, FeedsError::Feed { fault: Fault::WrongKeys, .. }), "{error}");
    assert!(!scene.at("keys/root-2.key").exists());
    assert_eq!(renew(&renewal, &SystemRandom, scene.now).await.unwrap().version, 2);
    // the old key no longer publishes
    let error = scene.publish_at(scene.now).await.unwrap_err();
    assert!(matches!(error, FeedsError::Feed { fault: Fault::WrongKeys, .. }), "{error}");
    let order = Publishing {
        from: vec![scene.at("sources")],
        folder: scene.at("feed"),
        key: scene.at("keys/feed-2.key"),
        days: 7,
    };
    publish(&order, scene.now, &|_, _| ()).await.unwrap();
    // the reader still trusts the first root, and comes to the second
    assert_eq!(scene.receive().await.unwrap().root, 2);
    // a third by the second's key; the first's no longer counts
    let third = Renewal { new_root_key: None, new_feed_key: None, ..renewal };
    assert!(renew(&third, &SystemRandom, scene.now).await.is_err());
    let third = Renewal { root_key: scene.at("keys/root-2.key"), ..third };
    assert_eq!(renew(&third, &SystemRandom, scene.now).await.unwrap().version, 3);
    assert_eq!(scene.receive().await.unwrap().root, 3);
}

#[tokio::test]
async fn a_feed_comes_over_http_from_this_machine_only_and_https_from_elsewhere() {
    let scene = Scene::new().await;
    scene.publish().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = scene.at("feed");
    let serve = async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let mut buffer = [0; 2048];
            while !request.windows(4).any(|window| window == b"\r\n\r\n") {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => request.extend_from_slice(&buffer[..n]),
                }
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().trim_start_matches("/feed/");
            let (status, body) = match std::fs::read(folder.join(path)) {
                Ok(body) => (200, body),
                Err(_) => (404, Vec::new()),
            };
            let head = format!(
                "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
            let _ = stream.shutdown().await;
        }
    };
    #[expect(clippy::disallowed_methods, reason = "it lives as long as the test's runtime")]
    tokio::spawn(serve);
    let received = scene.receive_from(&format!("http://127.0.0.1:{port}/feed")).await.unwrap();
    assert!(received.fetched_bytes < 64 << 10, "{} bytes", received.fetched_bytes);
    assert!(scene.to_do(&scene.at("feeds.index")).len() > 10);
    let error = scene.receive_from("http://feed.example/feed").await.unwrap_err();
    assert!(crate::plain(&error).contains("nothing is fetched without TLS"), "{error:?}");
}
