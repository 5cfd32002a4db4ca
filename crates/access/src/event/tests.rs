//! Golden bytes and signers of every event. The bytes are never edited: they were logged.

use super::{
    AccessRequest, Account, Acknowledgement, Admission, Allowance, Application,
    AssessmentPublication, AssessmentSharing, Audience, Basis, Breach, BreachKind, BreachWord,
    Consideration, CredentialReplacement, Decline, Destruction, Determination,
    DeterminationWithdrawal, Enrolment, EnrolmentAdmission, Event, ExternalOrder, Gives,
    GrantChange, GrantIssue, GrantRequest, Inquiry, Nomination, OrganisationRemoval, Outcome,
    PersonStatement, Release, Replan, Revocation, Right, Scope, Selection, SignalAction, Snapshot,
    Stage, Step, System, TermsAgreement, TermsProposal, Tier, Uses, Verification, WindowClosing,
    WindowOpening, Withdrawal,
};
use crate::Endpoint;
use crate::walk::world::{id, instant, line, terms, text};
use domain::{CaseId, Digest, GrantId, NominationId, PartyId, Span, Statement, wire};
use expect_test::expect;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;

fn developer() -> PartyId {
    id("lab")
}

fn government() -> PartyId {
    id("gov")
}

fn case() -> CaseId {
    id("case-1")
}

/// One of each, in the order of their numbers.
fn samples() -> Vec<Event> {
    let mut all = records();
    all.splice(5..5, agreements());
    all.splice(13..13, standings());
    all.splice(21..21, grants());
    all.extend(conduct());
    all.extend(programme());
    all.push(Event::AssessmentPublished(publication()));
    all
}

fn publication() -> AssessmentPublication {
    AssessmentPublication {
        case: case(),
        by: id("eval"),
        report: Digest::of(b"report"),
        handling: line("TLP:CLEAR"),
        place: line("https://reports.example/1"),
        agreed_by: BTreeSet::from([developer(), government()]),
        item: None,
    }
}

fn conduct() -> Vec<Event> {
    let word = |by: PartyId| BreachWord {
        case: case(),
        incident: id("b1"),
        by,
        remedy: text("keys changed"),
    };
    vec![
        Event::BreachNoticed(Breach {
            case: case(),
            incident: id("b1"),
            by: developer(),
            about: government(),
            kind: BreachKind::Leak,
            account: text("a report got out"),
            occurred_at: None,
            aware_at: instant(40),
            stops: true,
        }),
        Event::BreachAnswered(word(government())),
        Event::BreachRemedied(word(developer())),
        Event::DestructionAttested(Destruction {
            case: case(),
            by: id("eval"),
            person: id("p1"),
            what: text("all transcripts"),
            digest: Some(Digest::of(b"transcripts")),
            method: line("cryptographic erase"),
            destroyed_at: instant(800),
        }),
        Event::SnapshotBound(Snapshot {
            case: case(),
            developer: developer(),
            model: id("m1"),
            digest: Digest::of(b"weights 2"),
            stage: Stage::Accessed,
            variant: line("safeguards reduced"),
            derived_from: Some(Digest::of(b"weights")),
        }),
        Event::SignalActed(SignalAction {
            case: case(),
            developer: developer(),
            grant: id("g1"),
            rule: line("prompt-sweep"),
            evidence: Digest::of(b"evidence"),
            step: Step::Ask,
            person: id("p3"),
            reason: text("many alike"),
        }),
        Event::CandidateConsidered(Consideration {
            case: case(),
            by: government(),
            candidate: id("hospital"),
            cohort: line("hospitals under 50 beds"),
            rule: line("operates-infrastructure"),
            criteria: Digest::of(b"criteria"),
            forward: false,
            reason: text("no staff yet"),
            person: None,
            declared: None,
        }),
        Event::CredentialReplaced(CredentialReplacement {
            case: case(),
            grant: id("g1"),
            party: government(),
            old: Digest::of(b"old"),
            new: Digest::of(b"new"),
            old_ends_at: instant(41),
        }),
    ]
}

