//! An advisory checked, and its OSV form asked for versions.
use super::*;
use expect_test::expect;
use versions::Containment;

pub(crate) fn example() -> Advisory {
    Advisory {
        id: "VST-2026-0001".to_owned(),
        title: "Out-of-bounds write in libx".to_owned(),
        summary: "A crafted file writes past a buffer.\nUpdate.".to_owned(),
        aliases: vec!["CVE-2026-0001".to_owned(), "RUSTSEC-2026-0001".to_owned()],
        affected: vec![
            AffectedPackage {
                ecosystem: Ecosystem::CratesIo,
                name: "libx".to_owned(),
                ranges: vec![
                    AffectedRange { introduced: None, end: RangeEnd::Fixed("1.2.3".to_owned()) },
                    AffectedRange {
                        introduced: Some("2.0.0-rc.1".to_owned()),
                        end: RangeEnd::LastAffected("2.1.0+x".to_owned()),
                    },
                ],
            },
            AffectedPackage {
                ecosystem: Ecosystem::Npm,
                name: "@scope/libx".to_owned(),
                ranges: vec![AffectedRange { introduced: None, end: RangeEnd::Open }],
            },
        ],
        references: vec![
            Link {
                kind: LinkKind::Advisory,
                url: "https://example.org/VST-2026-0001".to_owned(),
                summary: "This advisory".to_owned(),
            },
            Link {
                kind: LinkKind::Fix,
                url: "https://example.org/libx/commit/1".to_owned(),
                summary: "The fix".to_owned(),
            },
        ],
        severity: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H".to_owned()),
        weakness: Some(Weakness {
            id: "CWE-787".to_owned(),
            name: "Out-of-bounds Write".to_owned(),
        }),
        credits: vec!["A finder".to_owned()],
        revisions: vec![
            Revision { at: "2026-06-02T00:00:00Z".to_owned(), summary: "First".to_owned() },
            Revision { at: "2026-06-02T00:00:00.5Z".to_owned(), summary: "Corrected".to_owned() },
        ],
        publisher: Publisher {
            category: PublisherCategory::Coordinator,
            name: "Example Clearinghouse".to_owned(),
            namespace: "https://example.org".to_owned(),
        },
    }
}

#[test]
fn the_osv_form_reads_back_and_answers() {
    let record = example().to_osv().unwrap();
    let text = osv::write(&record);
    let back = osv::read(text.as_bytes()).unwrap();
    assert_eq!(back, record);
    let set = back.affected[0].version_set().unwrap();
    for (version, affected) in
        [("1.2.2", true), ("1.2.3", false), ("2.1.0", true), ("2.1.1", false)]
    {
        assert_eq!(set.contains(version) == Containment::Affected, affected, "{version}");
    }
    assert_eq!(
        back.affected[1].package.as_ref().unwrap().purl.as_deref(),
        Some("pkg:npm/%40scope/libx")
    );
    assert_eq!(
        (back.modified.as_str(), back.severity[0].kind.as_str()),
        ("2026-06-02T00:00:00.5Z", "CVSS_V3")
    );
}

#[test]
fn vers_ranges() {
    let [libx, _] = example().affected.try_into().unwrap();
    let vers: Vec<_> = libx.ranges.iter().map(|range| range.to_vers(libx.ecosystem)).collect();
    assert_eq!(vers, ["vers:cargo/<1.2.3", "vers:cargo/>=2.0.0-rc.1|<=2.1.0%2Bx"]);
    let open = AffectedRange { introduced: None, end: RangeEnd::Open };
    assert_eq!(open.to_vers(Ecosystem::PyPi), "vers:pypi/*");
}

#[test]
fn refusals_name_the_field() {
    let changes: [fn(&mut Advisory); 9] = [
        |one| one.title = " ".to_owned(),
        |one| one.id.push(' '),
        |one| one.publisher.namespace = "example.org".to_owned(),
        |one| one.references[1].url = "javascript:x".to_owned(),
        |one| one.affected.clear(),
        |one| one.affected[0].ranges[0].end = RangeEnd::Fixed("soon".to_owned()),
        |one| one.revisions.reverse(),
        |one| one.revisions[0].at = "today".to_owned(),
        |one| one.credits.push(String::new()),
    ];
    let mut messages = String::new();
    for change in changes {
        let mut advisory = example();
        change(&mut advisory);
        messages.push_str(&format!("{}\n", advisory.to_osv().unwrap_err()));
    }
    expect![[r#"
        the advisory's `title` is empty; fill it in
        the advisory's `id` can't be `VST-2026-0001 `: it must be without blanks at its ends
        the advisory's `publisher.namespace` can't be `example.org`: it must be an `https` address
        the advisory's `references.url` can't be `javascript:x`: it must be an `http` or `https` address
        the advisory's `affected` is empty; fill it in
        a range of `libx` can't be used: the `fixed` event cannot be placed: `soon` is not a crates.io version: a number is missing; correct it where it was recorded, until then whether it is affected stays unknown
        the advisory's revisions are not in ascending order of time; sort them
        the advisory's `revisions.at` can't be `today`: it must be an RFC 3339 instant ending in `Z`
        the advisory's `credits` is empty; fill it in
    "#]].assert_eq(&messages);
}
