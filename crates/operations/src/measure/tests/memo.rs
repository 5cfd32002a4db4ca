//! The memo of a whole run: for whom, and what a mark of cheating does to it.

use super::{Town, code, id};
use crate::act::Readers;
use crate::measure::{AskMemo, mark, memo, read_mark};
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

    let queue = crate::review::queue(&judge).await.unwrap();
    assert_eq!((queue.len(), queue[0].stands), (1, crate::review::Stands::Ready));
    assert_eq!(queue[0].runs, [(id(), "opened", Some("ABOVE".to_owned()))]);
    let labs = crate::review::queue(&town.ctx("lab")).await.unwrap();
    assert_eq!(labs[0].runs, [(id(), "measured", None)], "the developer reads no verdict");

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

#[tokio::test]
async fn a_case_s_developer_is_never_entrusted() {
    let town = Town::new(8).await;
    let trust = town.ctx("gov").trust;
    let readers = |developer: Option<&str>| {
        let developer = developer.map(|id| id.parse().unwrap());
        let Readers::Parties(parties) = crate::measure::entrusted(&trust, developer.as_ref())
        else {
            panic!("public")
        };
        parties.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(readers(None), ["audit", "judge"]);
    // whatever other role it has
    assert_eq!(readers(Some("audit")), ["judge"]);
}
