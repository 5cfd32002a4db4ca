//! Offline verification of a full receipt, beside its signatures alone, in one run, in CPU time of the thread.
//!
//! The receipt is of a statement of two parties, at place 2,000 of a log of 3,000, cosigned by two witnesses. The
//! limit is what its signatures cost: the log's, each witness's and each party's, all with Ed25519 and ML-DSA-87.
#![expect(clippy::print_stdout, reason = "a bench prints its result")]

use domain::{Party, PartyId, Role, Timestamp};
use ledger::{
    Audience, CheckedEntry, Content, Draft, Grade, LogSigner, Member, Position, Receipt,
    SecretKeys, Tiles, TreeHead, Trust, Witness, WitnessRole, plan_append,
};
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;
use tlog::{CnsaSigner, Ed25519Cosigner, Hash384, KeyName, SignedCheckpoint};

type Failed = Box<dyn std::error::Error>;

/// How often each is measured.
const ROUNDS: u32 = 400;
/// Statements in the log.
const SIZE: usize = 3_000;

/// Seconds of CPU time that this thread has used.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// A witness's two keys.
type Keys = (Ed25519Cosigner, CnsaSigner);

fn main() -> Result<(), Failed> {
    let mut random = |into: &mut [u8]| aws_lc_rs::rand::fill(into).expect("randomness");
    let signer = LogSigner::generate("log.example/bench", &mut random)?;
    let ids: Vec<PartyId> = vec!["gov".parse()?, "lab".parse()?];
    let keys = [SecretKeys::generate(&mut random)?, SecretKeys::generate(&mut random)?];
    let cosigner = |id: &PartyId| {
        let name = KeyName::new(&format!("{id}.example/witness"))?;
        let seed = domain::Digest::of(id.as_str().as_bytes());
        let cnsa =
            CnsaSigner::from_seed(KeyName::new(&format!("{id}.example/cnsa"))?, seed.as_bytes())?;
        Ok::<_, Failed>((Ed25519Cosigner::from_seed(name, seed.as_bytes())?, cnsa))
    };
    let cosigners = [cosigner(&ids[0])?, cosigner(&ids[1])?];
    let mut members = Vec::new();
    let mut witnesses = Vec::new();
    for ((id, keys), cosigner) in ids.iter().zip(&keys).zip(&cosigners) {
        let party =
            Party { id: id.clone(), name: id.as_str().parse()?, roles: vec![Role::Reporter] };
        members.push(Member { party, keys: keys.public().clone(), root: None });
        let (vkey, cnsa) = (cosigner.0.verifier_key().clone(), cosigner.1.verifier_key().clone());
        witnesses.push(Witness::new(id.clone(), WitnessRole::Main, vkey, Some(cnsa))?);
    }
    let trust = Trust::new(signer.verifier(), members)?.with_witnesses(witnesses)?;
    let receipt = receipt(&trust, &signer, (&ids, &keys), &cosigners)?;
    assert_eq!(receipt.verify(&trust)?.grade, Grade::Full);

    let bytes = receipt.to_string();
    let mut ours = f64::MAX;
    let mut limit = f64::MAX;
    // the least of several is the cost without what else the machine does
    for _ in 0..ROUNDS {
        let started = cpu();
        Receipt::from_bytes(bytes.as_bytes())?.verify(&trust)?;
        ours = ours.min(cpu() - started);
        let started = cpu();
        receipt.verify_signatures(&trust)?;
        trust.vouch(receipt.checkpoint())?;
        limit = limit.min(cpu() - started);
    }
    println!(
        "{{\"name\":\"full-receipt-verify\",\"ours_cpu_us\":{:.1},\"signatures_alone_cpu_us\":{:.1},\"ratio\":{:.3},\"bytes\":{}}}",
        ours * 1e6,
        limit * 1e6,
        ours / limit,
        bytes.len()
    );
    if ours > 1e-3 {
        return Err("a full receipt must verify in less than 1 ms".into());
    }
    Ok(())
}

fn receipt(
    trust: &Trust,
    signer: &LogSigner,
    (ids, keys): (&[PartyId], &[SecretKeys; 2]),
    cosigners: &[Keys; 2],
) -> Result<Receipt, Failed> {
    let mut random = |into: &mut [u8]| aws_lc_rs::rand::fill(into).expect("randomness");
    let now: Timestamp = "2026-12-01T09:00:00Z".parse()?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let content = || -> Result<Content, Failed> {
        let signers = ids.iter().cloned().collect();
        let (schema, kind) = ("bench/v1".parse()?, "agreed".parse()?);
        Ok(Content { schema, kind, signers, needed: None, payload: vec![7; 1024] })
    };
    let mut entries: Vec<CheckedEntry> = Vec::new();
    for _ in 0..3 {
        let mut draft =
            Draft::start(trust.log(), content()?, &ids[1], Audience::Public, &mut random, now)?;
        draft.sign(&ids[0], &keys[0])?;
        entries.push(draft.issue(Position::first(None, now), &keys[1])?.checked()?);
    }
    let mut head = TreeHead::EMPTY;
    // the tree is filled with copies of few leaves: what is measured is one path
    let mut left = SIZE;
    while left > 0 {
        let batch: Vec<_> = entries.iter().cycle().take(left.min(3)).collect();
        left -= batch.len();
        let plan = plan_append(head, &Tiles(&files), &batch, signer, now)?;
        for file in plan.files {
            files.insert(file.path, file.bytes);
        }
        files.insert("checkpoint".to_owned(), plan.checkpoint);
        head = plan.to;
    }
    let signed = SignedCheckpoint::parse(&files["checkpoint"])?;
    let mut lines = Vec::new();
    let root = Hash384::from_bytes(head.root384);
    for (cosigner, cnsa) in cosigners {
        lines.push(cosigner.cosign(signed.checkpoint(), 1_796_000_000)?);
        lines.push(cnsa.sign_head(signed.checkpoint(), root, 1_796_000_000)?);
    }
    let note = signed.note().clone().with(lines)?.to_string();
    Ok(Receipt::build_under(&files, 2_000, note.as_bytes(), head.size)?)
}
