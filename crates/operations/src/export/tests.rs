//! Exports as another program gets them.
use super::*;
use crate::act::{Done, Readers};
use crate::testing::{World, release};

#[tokio::test]
async fn cose_receipts_are_signed_by_the_log_and_checked_offline() {
    let world = World::new(9);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    for model in ["m1", "m2", "m3"] {
        lab.state(&release(model), &Readers::Public, Some(model)).await.unwrap();
    }
    let Done::Logged { receipt, .. } = lab.earlier("m2").unwrap().unwrap() else {
        panic!("it waits")
    };
    for (form, algorithm) in [(Form::Cose, "eddsa"), (Form::CoseMlDsa87, "ml-dsa-87")] {
        let out = world.folder.path().join(format!("m2-{algorithm}.cose"));
        let written = export(&lab, &receipt, form, None, &out).await.unwrap();
        let leaf = written.leaf.unwrap();
        let proven = check_cose(&out, None, &lab.trust).unwrap();
        assert_eq!((proven.index, proven.size, proven.algorithm.as_str()), (1, 3, algorithm));
        assert_eq!(proven.bytes, written.bytes);
        // the leaf of another statement is not what the receipt proves
        let other = world.folder.path().join("other.leaf");
        let bytes = std::fs::read(&leaf).unwrap();
        let mut changed = bytes.clone();
        changed[40] ^= 1;
        std::fs::write(&other, changed).unwrap();
        let refused = check_cose(&out, Some(&other), &lab.trust).unwrap_err();
        assert!(crate::plain(&refused).contains("signature"), "{}", crate::plain(&refused));
    }
}

#[tokio::test]
async fn dsse_envelopes_are_checked_offline() {
    let world = World::new(10);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    lab.state(&release("m1"), &Readers::Public, Some("m1")).await.unwrap();
    let Done::Logged { receipt, .. } = lab.earlier("m1").unwrap().unwrap() else {
        panic!("it waits")
    };
    let out = world.folder.path().join("m1.dsse");
    export(&lab, &receipt, Form::Dsse, None, &out).await.unwrap();
    let proven = check_dsse(&out, &lab.trust).unwrap();
    assert_eq!((proven.kind.as_str(), proven.needed), ("model-released", 1));
    assert_eq!(proven.signers, ["lab".parse().unwrap()]);
    // URL-safe base64 is read too, another payload type is not believed, and text that is none is named
    let text = std::fs::read_to_string(&out).unwrap();
    let check = |text: String| {
        std::fs::write(&out, text).unwrap();
        check_dsse(&out, &lab.trust)
    };
    let (head, tail) = text.split_once("\"payload\"").unwrap();
    let url = format!("{head}\"payload\"{}", tail.replace('+', "-").replace('/', "_"));
    let url = url.replace("lab_ed25519", "lab/ed25519").replace("lab_ml-dsa", "lab/ml-dsa");
    assert_eq!(check(url).unwrap(), proven);
    let other = check(text.replacen("vestibule/issue", "vestibule/offer", 1)).unwrap_err();
    assert!(crate::plain(&other).contains("one of type `vestibule/issue/v1`"));
    let none = check(text.chars().take(40).collect()).unwrap_err();
    assert!(crate::plain(&none).contains("envelope 1: EOF"), "{}", crate::plain(&none));
}
