//! The roots of trust file: TOML, strict.

use super::{MAX_PARTIES, MAX_TRUST, Member, Trust, TrustError, Witness, WitnessRole};
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
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PartyTable {
    id: PartyId,
    name: Line,
    roles: Vec<Role>,
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
        let file: File = toml::from_str(text).map_err(|e| TrustError::Toml(e.to_string()))?;
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
        Self::new(log, members?)?.with_witnesses(witnesses?)
    }

    /// Writes the file.
    ///
    /// # Panics
    /// Never: every value can be written as TOML.
    pub fn to_text(&self) -> String {
        let party = self.members.values().map(|Member { party, keys }| PartyTable {
            id: party.id.clone(),
            name: party.name.clone(),
            roles: party.roles.clone(),
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
        let file = File { log, party: party.collect(), witness: witness.collect() };
        toml::to_string(&file).expect("tables after plain values can be written")
    }
}

fn member(table: PartyTable) -> Result<Member, TrustError> {
    let PartyTable { id, name, roles, ed25519, ml_dsa_87, ml_kem_1024, mlkem1024_p384 } = table;
    let decode = |field: &'static str, text: &str| {
        BASE64.decode(text.as_bytes()).map_err(|_| TrustError::Base64 { party: id.clone(), field })
    };
    let keys = PublicKeys::new(
        &decode("ed25519", &ed25519)?,
        &decode("ml-dsa-87", &ml_dsa_87)?,
        &decode("ml-kem-1024", &ml_kem_1024)?,
        &decode("mlkem1024-p384", &mlkem1024_p384)?,
    )
    .map_err(|source| TrustError::Key { party: id.clone(), source })?;
    Ok(Member { party: Party { id, name, roles }, keys })
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