fn programme() -> Vec<Event> {
    let system = |name: &str, right| System { name: line(name), right };
    let enrolment = Enrolment {
        case: case(),
        application: id("d1"),
        applicant: id("sector-body"),
        organisation: line("a hospital of 25 beds"),
        sector: line("health"),
        size: line("up to 50 staff"),
        sponsored: true,
        systems: BTreeSet::from([
            system("patient portal", Right::Owns),
            system("booking", Right::MayTest(line("its vendor"))),
        ]),
        tier: line("findings-and-patches"),
        reason: text("no staff of our own"),
    };
    let tier = Tier {
        name: line("model"),
        ladder: Digest::of(b"ladder"),
        gives: Gives::Model(Allowance {
            models: BTreeSet::from([id("model-1")]),
            endpoints: BTreeSet::from([Endpoint::ChatCompletions]),
            tokens_per_grant: 1_000,
        }),
    };
    vec![
        Event::OrganisationRemoved(OrganisationRemoval {
            case: case(),
            party: id("hospital"),
            by: developer(),
            reason: text("it closed"),
        }),
        Event::ProgrammeApplied(enrolment.clone()),
        Event::OrganisationVerified(Verification {
            case: case(),
            application: id("d1"),
            by: government(),
            person: id("g1"),
            method: line("public-register"),
            evidence: Some(Digest::of(b"extract")),
            verified_at: instant(50),
        }),
        Event::ProgrammeAdmitted(EnrolmentAdmission {
            case: case(),
            application: id("d1"),
            proposal: enrolment.digest(),
            tier,
            terms: terms("terms-1").digest(),
            developer: developer(),
            government: government(),
            starts_at: instant(60),
            expires_at: instant(600),
        }),
    ]
}

/// Who considered, and what that person declared, come last: without them the bytes are what they were.
#[test]
fn who_considered() {
    let found = samples()
        .into_iter()
        .find_map(|event| if let Event::CandidateConsidered(e) = event { Some(e) } else { None });
    let mut event = found.expect("a consideration");
    let without = wire::encode(&event).len();
    (event.person, event.declared) = (Some(id("g1")), Some(line("none")));
    let bytes = wire::encode(&event);
    let tail: String = bytes[without..].iter().map(|b| format!("{b:02x}")).collect();
    expect!["626731646e6f6e65"].assert_eq(&tail);
    assert_eq!(wire::decode::<Consideration>(&bytes), Ok(event));
}

fn records() -> Vec<Event> {
    let (reference, reason) = (Digest::of(b"document"), text("why"));
    let models = BTreeSet::from([id("m1"), id("m2")]);
    vec![
        Event::Inquired(Inquiry {
            case: case(),
            developer: developer(),
            government: government(),
            models,
            planned_partner_release_at: instant(960),
            question: text("covered?"),
        }),
        Event::AccessRequested(AccessRequest {
            case: case(),
            government: government(),
            developer: developer(),
            reason: reason.clone(),
        }),
        Event::RequestDeclined(Decline { case: case(), developer: developer(), reason: None }),
        Event::ModelDetermined(Determination {
            case: case(),
            model: id("m1"),
            authority: id("nsa"),
            outcome: Outcome::Undetermined,
            reference,
            benchmark: line("benchmark 1"),
            consultees: BTreeSet::from([line("a director"), line("an adviser")]),
            decided_at: instant(1),
            handling: line("unclassified"),
            supersedes: None,
            account: None,
        }),
        Event::DeterminationWithdrawn(DeterminationWithdrawal {
            case: case(),
            authority: id("nsa"),
            reference,
            reason,
        }),
        Event::AssessmentShared(AssessmentSharing {
            case: case(),
            by: government(),
            recipients: BTreeSet::from([developer()]),
            report: reference,
            handling: line("unclassified"),
            item: None,
        }),
        Event::OrderRecorded(ExternalOrder {
            by: developer(),
            case: None,
            authority: line("an agency"),
            legal_basis: line("another law"),
            document: reference,
            received_at: instant(3),
        }),
    ]
}

