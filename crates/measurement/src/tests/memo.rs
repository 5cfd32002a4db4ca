//! The memo of a whole run: for whom, and what a mark of cheating does to it.

use super::{Town, code, forge, id};
use crate::{AskMemo, MeasureError, attestation, contained, mark, memo, read_mark};
use access::{Account, Determination, Event, Outcome};
use domain::Digest;
use operations::act::Readers;
use std::path::Path;

pub(super) async fn of_the_run(town: &Town, transcript: &Path) {
    let asked = |audience: &str| AskMemo {
        run: id(),
        transcript: transcript.to_owned(),
        audience: audience.to_owned(),
        policy: None,
    };
    let judge = town.ctx("judge");
    let whole = memo(&judge, &asked("authority")).await.unwrap();
    assert_eq!((whole.verdict.as_str(), whole.withheld.len()), ("ABOVE", 0));
    assert!(whole.claim.contains("8 turns, 200000 tokens"), "{}", whole.claim);
    let path = whole.evidence.as_ref().unwrap();
    let (last, rule) = (path.last().unwrap(), whole.rule.as_ref().unwrap());
    assert!(last.ratio >= rule.boundaries.0, "{last:?} has crossed {rule:?}");
    let curve = whole.capability.as_ref().unwrap();
    assert!(curve.windows(2).all(|w| w[0].tokens < w[1].tokens && w[0].passed <= w[1].passed));
    assert_eq!(curve.last().unwrap().passed, whole.ledgers.as_ref().unwrap()[0].passed);
    let tried: u32 = whole.families.as_ref().unwrap().iter().map(|f| f.tried).sum();
    assert_eq!(usize::try_from(tried).unwrap(), path.len());
    assert!(whole.containment.unwrap().checks.iter().all(|(_, holds)| *holds));

    let queue = operations::review::queue(&judge).await.unwrap();
    assert_eq!((queue.len(), queue[0].stands), (1, operations::review::Stands::Ready));
    assert_eq!(queue[0].runs, [(id(), "opened", Some("ABOVE".to_owned()))]);
    let labs = operations::review::queue(&town.ctx("lab")).await.unwrap();
    assert_eq!(labs[0].runs, [(id(), "measured", None)], "the developer reads no verdict");

    not_of_what_does_not_verify(town, transcript, &asked("authority")).await;
    rests_on_its_containment(town, transcript).await;

    let developers = memo(&judge, &asked("developer")).await.unwrap();
    assert_eq!(developers.verdict, "ABOVE");
    assert!(
        developers.evidence.is_none() && developers.rule.is_none() && developers.spent.is_none()
    );
    assert!(developers.verified.iter().all(|check| check.detail.is_none()));
    // the developer itself has no opening to make one from
    assert_eq!(code(&memo(&town.ctx("lab"), &asked("developer")).await.unwrap_err()), "not-opened");

    // every sample won by cheating: the ledgers lead apart, and nothing is said
    let marks = (1..=path.len()).map(|n| read_mark(&format!("{n}=read the grader")).unwrap());
    mark(&town.ctx("meter"), &id(), marks.collect(), Some("mark")).await.unwrap();
    let marked = memo(&judge, &asked("authority")).await.unwrap();
    let verdicts: Vec<_> = marked.ledgers.iter().flatten().map(|l| l.verdict.as_str()).collect();
    assert_eq!(
        (marked.verdict.as_str(), verdicts.as_slice()),
        ("UNDETERMINED", &["ABOVE", "BELOW"][..])
    );
    assert!(read_mark("0=why").is_err() && read_mark("3").is_err());
}

