//! Whom a reader believes about time, and whether a certificate is one of theirs.

use crate::TimestampError;
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::ext::pkix::ExtendedKeyUsage;

/// Most certificates in a list.
const MOST: usize = 64;
/// id-kp-timeStamping (RFC 3161 §2.3), as webpki wants it: the value of its DER.
const TIME_STAMPING_VALUE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

/// The certificates of authorities, their roots as a rule.
#[derive(Debug, Clone)]
pub struct Authorities {
    certificates: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// Reads certificates in PEM, one or more.
    ///
    /// # Errors
    /// [`TimestampError::Authorities`].
    pub fn from_pem(text: &[u8]) -> Result<Self, TimestampError> {
        let wrong = |why: String| TimestampError::Authorities(why);
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(text).take(MOST + 1).collect();
        let certificates = certificates.map_err(|e| wrong(e.to_string()))?;
        if certificates.is_empty() || certificates.len() > MOST {
            return Err(wrong(format!("{} in the file; 1 to {MOST} are read", certificates.len())));
        }
        for (at, certificate) in (1..).zip(&certificates) {
            anchor_from_trusted_cert(certificate)
                .map_err(|e| wrong(format!("number {at} is not one to start from: {e}")))?;
        }
        Ok(Self { certificates })
    }

    /// Checks that a certificate is for time stamping alone and leads to one of these as of `at`, in seconds of Unix
    /// time, and that the signature over the message is its.
    pub(crate) fn check(
        &self,
        signer: &Certificate,
        beside: &[CertificateDer<'_>],
        at: Duration,
        (message, signature): (&[u8], &[u8]),
    ) -> Result<(), TimestampError> {
        let subject = signer.tbs_certificate.subject.to_string();
        let untrusted = |why: String| TimestampError::Untrusted { subject: subject.clone(), why };
        for_time_stamping_alone(signer).map_err(|why| untrusted(why.to_owned()))?;
        let der = signer.to_der().map_err(|e| untrusted(e.to_string()))?;
        let der = CertificateDer::from(der);
        let end = EndEntityCert::try_from(&der).map_err(|e| untrusted(e.to_string()))?;
        let anchors: Result<Vec<_>, _> =
            self.certificates.iter().map(anchor_from_trusted_cert).collect();
        let anchors = anchors.map_err(|e| TimestampError::Authorities(e.to_string()))?;
        end.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors,
            beside,
            UnixTime::since_unix_epoch(at),
            KeyUsage::required(TIME_STAMPING_VALUE),
            None,
            None,
        )
        .map_err(|e| untrusted(e.to_string()))?;
        let good = |algorithm: &&dyn SignatureVerificationAlgorithm| {
            end.verify_signature(*algorithm, message, signature).is_ok()
        };
        // by whichever algorithm fits the key: each names its own kind of key
        let good = ALL_VERIFICATION_ALGS.iter().any(good);
        good.then_some(()).ok_or(TimestampError::Signature(subject))
    }
}

/// RFC 3161 §2.3: the extended key usage is there once, critical, and time stamping alone.
fn for_time_stamping_alone(certificate: &Certificate) -> Result<(), &'static str> {
    let wanted = "its extended key usage must be critical and time stamping alone";
    let extensions = certificate.tbs_certificate.extensions.as_deref().unwrap_or_default();
    let mut usages = extensions.iter().filter(|e| e.extn_id == EXTENDED_KEY_USAGE);
    let (Some(usage), None) = (usages.next(), usages.next()) else { return Err(wanted) };
    let purposes = ExtendedKeyUsage::from_der(usage.extn_value.as_bytes()).map_err(|_| wanted)?;
    if usage.critical && purposes.0 == [TIME_STAMPING] { Ok(()) } else { Err(wanted) }
}
