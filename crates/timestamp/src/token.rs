//! Tokens: CMS signed data (RFC 5652) over a `TSTInfo` (RFC 3161 §2.4.2).

use crate::{Authorities, MAX_TOKEN, Query, TimestampError, hash, unreadable};
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::{SignedAttributes, SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::oid::db::rfc5912::ID_SHA_256;
use der::{Any, Decode, Encode, Sequence, Tagged};
use rustls_pki_types::CertificateDer;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_tsp::{Accuracy, TimeStampResp, TstInfo};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// A token, read and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    der: Vec<u8>,
    data: SignedData,
    content: Vec<u8>,
    info: TstInfo,
}

/// What a token that was believed says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// When, in whole seconds since 1970: the bytes existed by then.
    pub at: Duration,
    /// How far off that may be, if the authority says so.
    pub accuracy: Option<Duration>,
    /// Under which of the authority's policies, an object identifier.
    pub policy: String,
    /// The token's serial number in hexadecimal.
    pub serial: String,
    /// Who signed, the certificate's subject.
    pub authority: String,
}

/// `SigningCertificateV2` (RFC 5035 §3).
#[derive(Clone, Debug, Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// `ESSCertIDv2` (RFC 5035 §4).
#[derive(Clone, Debug, Sequence)]
struct EssCertIdV2 {
    /// SHA-256 if it is not there.
    #[asn1(optional = "true")]
    hash_algorithm: Option<AlgorithmIdentifierOwned>,
    cert_hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

const fn shape(part: &'static str, wanted: &'static str) -> TimestampError {
    TimestampError::Shape { part, wanted }
}

impl Token {
    /// Takes the token out of an authority's answer (`application/timestamp-reply`).
    ///
    /// # Errors
    /// [`TimestampError::Refused`] with the authority's words, or what is malformed.
    pub fn from_answer(bytes: &[u8]) -> Result<Self, TimestampError> {
        if bytes.len() > MAX_TOKEN {
            return Err(TimestampError::TooLong(bytes.len()));
        }
        let answer = TimeStampResp::from_der(bytes).map_err(unreadable("the answer"))?;
        let Some(token) = answer.time_stamp_token else {
            let words = answer.status.status_string.iter().flatten();
            let words: Vec<_> = words.map(|w| w.as_str().chars().take(200).collect()).collect();
            let words: Vec<String> = words;
            let status = format!("{:?} {}", answer.status.status, words.join(", "));
            return Err(TimestampError::Refused(status.trim_end().to_owned()));
        };
        Self::from_der(&token.to_der().map_err(unreadable("the token"))?)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// See [`TimestampError`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, TimestampError> {
        if bytes.len() > MAX_TOKEN {
            return Err(TimestampError::TooLong(bytes.len()));
        }
        let outer = ContentInfo::from_der(bytes).map_err(unreadable("the token"))?;
        if outer.content_type != SIGNED_DATA {
            return Err(shape("the token", "CMS signed data"));
        }
        let inner = outer.content.to_der().map_err(unreadable("the signed data"))?;
        let data = SignedData::from_der(&inner).map_err(unreadable("the signed data"))?;
        if data.encap_content_info.econtent_type != TST_INFO {
            return Err(shape("the signed content", "a TSTInfo"));
        }
        let missing = || shape("the signed content", "there, as an octet string");
        let content = data.encap_content_info.econtent.as_ref().ok_or_else(missing)?;
        if content.tag() != der::Tag::OctetString {
            return Err(missing());
        }
        let content = content.value().to_vec();
        let info = TstInfo::from_der(&content).map_err(unreadable("the TSTInfo"))?;
        let critical = info.extensions.iter().flatten().any(|e| e.critical);
        if critical {
            return Err(shape("the token's extensions", "none that are critical"));
        }
        Ok(Self { der: bytes.to_vec(), data, content, info })
    }

