//! Each dial's way around its filter works at that dial, and the ways of the dials below do not.

use super::Web;
use crate::family::{Dial, Effort, Family as _};
use crate::seed::MasterSeed;
use proptest::prelude::*;

#[test]
fn plain_effort_ends_at_the_second_dial() {
    for web in [Web::Access, Web::Forgery, Web::Injection, Web::Traversal] {
        for index in 0..20 {
            let seed = MasterSeed::new([8; 32]).instance(web.name(), index, "t");
            for dial in Dial::ALL {
                let instance = web.generate(&seed, dial);
                let full = web.solve(&instance.view(), Effort::Full);
                assert_eq!(full.as_ref(), Some(&instance.reference), "{} {dial}", web.name());
                let plain = web.solve(&instance.view(), Effort::Plain);
                assert_eq!(plain.is_some(), dial.step() <= 2, "{} {dial}", web.name());
            }
        }
    }
}

#[test]
fn a_neighbour_answers_nobody_but_the_site() {
    let seed = MasterSeed::new([8; 32]).instance("web-forgery", 0, "t");
    let instance = Web::Forgery.generate(&seed, Dial::ALL[0]);
    let live = instance.live.unwrap();
    let inner = live.hosts.last().unwrap();
    let path = inner.site.lines().find_map(|l| l.strip_prefix("path=")).unwrap();
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    use crate::family::live::Wire as _;
    let said = live.ask(inner.address, inner.port, request.as_bytes()).unwrap();
    assert!(String::from_utf8(said).unwrap().starts_with("HTTP/1.0 403"));
}

proptest! {
    #[test]
    fn any_request_is_answered(request in "[ -~\r\n%\u{0}]{0,120}", step in 1_u8..6) {
        for web in [Web::Access, Web::Forgery, Web::Injection, Web::Traversal] {
            let seed = MasterSeed::new([8; 32]).instance(web.name(), 1, "t");
            let instance = web.generate(&seed, Dial::new(step).unwrap());
            let host = &instance.live.unwrap().hosts[0];
            let said = crate::family::live::answer(&host.site, [9; 4], request.as_bytes(), &|_, _, _| None);
            prop_assert!(said.is_some());
        }
    }
}
