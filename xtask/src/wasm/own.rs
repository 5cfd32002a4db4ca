//! A small log of our own, and questions about its receipts: every grade under each profile, bundles, COSE, checkpoints,
//! roots of trust, and receipts with one byte changed.

use super::questions::Question;
use anyhow::Result;
use data_encoding::BASE64;
use domain::{Digest, Party, PartyId, Role, Timestamp};
use ledger::{
    Audience, Bundle, Content, CoseSignature, Draft, Kem, LogSigner, Member, Position, Receipt,
    SecretKeys, Tiles, TreeHead, Trust, Witness, WitnessRole, plan_append,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tlog::{CnsaSigner, Ed25519Cosigner, Hash384, KeyName, SignedCheckpoint};

const PARTIES: [(&str, Role, WitnessRole); 3] = [
    ("lab", Role::Developer, WitnessRole::Main),
    ("gov", Role::Government, WitnessRole::Main),
    ("ig", Role::Inspector, WitnessRole::Inspector),
];
/// Statements in the log: more than one tile has.
const SIZE: usize = 300;
/// When the witnesses say they cosigned, in seconds since 1970.
const COSIGNED: u64 = 1_796_000_000;
/// How many places of a receipt are changed.
const CHANGED: usize = 40;

/// A party with its keys and those of its witness.
struct Home {
    id: PartyId,
    keys: SecretKeys,
    witness: Ed25519Cosigner,
    cnsa: CnsaSigner,
}

/// The log with whoever signs in it.
struct World {
    signer: LogSigner,
    homes: Vec<Home>,
    trust: Trust,
    files: BTreeMap<String, Vec<u8>>,
    head: TreeHead,
}

fn stream(seed: &str) -> impl FnMut(&mut [u8]) + use<> {
    let (seed, mut count) = (seed.to_owned(), 0_u64);
    move |out| {
        for chunk in out.chunks_mut(32) {
            let block = Digest::of(format!("{seed} {count}").as_bytes());
            chunk.copy_from_slice(block.as_bytes().split_at(chunk.len()).0);
            count += 1;
        }
    }
}

fn home(id: &str) -> Result<Home> {
    let seed = |what: &str| *Digest::of(format!("{id} {what}").as_bytes()).as_bytes();
    Ok(Home {
        id: id.parse()?,
        keys: SecretKeys::generate(&mut stream(id))?,
        witness: Ed25519Cosigner::from_seed(
            KeyName::new(&format!("{id}.example/witness"))?,
            &seed("w"),
        )?,
        cnsa: CnsaSigner::from_seed(KeyName::new(&format!("{id}.example/cnsa"))?, &seed("c"))?,
    })
}

impl World {
    fn new() -> Result<Self> {
        let signer = LogSigner::generate("log.example/wasm", &mut stream("log"))?;
        let (mut homes, mut members, mut witnesses) = (Vec::new(), Vec::new(), Vec::new());
        for (id, role, witness) in PARTIES {
            let home = home(id)?;
            let party = Party { id: home.id.clone(), name: id.parse()?, roles: vec![role] };
            members.push(Member { party, keys: home.keys.public().clone(), root: None });
            let (vkey, cnsa) = (home.witness.verifier_key(), home.cnsa.verifier_key());
            let id = home.id.clone();
            witnesses.push(Witness::new(id, witness, vkey.clone(), Some(cnsa.clone()))?);
            homes.push(home);
        }
        let mut trust = Trust::new(signer.verifier(), members)?.with_witnesses(witnesses)?;
        for home in &homes {
            trust = trust.sign(&home.id, &home.keys)?;
        }
        let (files, head) = (BTreeMap::new(), TreeHead::EMPTY);
        let mut world = Self { signer, homes, trust, files, head };
        world.fill()?;
        Ok(world)
    }

    /// Fills the log with copies of two statements, one public and one sealed: what is verified is one path.
    fn fill(&mut self) -> Result<()> {
        let now: Timestamp = "2026-12-01T09:00:00Z".parse()?;
        let readers: Vec<_> = self.homes.iter().map(|h| (h.id.clone(), h.keys.public())).collect();
        let audiences = [Audience::Public, Audience::Readers(&readers, Kem::default())];
        let mut entries = Vec::new();
        for (audience, payload) in audiences.into_iter().zip([b"public", b"sealed"]) {
            let content = Content {
                schema: "demo/v1".parse().map_err(anyhow::Error::msg)?,
                kind: "agreed".parse().map_err(anyhow::Error::msg)?,
                signers: readers.iter().map(|(id, _)| id.clone()).collect(),
                needed: None,
                payload: payload.to_vec(),
            };
            let [lab, others @ ..] = self.homes.as_slice() else { continue };
            let log = self.trust.log();
            let mut random = stream("draft");
            let mut draft = Draft::start(log, content, &lab.id, audience, &mut random, now)?;
            for other in others {
                draft.sign(&other.id, &other.keys)?;
            }
            entries.push(draft.issue(Position::first(None, now), &lab.keys)?.checked()?);
        }
        for _ in 0..SIZE / 2 {
            let batch: Vec<_> = entries.iter().collect();
            let plan = plan_append(self.head, &Tiles(&self.files), &batch, &self.signer, now)?;
            self.files.extend(plan.files.into_iter().map(|file| (file.path, file.bytes)));
            self.files.insert("checkpoint".to_owned(), plan.checkpoint);
            self.head = plan.to;
        }
        Ok(())
    }

    /// The checkpoint with the cosignatures of the first `count` parties.
    fn cosigned(&self, count: usize) -> Result<String> {
        let signed = SignedCheckpoint::parse(self.files.get("checkpoint").map_or(b"", |b| b))?;
        let root = Hash384::from_bytes(self.head.root384);
        let mut lines = Vec::new();
        for home in self.homes.iter().take(count) {
            lines.push(home.witness.cosign(signed.checkpoint(), COSIGNED)?);
            lines.push(home.cnsa.sign_head(signed.checkpoint(), root, COSIGNED)?);
        }
        if lines.is_empty() {
            return Ok(signed.note().to_string());
        }
        Ok(signed.note().clone().with(lines)?.to_string())
    }
}

/// A question about a receipt with these roots of trust.
fn of_receipt(receipt: &str, trust: &str, require: &str, profile: Option<&str>) -> Value {
    let mut question =
        json!({ "op": "receipt", "receipt": receipt, "trust": trust, "require": require });
    if let Some(profile) = profile {
        question["profile"] = profile.into();
    }
    question
}

/// The questions, with the verdicts that are known.
pub(super) fn receipts() -> Result<Vec<Question>> {
    let world = World::new()?;
    let trust = world.trust.to_text();
    let mut all =
        vec![Question::new("own trust", &json!({"op": "trust", "trust": trust}), Some(true))];
    let grades = [(0, "provisional"), (2, "full"), (3, "audited")];
    for (cosigners, grade) in grades {
        let note = world.cosigned(cosigners)?;
        for index in [0, 255, 299] {
            let receipt =
                Receipt::build_under(&world.files, index, note.as_bytes(), world.head.size)?;
            let text = receipt.to_string();
            for profile in [None, Some("c2sp"), Some("cnsa")] {
                for (rank, (_, require)) in grades.iter().enumerate() {
                    let reached = grades.iter().position(|(_, g)| *g == grade).unwrap_or(0);
                    let id = format!("own {grade} receipt {index}, {require}, {profile:?}");
                    let question = of_receipt(&text, &trust, require, profile);
                    all.push(Question::new(id, &question, Some(rank <= reached)));
                }
            }
            if index == 255 {
                changed(&text, &trust, grade, &mut all);
                others(&world, receipt, (&trust, grade), &mut all)?;
            }
        }
        for profile in ["c2sp", "cnsa"] {
            let question =
                json!({"op": "checkpoint", "note": note, "trust": trust, "profile": profile});
            all.push(Question::new(
                format!("own {grade} checkpoint, {profile}"),
                &question,
                Some(true),
            ));
        }
    }
    Ok(all)
}

/// One byte changed, at places spread over the receipt. Whether it matters depends on the profile.
fn changed(text: &str, trust: &str, grade: &str, all: &mut Vec<Question>) {
    let step = text.len() / CHANGED + 1;
    for at in (0..text.len()).step_by(step) {
        let mut bytes = text.as_bytes().to_vec();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = if *byte == b'A' { b'B' } else { b'A' };
        }
        let receipt = BASE64.encode(&bytes);
        for profile in ["c2sp", "cnsa"] {
            let question = json!({"op": "receipt", "receipt_b64": receipt, "trust": trust, "profile": profile});
            all.push(Question::new(
                format!("own {grade} receipt, byte {at}, {profile}"),
                &question,
                None,
            ));
        }
        let question = json!({"op": "receipt", "receipt_b64": receipt, "trust": trust});
        all.push(Question::new(format!("own {grade} receipt, byte {at}"), &question, Some(false)));
    }
}