/// A flipped byte, a cut line, a chain made anew: no memo, in any form.
async fn not_of_what_does_not_verify(town: &Town, transcript: &Path, asked: &AskMemo) {
    let judge = town.ctx("judge");
    let changed = town.path("no-memo.jsonl");
    let good = std::fs::read(transcript).unwrap();
    let asked = AskMemo { transcript: changed.clone(), ..asked.clone() };
    for (n, bad) in [
        [&good[..good.len() / 2], &[good[good.len() / 2] ^ 1], &good[good.len() / 2 + 1..]]
            .concat(),
        good[..good.len() - 3].to_vec(),
        Vec::new(),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(&changed, bad).unwrap();
        let error = memo(&judge, &asked).await.unwrap_err();
        let MeasureError::Refused(refused) = error else { panic!("{n}: {error}") };
        assert_eq!(refused.code, "not-verified", "{n}: {}", refused.detail);
        assert!(refused.detail.contains("transcript"), "{n}: {}", refused.detail);
    }
    std::fs::remove_file(&changed).unwrap();
    forge(transcript, &changed, "\"outcome\":\"pass\"", "\"outcome\":\"fail\"");
    let error = memo(&judge, &asked).await.unwrap_err();
    assert_eq!(code(&error), "not-verified", "another chain over other outcomes");
    std::fs::remove_file(&changed).unwrap();
}

/// The attestation is the transcript's, and whoever verifies the run sees whether the determination rests on it.
async fn rests_on_its_containment(town: &Town, transcript: &Path) {
    let judge = town.ctx("judge");
    let file = town.path("containment.json");
    let attested = attestation(transcript).unwrap().unwrap();
    std::fs::write(&file, &attested).unwrap();
    assert_eq!(contained(transcript, &file).unwrap(), Digest::of(&attested));
    let by = |containment| super::Verify { containment, ..town.by(transcript.to_owned()) };
    let found = town.verified("audit", &by(Some(file.clone()))).await;
    assert!(found.holds && found.checks.iter().any(|c| c.what == "containment"), "{found:?}");
    let other = town.path("other.json");
    std::fs::write(&other, String::from_utf8(attested.clone()).unwrap().replace("true", "false"))
        .unwrap();
    let error = contained(transcript, &other).unwrap_err().to_string();
    assert!(error.contains("is not what the sandbox attested"), "{error}");
    let found = town.verified("audit", &by(Some(other))).await;
    assert_eq!(super::fault(&found).what, "containment");

    let determine = |reference: &[u8], containment: &[u8], supersedes| {
        Event::ModelDetermined(Determination {
            case: "case-1".parse().unwrap(),
            model: "model-1".parse().unwrap(),
            authority: "judge".parse().unwrap(),
            outcome: Outcome::Covered,
            reference: Digest::of(reference),
            benchmark: "b".parse().unwrap(),
            consultees: ["an adviser".parse().unwrap()].into(),
            decided_at: judge.clock.now(),
            handling: "UNCLASSIFIED".parse().unwrap(),
            supersedes,
            account: Some(Account {
                decided_by: "official-1".parse().unwrap(),
                declared: "none".parse().unwrap(),
                containment: Some(Digest::of(containment)),
                memo: None,
                document: None,
            }),
        })
    };
    let wrong = determine(b"first", b"another sandbox", None);
    operations::review::state(&judge, &wrong, None).await.unwrap();
    let found = town.verified("audit", &by(None)).await;
    let fault = super::fault(&found);
    assert!(fault.what == "determination" && fault.detail.contains("this transcript attests"));
    // determined again, on this run's containment: the first is superseded and no longer looked at
    let right = determine(b"second", &attested, Some(Digest::of(b"first")));
    operations::review::state(&judge, &right, None).await.unwrap();
    let found = town.verified("audit", &by(None)).await;
    assert!(found.holds && found.checks.iter().any(|c| c.what == "determination"), "{found:?}");
}

#[tokio::test]
async fn a_case_s_developer_is_never_entrusted() {
    let town = Town::new(8).await;
    let trust = town.ctx("gov").trust;
    let readers = |developer: Option<&str>| {
        let developer = developer.map(|id| id.parse().unwrap());
        let Readers::Parties(parties) = crate::entrusted(&trust, developer.as_ref()) else {
            panic!("public")
        };
        parties.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(readers(None), ["audit", "judge"]);
    // whatever other role it has
    assert_eq!(readers(Some("audit")), ["judge"]);
}