fn agreements() -> Vec<Event> {
    let terms_digest = Digest::of(b"terms");
    vec![
        Event::TermsProposed(TermsProposal { by: government(), terms: terms("terms-1") }),
        Event::TermsAgreed(TermsAgreement {
            case: case(),
            terms: terms_digest,
            developer: developer(),
            government: government(),
        }),
        Event::TermsAcknowledged(Acknowledgement {
            case: case(),
            terms: terms_digest,
            party: id("eval"),
            person: id("p1"),
        }),
        Event::WindowOpened(WindowOpening {
            case: case(),
            window: id("w1"),
            terms: terms_digest,
            developer: developer(),
            government: government(),
            models: BTreeSet::from([id("m1")]),
            first_access_at: instant(24),
            planned_partner_release_at: instant(960),
            longest: Span::days(30),
        }),
        Event::WindowClosed(WindowClosing {
            case: case(),
            window: id("w1"),
            by: government(),
            reason: text(""),
        }),
        Event::ReleaseReplanned(Replan {
            case: case(),
            developer: developer(),
            planned_partner_release_at: instant(900),
        }),
        Event::AccessWithdrawn(Withdrawal {
            case: case(),
            developer: developer(),
            scope: Scope::Window(id("w1")),
            reason: text(""),
        }),
        Event::ModelReleased(Release {
            developer: developer(),
            model: id("m1"),
            audience: Audience::Public,
            released_at: instant(1_000),
            case: None,
        }),
    ]
}

fn standings() -> Vec<Event> {
    let criteria = text("operates critical infrastructure");
    let revocation = Revocation {
        case: case(),
        nomination: id::<NominationId>("n1"),
        by: developer(),
        reason: text("expired interest"),
    };
    vec![
        Event::PartnerNominated(Nomination {
            case: case(),
            nomination: id("n1"),
            by: developer(),
            nominee: id("bank"),
            models: BTreeSet::from([id("m1")]),
            criteria_digest: Digest::of(criteria.as_str().as_bytes()),
            criteria,
            reason: text("it does"),
            conflicts: BTreeSet::from([line("holds shares")]),
            expires_at: instant(5_000),
        }),
        Event::PartnerSelected(Selection {
            case: case(),
            nomination: id("n1"),
            proposal: Digest::of(b"nomination"),
            developer: developer(),
            government: government(),
        }),
        Event::PartnerRevoked(revocation.clone()),
        Event::DefenderApplied(Application {
            case: case(),
            application: id("n2"),
            applicant: id("hospital"),
            organisation: line("a hospital"),
            sector: line("health"),
            systems: BTreeSet::from([line("its own network")]),
            models: BTreeSet::from([id("m1")]),
        }),
        Event::DefenderAdmitted(Admission {
            case: case(),
            application: id("n2"),
            proposal: Digest::of(b"application"),
            developer: developer(),
            government: government(),
            expires_at: instant(5_000),
        }),
        Event::DefenderRevoked(revocation),
        Event::PersonRecused(person(government())),
        Event::PersonRemoved(person(developer())),
    ]
}

fn person(by: PartyId) -> PersonStatement {
    let (party, person) = (government(), id("p9"));
    PersonStatement { case: case(), party, person, by, reason: text("") }
}

fn grants() -> Vec<Event> {
    let grant = id::<GrantId>("g1");
    let change = |by: &str| GrantChange {
        case: case(),
        grant: grant.clone(),
        by: id(by),
        reason: text("a leak"),
    };
    vec![
        Event::GrantRequested(GrantRequest {
            case: case(),
            grant: grant.clone(),
            basis: Basis::Window(id("w1")),
            model: id("m1"),
            party: id("eval"),
            person: id("p1"),
            requested_by: id("p2"),
            terms: Digest::of(b"terms"),
            credential: Digest::of(b"token"),
            endpoints: BTreeSet::from([Endpoint::ChatCompletions, Endpoint::Models]),
            budget_tokens: 1_000_000,
            starts_at: instant(24),
            ends_at: instant(700),
            purpose: line("to measure"),
        }),
        Event::GrantIssued(GrantIssue {
            case: case(),
            grant: grant.clone(),
            request: Digest::of(b"request"),
            developer: developer(),
            developer_approver: id("p3"),
            government: government(),
            government_approver: id("p4"),
        }),
        Event::GrantRevoked(change("lab")),
        Event::GrantSuspended(change("gov")),
        Event::GrantResumed(change("gov")),
        Event::UsesRecorded(Uses {
            case: case(),
            grant: grant.clone(),
            developer: developer(),
            minute: instant(30),
            root: Digest::of(b"uses"),
            count: 3,
            tokens_in: 1_200,
            tokens_out: 340,
        }),
    ]
}

