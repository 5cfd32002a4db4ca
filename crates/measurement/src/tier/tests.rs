//! A policy that fails closed, and declarations that count only whole, signed and in time.

use super::{AskTier, declared, least, signature_of, tier};
use crate::MeasureError;
use crate::world::World;
use domain::{Span, Timestamp};
use operations::rules::TIERS;
use sandbox::{Guest, Tier};
use std::path::{Path, PathBuf};

#[test]
fn each_class_has_its_least_tier_and_no_class_has_none() {
    let of = |class| least(TIERS, class).map(|r| (r.class, r.least));
    for (class, wanted) in [
        ("scripted", Tier::Namespaces),
        ("small", Tier::UserSpaceKernel),
        ("frontier", Tier::VirtualMachine),
        ("covered", Tier::AirGapped),
    ] {
        assert_eq!(of(Some(class)).unwrap(), (class.to_owned(), wanted));
    }
    assert_eq!(of(None).unwrap().1, Tier::VirtualMachine, "unstated is not weak");
    assert!(of(Some("harmless")).unwrap_err().to_string().contains("no class `harmless`"));
    for broken in [
        "",
        "unstated = \"a\"\nclass = []",
        "unstated = \"a\"\n[[class]]\nname = \"a\"\nleast = \"none\"\nwhy = \"\"",
        "unstated = \"a\"\nmore = 1\n[[class]]\nname = \"a\"\nleast = \"namespaces\"\nwhy = \"\"",
    ] {
        assert!(least(broken, None).is_err(), "{broken}");
    }
}

fn now() -> Timestamp {
    "2026-12-01T00:00:00Z".parse().unwrap()
}

fn guest() -> Guest {
    Guest { program: PathBuf::from("/bin/true"), arguments: Vec::new() }
}

#[test]
fn a_tier_is_never_lowered() {
    let world = World::new(1);
    let trust = world.ctx("gov", &world.node()).trust;
    let ask = |class: &str, tier: Option<&str>| AskTier {
        class: Some(class.to_owned()),
        tier: tier.map(str::to_owned),
        ..AskTier::default()
    };
    let tier = |asked| tier(&asked, guest(), &trust, now());
    let (policy, requirement) = tier(ask("scripted", Some("virtual-machine"))).unwrap();
    assert_eq!((policy.tier, requirement.least), (Tier::VirtualMachine, Tier::Namespaces));
    let refused = tier(ask("frontier", Some("namespaces"))).unwrap_err();
    assert!(matches!(refused, MeasureError::Machine(_)));
    let said = refused.to_string();
    assert!(said.contains("frontier") && said.contains("virtual-machine"), "{said}");
    assert!(tier(ask("scripted", Some("strong"))).is_err());
}

fn write(path: &Path, expires: &str) {
    let text = format!(
        "host = \"bench\"\nsigner = \"gov\"\ninside = \"namespaces\"\nexpires = \"{expires}\"\n\
         [[checked]]\nwhat = \"no cable\"\nhow = \"looked\"\nby = \"two engineers\"\n"
    );
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_declaration_counts_signed_whole_and_in_time() {
    let world = World::new(2);
    let ctx = world.ctx("gov", &world.node());
    let trust = ctx.home.trust().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.toml");
    write(&path, "2027-03-01T00:00:00Z");
    assert!(declared(&path, &trust, now()).is_err(), "nobody signed");
    let view = super::declare(&ctx, &path).unwrap();
    assert_eq!((view.checked, view.inside), (1, "namespaces"));
    let found = declared(&path, &trust, now()).unwrap();
    assert_eq!((found.host.as_str(), found.signer.as_str()), ("bench", "gov"));
    let late = now().after(Span::days(91));
    let said = declared(&path, &trust, late).unwrap_err().to_string();
    assert!(said.contains("it ended on 2027-03-01"), "{said}");

    let signature = std::fs::read(signature_of(&path)).unwrap();
    write(&path, "2027-04-01T00:00:00Z");
    let said = declared(&path, &trust, now()).unwrap_err().to_string();
    assert!(said.contains("not as `gov` signed it"), "{said}");
    std::fs::write(signature_of(&path), &signature[1..]).unwrap();
    assert!(declared(&path, &trust, now()).is_err());

    write(&path, "2029-01-01T00:00:00Z");
    super::declare(&ctx, &path).unwrap();
    assert!(declared(&path, &trust, now()).unwrap_err().to_string().contains("366 days"));
    for (from, to) in [
        ("signer = \"gov\"", "signer = \"somebody\""),
        ("inside = \"namespaces\"", "inside = \"air-gapped\""),
        ("how = \"looked\"", "how = \" \""),
    ] {
        write(&path, "2027-03-01T00:00:00Z");
        let text = std::fs::read_to_string(&path).unwrap().replace(from, to);
        std::fs::write(&path, text).unwrap();
        assert!(super::declare(&ctx, &path).is_err(), "{to}");
    }
}
