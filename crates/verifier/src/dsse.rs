//! A statement's signatures as DSSE envelopes, in the JSON form of the specification
//! (<https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>), one a line.

use crate::Refusal;
use data_encoding::BASE64;
use domain::{Digest, PartyId, Timestamp};
use ledger::{Envelope, Enveloped, Trust};
use serde::{Deserialize, Serialize};

/// Most envelopes that are read: the issuer's, and the others'.
const MOST: usize = 2;

/// What envelopes prove: who signed a statement. That it was logged, a receipt of its leaf proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DsseReport {
    /// The statement's id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// Who signed it.
    pub signers: Vec<PartyId>,
    /// How many of those whom it names must sign.
    pub needed: usize,
    /// When its issuer says it was stated.
    pub claimed_at: Timestamp,
    /// The RFC 6962 hash of its leaf, for anybody's proof that a log has it.
    pub leaf_hash: Digest,
}

/// Fields that are not known are left alone, as the specification asks.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    payload_type: String,
    payload: String,
    signatures: Vec<Signed>,
}

#[derive(Serialize, Deserialize)]
struct Signed {
    keyid: String,
    sig: String,
}

/// Verifies a statement's envelopes. All signatures that the statement needs must be there, by the keys that count now:
/// envelopes have no place in a log, so what was signed with a key that has ended since, only a receipt can show.
///
/// # Errors
/// [`Refusal::Envelope`] when the text is not of envelopes, [`Refusal::Dsse`] when they are not believed.
pub fn dsse(envelopes: &[u8], trust: &Trust) -> Result<DsseReport, Refusal> {
    let mut read = Vec::new();
    for line in envelopes.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let number = read.len() + 1;
        if number > MOST {
            return Err(Refusal::Envelope(format!("more than {MOST} envelopes, one a line")));
        }
        let written: Written = serde_json::from_slice(line)
            .map_err(|e| Refusal::Envelope(format!("envelope {number}: {e}")))?;
        read.push(
            written.envelope().map_err(|e| Refusal::Envelope(format!("envelope {number}: {e}")))?,
        );
    }
    let Enveloped { header, position: _, signers, leaf_hash } = Enveloped::verify(&read, trust)?;
    Ok(DsseReport {
        id: header.id(),
        kind: header.kind().to_owned(),
        signers: signers.into_iter().collect(),
        needed: header.needed(),
        claimed_at: header.claimed_at(),
        leaf_hash,
    })
}

/// Writes envelopes, one a line.
pub fn write_dsse(envelopes: &[Envelope]) -> String {
    let mut lines = String::new();
    for Envelope { payload_type, payload, signatures } in envelopes {
        let signed = |(keyid, sig): &(String, Vec<u8>)| Signed {
            keyid: keyid.clone(),
            sig: BASE64.encode(sig),
        };
        let written = Written {
            payload_type: payload_type.clone(),
            payload: BASE64.encode(payload),
            signatures: signatures.iter().map(signed).collect(),
        };
        lines += &serde_json::to_string(&written).unwrap_or_default();
        lines.push('\n');
    }
    lines
}

impl Written {
    fn envelope(self) -> Result<Envelope, String> {
        let bytes =
            |what: &str, text: &str| either(text).ok_or_else(|| format!("`{what}` is not base64"));
        let mut signatures = Vec::new();
        for Signed { keyid, sig } in &self.signatures {
            signatures.push((keyid.clone(), bytes("sig", sig)?));
        }
        let payload = bytes("payload", &self.payload)?;
        Ok(Envelope { payload_type: self.payload_type, payload, signatures })
    }
}

/// The specification lets writers choose between standard and URL-safe base64.
fn either(text: &str) -> Option<Vec<u8>> {
    tlog::base64(text).or_else(|| {
        let standard = text.replace(['+', '/'], " ").replace('-', "+").replace('_', "/");
        tlog::base64(&standard)
    })
}