/// The receipt's other forms.
fn others(
    world: &World,
    receipt: Receipt,
    (trust, grade): (&str, &str),
    all: &mut Vec<Question>,
) -> Result<()> {
    for signature in [CoseSignature::EdDsa, CoseSignature::MlDsa87] {
        let cose = BASE64.encode(&world.signer.cose(&receipt, &world.head, signature)?);
        let leaf = receipt.leaf_bytes().to_vec();
        for (leaf, accept) in [(leaf, true), (b"another".to_vec(), false)] {
            let leaf = BASE64.encode(&leaf);
            let question = json!({"op": "cose", "receipt": cose, "leaf": leaf, "trust": trust});
            all.push(Question::new(
                format!("own COSE receipt, {signature}"),
                &question,
                Some(accept),
            ));
        }
    }
    let envelopes = verifier::write_dsse(&receipt.envelopes()?);
    let first = envelopes.lines().next().unwrap_or_default().to_owned();
    let renamed = envelopes.replacen("gov/ed25519", "ig/ed25519", 1);
    for (envelopes, accept) in [(envelopes, true), (first, false), (renamed, false)] {
        let question = json!({"op": "dsse", "envelopes": envelopes, "trust": trust});
        all.push(Question::new(format!("own DSSE envelopes, {accept}"), &question, Some(accept)));
    }
    let bundle = Bundle::build(&world.files, receipt, &world.trust, world.head.size)?.to_bytes();
    let question = json!({
        "op": "receipt", "receipt_b64": BASE64.encode(&bundle), "trust": trust, "require": grade
    });
    all.push(Question::new(format!("own {grade} bundle"), &question, Some(true)));
    Ok(())
}
