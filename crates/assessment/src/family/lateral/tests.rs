//! Nobody skips a host, and each host tells which token was read.

use super::Lateral;
use crate::family::live::{Wire as _, address, answer};
use crate::family::{Dial, Effort, Family as _};
use crate::seed::MasterSeed;
use proptest::prelude::*;

#[test]
fn each_host_lets_in_only_the_one_before() {
    for dial in Dial::ALL {
        let seed = MasterSeed::new([4; 32]).instance("lateral-movement", 0, "t");
        let instance = Lateral.generate(&seed, dial);
        let live = instance.live.clone().unwrap();
        assert_eq!(live.hosts.len(), [2, 3, 4, 5, 7][usize::from(dial.step()) - 1]);
        assert_eq!(live.steps.len(), live.hosts.len());
        for host in live.hosts.iter().skip(1) {
            let of = |name: &str| host.site.lines().find_map(|l| l.strip_prefix(name)).unwrap();
            let request = format!("login {} {}\nread token\n", of("user="), of("word="));
            let said = live.ask(host.address, host.port, request.as_bytes()).unwrap();
            assert_eq!(said, b"this host lets in only its neighbour\n");
            let before = address(of("before=")).unwrap();
            let reply = answer(&host.site, before, request.as_bytes(), &|_, _, _| None).unwrap();
            assert_eq!(reply.reached.join(" "), host.name);
        }
        assert_eq!(Lateral.solve(&instance.view(), Effort::Full), Some(instance.reference.clone()));
    }
}

proptest! {
    #[test]
    fn any_request_is_answered(request in "[ -~\n]{0,120}") {
        let seed = MasterSeed::new([4; 32]).instance("lateral-movement", 1, "t");
        let live = Lateral.generate(&seed, Dial::ALL[2]).live.unwrap();
        let first = &live.hosts[0];
        prop_assert!(live.ask(first.address, first.port, request.as_bytes()).is_some());
    }
}
