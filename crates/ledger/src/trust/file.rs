//! The roots of trust file: TOML, strict.

use super::{
    Founders, MAX_PARTIES, MAX_TRUST, Member, Trust, TrustError, Witness, WitnessRole, signed,
};
use crate::keys::PublicKeys;
use crate::log_key::LogVerifier;
use data_encoding::BASE64;
use domain::{Line, Party, PartyId, Role};
use serde::{Deserialize, Serialize};
use tlog::VerifierKey;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    log: LogTable,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    founders: Option<FoundersTable>,
    #[serde(default)]
    party: Vec<PartyTable>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    witness: Vec<WitnessTable>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LogTable {
    origin: String,
    vkey: String,
    cnsa: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FoundersTable {
    parties: Vec<PartyId>,
    threshold: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PartyTable {
    id: PartyId,
    name: Line,
    roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<PartyId>,
    ed25519: String,
    #[serde(rename = "ml-dsa-87")]
    ml_dsa_87: String,
    #[serde(rename = "ml-kem-1024")]
    ml_kem_1024: String,
    #[serde(rename = "mlkem1024-p384")]
    mlkem1024_p384: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WitnessTable {
    party: PartyId,
    role: WitnessRole,
    vkey: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnsa: Option<String>,
}

impl Trust {
    /// Reads a roots of trust file.
    ///
    /// # Errors
    /// See [`TrustError`].
    pub fn read(text: &str) -> Result<Self, TrustError> {
        if text.len() > MAX_TRUST {
            return Err(TrustError::TooLong { given: text.len() });
        }
        let (body, signatures) = signed::split(text);
        let file: File = toml::from_str(body).map_err(|e| TrustError::Toml(e.to_string()))?;
        let log = LogVerifier::new(&file.log.vkey, &file.log.cnsa).map_err(TrustError::LogKey)?;
        if log.origin() != file.log.origin {
            let vkey = log.origin().to_owned();
            return Err(TrustError::Origin { origin: file.log.origin, vkey });
        }
        if file.party.len() > MAX_PARTIES {
            return Err(TrustError::TooManyParties { given: file.party.len() });
        }
        let members: Result<Vec<_>, _> = file.party.into_iter().map(member).collect();
        let witnesses: Result<Vec<_>, _> = file.witness.into_iter().map(witness).collect();
        let mut trust = Self::new(log, members?)?;
        if let Some(FoundersTable { parties, threshold }) = file.founders {
            trust = trust.with_founders(Founders::new(parties, threshold)?)?;
        }
        trust = trust.with_witnesses(witnesses?)?;
        trust.signatures = signed::read(body, signatures, &trust.members)?;
        text.clone_into(&mut trust.text);
        Ok(trust)
    }

    /// The same roots with the file that says them.
    ///
    /// # Panics
    /// Never: every value can be written as TOML.
    pub(super) fn written(mut self) -> Self {
        let party = self.members.values().map(|Member { party, keys, root }| PartyTable {
            id: party.id.clone(),
            name: party.name.clone(),
            roles: party.roles.clone(),
            root: root.clone(),
            ed25519: BASE64.encode(keys.ed25519()),
            ml_dsa_87: BASE64.encode(keys.ml_dsa_87()),
            ml_kem_1024: BASE64.encode(keys.ml_kem_1024()),
            mlkem1024_p384: BASE64.encode(keys.mlkem1024_p384()),
        });
        let witness = self.witnesses.iter().map(|Witness { party, role, vkey, cnsa }| {
            let (party, cnsa) = (party.clone(), cnsa.as_ref().map(ToString::to_string));
            WitnessTable { party, role: *role, vkey: vkey.to_string(), cnsa }
        });
        let log = LogTable {
            origin: self.log.origin().to_owned(),
            vkey: self.log.vkey(),
            cnsa: self.log.cnsa_vkey(),
        };
        let founders = self.founders.named().map(|(parties, threshold)| FoundersTable {
            parties: parties.iter().cloned().collect(),
            threshold,
        });
        let file = File { log, founders, party: party.collect(), witness: witness.collect() };
        self.text = toml::to_string(&file).expect("tables after plain values can be written");
        self
    }
}

fn member(table: PartyTable) -> Result<Member, TrustError> {
    let PartyTable { id, name, roles, root, ed25519, ml_dsa_87, ml_kem_1024, mlkem1024_p384 } =
        table;
    let decode = |field: &'static str, text: &str| {
        tlog::base64(text).ok_or_else(|| TrustError::Base64 { party: id.clone(), field })
    };
    let keys = PublicKeys::new(
        &decode("ed25519", &ed25519)?,
        &decode("ml-dsa-87", &ml_dsa_87)?,
        &decode("ml-kem-1024", &ml_kem_1024)?,
        &decode("mlkem1024-p384", &mlkem1024_p384)?,
    )
    .map_err(|source| TrustError::Key { party: id.clone(), source })?;
    Ok(Member { party: Party { id, name, roles }, keys, root })
}

fn witness(table: WitnessTable) -> Result<Witness, TrustError> {
    let WitnessTable { party, role, vkey, cnsa } = table;
    let read = |field: &'static str, text: &str| {
        text.parse::<VerifierKey>().map_err(|e| TrustError::WitnessVkey {
            party: party.clone(),
            field,
            reason: e.to_string(),
        })
    };
    let vkey = read("vkey", &vkey)?;
    let cnsa = cnsa.map(|text| read("cnsa", &text)).transpose()?;
    Witness::new(party, role, vkey, cnsa)
}
