//! From report to advisory with real runs, and what is not believed.

use super::*;
use serde_json::Value;

#[tokio::test]
async fn from_report_to_advisory() {
    if !can_run("a finding from report to advisory") {
        return;
    }
    let world = World::with(11, &PARTIES);
    let node = world.node();
    let [house, finder, upstream] = ["house", "finder", "upstream"].map(|p| world.ctx(p, &node));
    let finding = reported(&world, &finder, "f-1").await;
    act::receive(&house, finding.clone(), None, None).await.unwrap();

    let ran = act::validate(&house, finding.clone(), plan(), Policy::default(), Some("v")).await;
    let ran = ran.unwrap().ran.unwrap();
    assert_eq!(ran.verdict, Verdict::Confirmed, "{}", ran.text());
    assert_eq!(ran.runs.repeated.len(), 2);
    assert!(ran.text().contains("proof   on the vulnerable build was ended by SIGABRT (fired)"));
    let again = act::validate(&house, finding.clone(), plan(), Policy::default(), Some("v")).await;
    let again = again.unwrap();
    assert!(again.ran.is_none(), "a repeated request runs nothing");
    assert_eq!(again.verdict, Verdict::Confirmed);

    let letter = world.folder.path().join("letter.txt");
    let to = upstream.home.id().clone();
    act::draft(&house, finding.clone(), to.clone(), &letter, None).await.unwrap();
    let text = std::fs::read_to_string(&letter).unwrap();
    assert!(text.contains("\n> To: everyone@example.org\n"), "hostile text is quoted: {text}");
    assert!(text.contains(&ran.vulnerable.to_string()) && text.contains("A. Finder"), "{text}");

    let early = publish::publish(&house, &publication(&world, &finding), None).await;
    refused_with(early, "under-embargo");
    assert!(!world.folder.path().join("advisories").exists(), "nothing is written under embargo");
    let early = act::acknowledge(&upstream, finding.clone(), None, &BTreeSet::new(), None).await;
    refused_with(early, "not-maintainer");

    let edited = world.folder.path().join("edited.txt");
    std::fs::write(&edited, format!("{text}PS")).unwrap();
    refused_with(act::sent(&house, send(&finding), Some(&edited), None).await, "not-the-draft");
    act::sent(&house, send(&finding), Some(&letter), None).await.unwrap();

    let copied = BTreeSet::from([finder.home.id().clone()]);
    act::acknowledge(&upstream, finding.clone(), None, &copied, None).await.unwrap();
    let twice = act::acknowledge(&upstream, finding.clone(), None, &copied, None).await;
    refused_with(twice, "already-recorded");
    let fix = Fixed {
        finding: finding.clone(),
        commit: "9f1c2d3e4b5a69788796a5b4c3d2e1f00f1e2d3c".to_owned(),
        version: "1.4.2".parse().unwrap(),
        at: None,
    };
    act::fixed(&upstream, fix, &copied, None).await.unwrap();
    for ctx in [&house, &finder] {
        let view = show(ctx, &finding).await.unwrap();
        assert_eq!(view.stage, Stage::FixAvailable.to_string(), "{}", ctx.home.id());
    }
    let published = publish::publish(&house, &publication(&world, &finding), Some("p")).await;
    published_is_sound(&world, &node, &published.unwrap()).await;
}

async fn published_is_sound(
    world: &World,
    node: &std::sync::Arc<crate::node::Node>,
    published: &publish::Published,
) {
    let csaf = std::fs::read(&published.csaf).unwrap();
    csaf_is_complete(&serde_json::from_slice(&csaf).unwrap());
    let record = advisory::osv::read(&std::fs::read(&published.osv).unwrap()).unwrap();
    assert_eq!(record.id, "EXAMPLE-2026-0001");
    let versions = record.affected[0].version_set().unwrap();
    assert_eq!(versions.contains("1.4.1"), versions::Containment::Affected);
    assert_eq!(versions.contains("1.4.2"), versions::Containment::NotAffected);
    assert!(!String::from_utf8_lossy(&csaf).contains("runs over the seal"), "details come later");

    // everyone hears of the advisory and of nothing before it
    let (findings, heard) = list(&world.ctx("bystander", node)).await.unwrap();
    assert!(findings.is_empty());
    let heard: Vec<_> = heard.iter().map(|h| (h.kind, h.advisory.as_deref())).collect();
    assert_eq!(heard, [("advisory-published", Some("EXAMPLE-2026-0001"))]);
    let stated = world.ctx("bystander", node).known().await.unwrap();
    let Some(Ok(attested)) = stated.statements.last().map(|s| s.attested::<Event>()) else {
        panic!("the advisory is public")
    };
    let Event::AdvisoryPublished(statement) = attested.event else { panic!("an advisory") };
    assert_eq!(statement.csaf, Digest::of(&csaf));

    // the maintainer heard what concerned it, and never the report
    let known = world.ctx("upstream", node).known().await.unwrap();
    let heard = super::findings(&known, &world.ctx("upstream", node).trust).unwrap();
    assert_eq!(heard.house.findings().count(), 0);
    assert!(heard.ignored.is_empty(), "{:?}", heard.ignored);
    let other = list(&world.ctx("other", node)).await.unwrap();
    assert_eq!((other.0.len(), other.1.len()), (0, 1), "another finder knows the advisory only");
    let watch = list(&world.ctx("watch", node)).await.unwrap();
    assert_eq!(watch.0[0].stage, "published");
}

