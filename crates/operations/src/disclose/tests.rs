//! A field is shown by its name to one who can't read the statement, and refusals name what is wrong.

use super::{DiscloseError, disclose, disclosed};
use crate::act::{Done, Readers};
use crate::testing::World;
use domain::Role;
use std::fs;

#[tokio::test]
async fn one_field_is_shown_offline_by_name() {
    let world = World::with(11, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let state = async |case: &str, key: &str| {
        let event = access::Event::RequestDeclined(access::Decline {
            case: case.parse().unwrap(),
            developer: "lab".parse().unwrap(),
            reason: Some("the secret reason".parse().unwrap()),
        });
        let readers = Readers::Parties(Default::default());
        match lab.state(&event, &readers, Some(key)).await.unwrap() {
            Done::Logged { index, receipt, .. } => (index, receipt),
            Done::Waiting(_) | Done::Carried { .. } => panic!("one signature is enough"),
        }
    };
    let (index, receipt) = state("case", "first").await;
    let (_, other) = state("other", "second").await;
    let folder = world.folder.path();
    let (out, all) = (folder.join("case.disclosure"), folder.join("all.disclosure"));

    let gov = world.ctx("gov", &node);
    let unread = disclose(&gov, &index.to_string(), &[], &all).await.unwrap_err();
    assert!(matches!(unread, DiscloseError::Unreadable(..)), "{unread}");
    let wrong = disclose(&lab, &index.to_string(), &["rason".to_owned()], &out).await.unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "`rason` is no field of a `request-declined`; it has: case, developer, reason"
    );

    let fields = ["case".to_owned(), "1".to_owned()];
    disclose(&lab, &index.to_string(), &fields, &out).await.unwrap();
    let shown = disclosed(&out, &receipt, &gov.trust).unwrap();
    let pairs: Vec<_> = shown.fields.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
    assert_eq!(pairs, [("case", "\"case\""), ("developer", "\"lab\"")]);
    let bytes = fs::read(&out).unwrap();
    assert!(!bytes.windows(6).any(|w| w == b"secret"), "the reason is not in it");

    let error = disclosed(&out, &other, &gov.trust).unwrap_err();
    assert!(crate::plain(&error).contains("a disclosure of statement"), "{error}");
    let at = bytes.windows(4).rposition(|w| w == b"\x63lab").unwrap();
    let mut changed = bytes.clone();
    changed[at + 1] = b'm';
    fs::write(&out, &changed).unwrap();
    let error = disclosed(&out, &receipt, &gov.trust).unwrap_err();
    assert!(crate::plain(&error).contains("field 1 was not stated"), "{error}");
}
