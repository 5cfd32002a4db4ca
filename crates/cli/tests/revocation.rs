//! What ends an organisation's, a window's or a person's access ends their open streams at a running gateway, and the next
//! request names it. With the real program.
#![expect(clippy::disallowed_methods, reason = "a test measures how long streams outlive a word")]

#[path = "kit/scene.rs"]
mod scene;
#[path = "kit/traffic.rs"]
mod traffic;

use scene::{good, serving, world};
use std::time::{Duration, Instant};
use traffic::{ask, model, rest, stream};

/// States `verb` while streams are open: they end within a second of the word being logged, and nothing more is answered.
fn ends(verb: &str, code: &str) {
    let (world, _node) = world("");
    let at = world.path();
    let (_gateway, base) =
        serving(at, &format!("--home lab gateway --upstream {}", model()), "ready");
    let mut streams = [stream(at, &base), stream(at, &base)];
    good(at, verb);
    let logged = Instant::now();
    for stream in &mut streams {
        assert!(rest(stream).contains("access has ended"), "{verb}");
    }
    assert!(logged.elapsed() < Duration::from_secs(1), "{verb}: {:?}", logged.elapsed());
    let said = rest(&mut ask(at, &base));
    assert!(said.contains(code), "{verb}: {said}");
}

#[test]
fn an_organisation_that_is_removed() {
    ends(
        "--home office review remove-organisation --case case-1 --party institute",
        "organisation-removed",
    );
}

#[test]
fn a_window_that_is_closed() {
    ends("--home office review close-window --case case-1 --window window-1", "window-over");
}

#[test]
fn a_window_that_is_withdrawn() {
    ends("--home lab review withdraw --case case-1 --window window-1", "window-withdrawn");
}

#[test]
fn a_person_who_is_removed() {
    ends("--home institute review remove --case case-1 --person analyst-1", "person-removed");
}

#[test]
fn a_grant_that_is_revoked_or_suspended() {
    ends("--home office review revoke-grant --case case-1 --grant grant-1", "grant-revoked");
    ends("--home office review suspend-grant --case case-1 --grant grant-1", "grant-suspended");
}