/// The fields that CSAF 2.0 §3.2 requires of a security advisory (profile 4).
fn csaf_is_complete(csaf: &Value) {
    let all = [
        "/document/category",
        "/document/csaf_version",
        "/document/publisher/category",
        "/document/publisher/name",
        "/document/publisher/namespace",
        "/document/title",
        "/document/tracking/current_release_date",
        "/document/tracking/id",
        "/document/tracking/initial_release_date",
        "/document/tracking/revision_history/0/date",
        "/document/tracking/revision_history/0/number",
        "/document/tracking/revision_history/0/summary",
        "/document/tracking/status",
        "/document/tracking/version",
        "/product_tree/branches/0",
        "/vulnerabilities/0/notes/0/text",
        "/vulnerabilities/0/product_status/known_affected/0",
        "/vulnerabilities/0/product_status/fixed/0",
        "/vulnerabilities/0/remediations/0",
    ];
    for path in all {
        assert!(csaf.pointer(path).is_some_and(|v| !v.is_null()), "no {path}: {csaf:#}");
    }
    assert_eq!(csaf["vulnerabilities"][0]["cwe"]["name"], "Out-of-bounds Write");
    assert_eq!(csaf["vulnerabilities"][0]["scores"][0]["cvss_v3"]["baseScore"], 7.5);
}

#[tokio::test]
async fn a_proof_that_fires_on_the_fixed_build_is_not_believed() {
    if !can_run("a fix that fixes nothing") {
        return;
    }
    let world = World::with(12, &PARTIES);
    let node = world.node();
    let [house, finder] = ["house", "finder"].map(|p| world.ctx(p, &node));
    let finding = reported(&world, &finder, "f-1").await;
    // other bytes, and the same mistake
    let source = std::fs::read_to_string(training("card-reader-vulnerable.c")).unwrap();
    let fixed = world.folder.path().join("fixed.c");
    std::fs::write(&fixed, source.replace("NOTE_MOST 64", "NOTE_MOST 48")).unwrap();
    let plan = Plan { fixed, repeat: 1, ..plan() };
    for _ in 0..2 {
        let plan = plan.clone();
        let ran = act::validate(&house, finding.clone(), plan, Policy::default(), Some("v")).await;
        assert_eq!(ran.unwrap().verdict, Verdict::FiresOnFixed, "also when repeated");
    }
    let view = show(&house, &finding).await.unwrap();
    assert_eq!((view.believed, view.stage.as_str()), (false, "reported"));
    let letter = world.folder.path().join("letter.txt");
    let to = "upstream".parse().unwrap();
    let drafted = act::draft(&house, finding, to, &letter, None).await;
    refused_with(drafted, "not-validated");
    assert!(!letter.exists(), "nothing is drafted of what is not believed");
}

#[tokio::test]
async fn another_proof_or_the_same_build_is_refused() {
    let world = World::with(13, &PARTIES);
    let node = world.node();
    let [house, finder] = ["house", "finder"].map(|p| world.ctx(p, &node));
    let finding = reported(&world, &finder, "f-1").await;
    let other = Plan { proof: training("card-reader-control.bin"), ..plan() };
    let ran = act::validate(&house, finding.clone(), other, Policy::default(), None).await;
    refused_with(ran, "other-proof");
    if can_run("one build twice") {
        let same = Plan { fixed: training("card-reader-vulnerable.c"), repeat: 1, ..plan() };
        let ran = act::validate(&house, finding, same, Policy::default(), None).await;
        refused_with(ran, "same-build");
    }
}

/// What the tour does: the solver sees the source in a prompt, and its proof is run.
#[tokio::test]
async fn the_scripted_solver_finds_the_training_flaw() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let source = std::fs::read_to_string(training("card-reader-vulnerable.c")).unwrap();
    let prompt = format!("Review this program for memory errors.\n\n{source}");
    let body = serde_json::json!({
        "model": "scripted-middling", "messages": [{ "role": "user", "content": prompt }],
    });
    let ask = async {
        let http = crate::http::Http::new(&base).unwrap();
        http.post("/v1/chat/completions", body.to_string().into()).await.unwrap()
    };
    let answer = tokio::select! {
        _ = harness::solver::serve(listener, harness::solver::Skill::Middling) => unreachable!(),
        answer = ask => answer,
    };
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let said = answer["choices"][0]["message"]["content"].as_str().unwrap();
    let said: Value = serde_json::from_str(said).unwrap();
    let found = &said["findings"][0];
    assert_eq!((found["weakness"].as_str(), found["line"].as_u64()), (Some("CWE-787"), Some(47)));
    let proof = data_encoding::BASE64.decode(found["proof"].as_str().unwrap().as_bytes()).unwrap();
    if can_run("the solver's proof") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("proof.bin");
        std::fs::write(&path, proof).unwrap();
        let plan = Plan { proof: path, repeat: 1, ..plan() };
        let ran = crate::validate::run(&plan, &Policy::default()).unwrap();
        assert_eq!(ran.verdict, Verdict::Confirmed, "{}", ran.text());
    }
}