#[test]
fn bytes_are_golden() {
    let mut table = String::new();
    for event in samples() {
        let hex: String = event.to_bytes().iter().map(|b| format!("{b:02x}")).collect();
        writeln!(table, "{} {hex}", event.kind()).expect("a string takes text");
    }
    expect![[r#"
        inquired 8200818666636173652d31636c616263676f7682626d31626d321b00065d854337600068636f76657265643f
        access-requested 8201818466636173652d3163676f76636c616263776879
        request-declined 8202818266636173652d31636c6162
        model-determined 8203818966636173652d31626d31636e736102582043cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e240086b62656e63686d61726b2031826a61206469726563746f726a616e20616476697365721b00065a61702404006c756e636c6173736966696564
        determination-withdrawn 8204818466636173652d31636e7361582043cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e2400863776879
        terms-proposed 8205818263676f7686677465726d732d3166636173652d3182676d6f64656c2d61676d6f64656c2d6282696576616c7561746f726a676f7665726e6d656e748483736b65707420696e206f6e6520656e636c617665706d6561737572656d656e74206f6e6c7978196e6f626f6479206f757473696465207468652072657669657783736b65707420696e206f6e6520656e636c617665706d6561737572656d656e74206f6e6c7978196e6f626f6479206f757473696465207468652072657669657783736b65707420696e206f6e6520656e636c617665706d6561737572656d656e74206f6e6c7978196e6f626f6479206f757473696465207468652072657669657783736b65707420696e206f6e6520656e636c617665706d6561737572656d656e74206f6e6c7978196e6f626f6479206f7574736964652074686520726576696577828200031903e8
        terms-agreed 8206818466636173652d31582051d2361f4faea3bc8f9facdbc7d99abb555596a2e51f7b25fd3b41c93587e616636c616263676f76
        terms-acknowledged 8207818466636173652d31582051d2361f4faea3bc8f9facdbc7d99abb555596a2e51f7b25fd3b41c93587e616646576616c627031
        window-opened 8208818966636173652d31627731582051d2361f4faea3bc8f9facdbc7d99abb555596a2e51f7b25fd3b41c93587e616636c616263676f7681626d311b00065a74b767c0001b00065d85433760001b0000025b7f3d4000
        window-closed 8209818466636173652d3162773163676f7660
        release-replanned 820a818366636173652d31636c61621b00065d52f89cf000
        access-withdrawn 820b818466636173652d31636c616282028162773160
        model-released 820c8184636c6162626d31021b00065da6ca490000
        partner-nominated 820d818a66636173652d31626e31636c61626462616e6b81626d3178206f7065726174657320637269746963616c20696e667261737472756374757265582025db0ee51352393b378bcff4b252376f41bc3718febaae6bfc60726b795fdbce67697420646f6573816c686f6c6473207368617265731b00066abf8d2b8000
        partner-selected 820e818566636173652d31626e315820fc5d6641e893d4bb6d436be957abc7aa59eb5b3a53498beefc6e4d86ad42c598636c616263676f76
        partner-revoked 820f818466636173652d31626e31636c6162706578706972656420696e746572657374
        defender-applied 8210818766636173652d31626e3268686f73706974616c6a6120686f73706974616c666865616c7468816f697473206f776e206e6574776f726b81626d31
        defender-admitted 8211818666636173652d31626e3258201fe289205936c3fdb61158223892c7a8bee6ff4dfa085ea1c094ce0294e32114636c616263676f761b00066abf8d2b8000
        defender-revoked 8212818466636173652d31626e31636c6162706578706972656420696e746572657374
        person-recused 8213818566636173652d3163676f7662703963676f7660
        person-removed 8214818566636173652d3163676f76627039636c616260
        grant-requested 8215818e66636173652d31626731820081627731626d31646576616c627031627032582051d2361f4faea3bc8f9facdbc7d99abb555596a2e51f7b25fd3b41c93587e61658203c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e08200031a000f42401b00065a74b767c0001b00065cab5544d0006a746f206d656173757265
        grant-issued 8216818766636173652d3162673158201f58b9145b24d108d7ac38887338b3ea3229833b9c1e418250343f907bfd1047636c616262703363676f76627034
        grant-revoked 8217818466636173652d31626731636c61626661206c65616b
        grant-suspended 821818818466636173652d3162673163676f766661206c65616b
        grant-resumed 821819818466636173652d3162673163676f766661206c65616b
        uses-recorded 82181a818866636173652d31626731636c61621b00065a79bedd98005820f480ffb2979d188849ef6ddeb7cefe0aec4406a459adc51df4808a3545d7095c031904b0190154
        assessment-shared 82181b818566636173652d3163676f7681636c6162582043cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e240086c756e636c6173736966696564
        order-recorded 82181c8186636c6162f669616e206167656e63796b616e6f74686572206c6177582043cc23fa52b87b4cc1d02b5b114154151d6adddb17c9fddc06b027fa99e240081b00065a631d4b4c00
        breach-noticed 82181d818966636173652d31626231636c616263676f76007061207265706f727420676f74206f7574f61b00065a8220a20000f5
        breach-answered 82181e818466636173652d3162623163676f766c6b657973206368616e676564
        breach-remedied 82181f818466636173652d31626231636c61626c6b657973206368616e676564
        destruction-attested 821820818766636173652d31646576616c6270316f616c6c207472616e736372697074735820d27247eba6ef434b6145732315d2e88de96ac8c12ca95ca51277e96dfd69649c7363727970746f677261706869632065726173651b00065cff26f0e000
        snapshot-bound 821821818766636173652d31636c6162626d315820a8989317cf9287850260df63e5c4946861b8092ff02634fb4b3dab4f9fb1da56017273616665677561726473207265647563656458209a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c
        signal-acted 821822818866636173652d31636c61626267316c70726f6d70742d73776565705820ee8250fb76e094b34b471f13a73dbbe51d1ae142e9df59d7c0d31ec20f0a0a8e016270336a6d616e7920616c696b65
        candidate-considered 821823818866636173652d3163676f7668686f73706974616c77686f73706974616c7320756e6465722035302062656473776f706572617465732d696e6672617374727563747572655820262d517bffd06484e2341b4a379c7f4fa4be9284a9a82631c03420953d60bd67f46c6e6f20737461666620796574
        credential-replaced 821824818666636173652d3162673163676f765820cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4582011507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c4371b00065a82f735a400
        organisation-removed 821825818466636173652d3168686f73706974616c636c616269697420636c6f736564
        programme-applied 821826818a66636173652d316264316b736563746f722d626f6479756120686f73706974616c206f662032352062656473666865616c74686e757020746f203530207374616666f5828267626f6f6b696e678201816a6974732076656e646f72826e70617469656e7420706f7274616c8200807466696e64696e67732d616e642d70617463686573736e6f207374616666206f66206f7572206f776e
        organisation-verified 821827818766636173652d3162643163676f766267316f7075626c69632d72656769737465725820f1cf2fd5c86895128d559088259a132d4d4689a4d6ae4e0339100393438ec9861b00065a8a82666800
        programme-admitted 821828818966636173652d316264315820c446eba37212caaf552b6996ad60f8520258d44dcd5fd9179f415f076d21349283656d6f64656c58205605a516a7ebf33bbfc1189be3b201f380d9c721b124098eda2894544e2771d78201818381676d6f64656c2d3181001903e858209093e32f092a7e06cd28146e81bd346fac602e509f47c310c8da3c2ab8ed8a03636c616263676f761b00065a92e42ad0001b00065c578398c000
        assessment-published 821829818666636173652d31646576616c5820845e91831319e89c4d656bdb80c278ac09a7230d61e5dfd2e1b1fbb436ac891769544c503a434c454152781968747470733a2f2f7265706f7274732e6578616d706c652f318263676f76636c6162
    "#]].assert_eq(&table);
}

#[test]
fn every_variant_is_among_the_samples_and_reads_back() {
    for (n, event) in samples().into_iter().enumerate() {
        let bytes = event.to_bytes();
        let number = match bytes.get(1) {
            Some(0x18) => bytes.get(2).copied(),
            other => other.copied(),
        };
        assert_eq!(number.map(usize::from), Some(n), "{event:?}");
        assert_eq!(Event::from_bytes(&bytes), Ok(event));
    }
    assert_eq!(samples().len(), 42, "a new variant needs a sample");
}

#[test]
fn signers_are_who_must_sign() {
    let mut table = String::new();
    for event in samples() {
        let signers: Vec<_> = event.signers().iter().map(ToString::to_string).collect();
        writeln!(table, "{}: {}", event.kind(), signers.join(" + ")).expect("a string takes text");
    }
    expect![[r#"
        inquired: lab
        access-requested: gov
        request-declined: lab
        model-determined: nsa
        determination-withdrawn: nsa
        terms-proposed: gov
        terms-agreed: gov + lab
        terms-acknowledged: eval
        window-opened: gov + lab
        window-closed: gov
        release-replanned: lab
        access-withdrawn: lab
        model-released: lab
        partner-nominated: lab
        partner-selected: gov + lab
        partner-revoked: lab
        defender-applied: hospital
        defender-admitted: gov + lab
        defender-revoked: lab
        person-recused: gov
        person-removed: lab
        grant-requested: eval
        grant-issued: gov + lab
        grant-revoked: lab
        grant-suspended: gov
        grant-resumed: gov
        uses-recorded: lab
        assessment-shared: gov
        order-recorded: lab
        breach-noticed: lab
        breach-answered: gov
        breach-remedied: lab
        destruction-attested: eval
        snapshot-bound: lab
        signal-acted: lab
        candidate-considered: gov
        credential-replaced: gov
        organisation-removed: lab
        programme-applied: sector-body
        organisation-verified: gov
        programme-admitted: gov + lab
        assessment-published: eval + gov + lab
    "#]]
    .assert_eq(&table);
}

/// How a determination was made, and which item was shared, come last: without them the bytes are what they were.
#[test]
fn accounts() {
    let mut all = samples().into_iter();
    let found =
        all.find_map(|event| if let Event::ModelDetermined(e) = event { Some(e) } else { None });
    let mut event = found.expect("a determination");
    let without = wire::encode(&event).len();
    event.account = Some(Account {
        decided_by: id("d1"),
        declared: line("none"),
        containment: None,
        memo: Some(Digest::of(b"memo")),
        document: None,
    });
    let bytes = wire::encode(&event);
    let tail: String = bytes[without - 1..].iter().map(|b| format!("{b:02x}")).collect();
    expect!["64f684626431646e6f6e65f658209c225a950b92172f8c2afe8b682b7b86ce8f835578b546f9b8070cba309ad314"].assert_eq(&tail);
    assert_eq!(wire::decode::<Determination>(&bytes), Ok(event));
}

/// The committed corpus of the fuzz target is read without a panic, and what reads writes back.
#[test]
fn the_fuzz_corpus_replays() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/access_event");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is committed") {
        let bytes = std::fs::read(entry.expect("a folder entry").path()).expect("a file");
        if let Ok(event) = Event::from_bytes(&bytes) {
            assert_eq!(event.to_bytes(), bytes);
        }
        files += 1;
    }
    assert!(files >= 3, "{files} files in {folder}");
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
        drop(Event::from_bytes(&bytes));
    }

    /// Every change of one byte is refused, or reads as another event that writes back the same.
    #[test]
    fn a_flipped_byte_is_seen(which in 0_usize..42, at: prop::sample::Index, flip in 1_u8..) {
        let event = samples().remove(which);
        let mut bytes = event.to_bytes();
        let at = at.index(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= flip;
        }
        if let Ok(read) = wire::decode::<Event>(&bytes) {
            prop_assert_ne!(&read, &event);
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }
}
