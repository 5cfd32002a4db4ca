//! Routes and interfaces: none, a loopback of its own, or one range without a router.

use super::{Check, Reach, Seen, check, count};

pub(super) fn checks(seen: &Seen<'_>, reach: Reach) -> Vec<Check> {
    let lines = |name, skip| -> Result<Vec<String>, i32> {
        Ok(seen.text(name)?.lines().skip(skip).map(|l| l.trim().to_owned()).collect())
    };
    // A kernel without IPv6 has no such file, and no such route.
    let routes6 = || match seen.text("ipv6-routes") {
        Err(libc::ENOENT) => Ok(Vec::new()),
        other => other.map(|t| t.lines().filter(|l| !l.trim().ends_with(" lo")).collect()),
    };
    let routes = lines("routes", 1).and_then(|mut all| {
        all.retain(|route| reach != Reach::Range || !to_neighbours(route));
        all.extend(routes6()?.into_iter().map(str::to_owned));
        Ok((all.is_empty(), count(&all, "route")))
    });
    let interfaces = lines("interfaces", 2).map(|all| {
        let names: Vec<_> =
            all.iter().filter_map(|l| l.split_once(':')).map(|(n, _)| n.to_owned()).collect();
        let expected = |n: &String| n == "lo" || (reach == Reach::Range && n == "eth0");
        (names.iter().all(expected), names.join(", "))
    });
    let loopback = seen.text("loopback").map(|flags| {
        let up = flags.trim().parse::<i32>().map_or(true, |f| f & libc::IFF_UP != 0);
        (up != (reach == Reach::Nothing), if up { "up" } else { "down" }.to_owned())
    });
    let (routed, reached, looped) = match reach {
        Reach::Nothing => ("no-route", "only-loopback", "loopback-down"),
        Reach::Loopback => ("no-route", "only-loopback", "loopback-up"),
        Reach::Range => ("no-route-beyond-the-range", "only-the-range", "loopback-up"),
    };
    vec![
        check(routed, "/proc/net/route and /proc/net/ipv6_route", routes),
        check(reached, "/proc/net/dev", interfaces),
        check(looped, "SIOCGIFFLAGS on lo", loopback),
    ]
}

/// Whether a line of `/proc/net/route` goes to directly attached hosts and to no router.
fn to_neighbours(route: &str) -> bool {
    let fields: Vec<_> = route.split_whitespace().collect();
    let [interface, destination, gateway, ..] = fields.as_slice() else { return false };
    *interface == "eth0" && *destination != "00000000" && *gateway == "00000000"
}