    /// Its bytes.
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// Believes the token: that one of the authorities says that `message` existed at a time. With the query that it
    /// answers, the token must repeat its nonce.
    ///
    /// # Errors
    /// See [`TimestampError`]; the first thing that is wrong.
    pub fn verify(
        &self,
        message: &[u8],
        query: Option<&Query>,
        authorities: &Authorities,
    ) -> Result<Stamped, TimestampError> {
        let imprint = &self.info.message_imprint;
        let digest = hash(imprint.hash_algorithm.oid, message)?;
        if digest.as_ref() != imprint.hashed_message.as_bytes() {
            return Err(TimestampError::OtherMessage);
        }
        if query.is_some_and(|q| q.nonce() != self.info.nonce.as_ref()) {
            return Err(TimestampError::Nonce);
        }
        let signer = self.signer()?;
        let attributes = signer.signed_attrs.as_ref();
        let attributes =
            attributes.ok_or(shape("the signature", "over signed attributes (RFC 5652 §5.3)"))?;
        self.check_content(attributes, signer.digest_alg.oid)?;
        let certificate = self.certificate(signer, attributes)?;
        let signed = attributes.to_der().map_err(unreadable("the signed attributes"))?;
        let at = self.info.gen_time.to_unix_duration();
        let beside: Vec<_> = self.certificates().filter_map(|c| c.to_der().ok()).collect();
        let beside: Vec<_> =
            beside.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        authorities.check(certificate, &beside, at, (&signed, signer.signature.as_bytes()))?;
        Ok(Stamped {
            at,
            accuracy: self.info.accuracy.as_ref().map(accuracy),
            policy: self.info.policy.to_string(),
            serial: self.info.serial_number.as_bytes().iter().map(|b| format!("{b:02x}")).collect(),
            authority: certificate.tbs_certificate.subject.to_string(),
        })
    }

    /// The one signer.
    fn signer(&self) -> Result<&SignerInfo, TimestampError> {
        match self.data.signer_infos.0.as_slice() {
            [signer] => Ok(signer),
            _ => Err(shape("the token", "signed once (RFC 3161 §2.4.2)")),
        }
    }

    /// That the attributes are of this content: its type, and its digest.
    fn check_content(
        &self,
        attributes: &SignedAttributes,
        digest: ObjectIdentifier,
    ) -> Result<(), TimestampError> {
        let kind = only(attributes, CONTENT_TYPE)?.decode_as::<ObjectIdentifier>();
        let named = only(attributes, MESSAGE_DIGEST)?.decode_as::<OctetString>();
        let kind = kind.map_err(unreadable("the attribute content-type"))?;
        let named = named.map_err(unreadable("the attribute message-digest"))?;
        let found = hash(digest, &self.content)?;
        if kind == TST_INFO && named.as_bytes() == found.as_ref() {
            Ok(())
        } else {
            Err(TimestampError::Content)
        }
    }

    /// The certificate that the signed attributes name by its hash and the signature by its issuer.
    fn certificate(
        &self,
        signer: &SignerInfo,
        attributes: &SignedAttributes,
    ) -> Result<&Certificate, TimestampError> {
        let part = "the attribute signing-certificate-v2 (RFC 5816)";
        let named = only(attributes, SIGNING_CERTIFICATE_V2)?;
        let named = named.decode_as::<SigningCertificateV2>().map_err(unreadable(part))?;
        let first = named.certs.first().ok_or(shape(part, "not empty"))?;
        let algorithm = first.hash_algorithm.as_ref().map_or(ID_SHA_256, |a| a.oid);
        for certificate in self.certificates() {
            let der = certificate.to_der().map_err(unreadable("a certificate"))?;
            if hash(algorithm, &der)?.as_ref() != first.cert_hash.as_bytes() {
                continue;
            }
            let SignerIdentifier::IssuerAndSerialNumber(id) = &signer.sid else {
                return Err(shape("the signer", "named by its issuer and serial number"));
            };
            let body = &certificate.tbs_certificate;
            if (&id.issuer, &id.serial_number) == (&body.issuer, &body.serial_number) {
                return Ok(certificate);
            }
        }
        Err(shape("the signer's certificate", "in the token, with the hash that it names"))
    }

    fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        let all = self.data.certificates.iter().flat_map(|set| set.0.iter());
        all.filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate),
            CertificateChoices::Other(_) => None,
        })
    }
}

/// The one value of an attribute that is there once.
fn only(attributes: &SignedAttributes, oid: ObjectIdentifier) -> Result<&Any, TimestampError> {
    let mut found = attributes.iter().filter(|a| a.oid == oid);
    if let (Some(attribute), None) = (found.next(), found.next())
        && let [value] = attribute.values.as_slice()
    {
        return Ok(value);
    }
    let wanted = "there once, with one value";
    Err(match oid {
        CONTENT_TYPE => shape("the attribute content-type", wanted),
        MESSAGE_DIGEST => shape("the attribute message-digest", wanted),
        _ => shape("the attribute signing-certificate-v2 (RFC 5816)", wanted),
    })
}

fn accuracy(accuracy: &Accuracy) -> Duration {
    let part = |value: Option<i16>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
    Duration::from_secs(accuracy.seconds.unwrap_or(0))
        .saturating_add(Duration::from_millis(part(accuracy.millis)))
        .saturating_add(Duration::from_micros(part(accuracy.micros)))
}
