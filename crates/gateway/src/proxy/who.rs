//! Who asks: by key, by key and certificate, or by key and a proof that is signed for the request.

use super::Peer;
use crate::authority::{Caller, bound_to_certificate};
use crate::delegation::Delegation;
use crate::dpop::{Expected, Proof, bound_to_proof};
use crate::gate::Gate;
use crate::refused::Refused;
use access::{Binding, Network, Refusal};
use domain::Digest;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use std::net::IpAddr;

/// What a proxy says of where a request comes from.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Where clients of messages put their key.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// The key of a second person who looks on.
const SECOND_KEY: HeaderName = HeaderName::from_static("x-second-key");
/// A chain of delegations, the holder's first.
const DELEGATION: HeaderName = HeaderName::from_static("x-delegation");
/// A proof of possession.
const PROOF: HeaderName = HeaderName::from_static("dpop");

/// A request's head.
pub(super) struct Head<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// The host that was asked for: the `host` header, or `:authority`.
    host: &'a str,
}

impl<'a> Head<'a> {
    pub(super) fn of<B>(request: &'a Request<B>) -> Self {
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
        Self { method, path: uri.path(), headers, host: host.unwrap_or_default() }
    }
}

/// How a key was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Proof,
}

/// Who asks: the digest of the key, and the address behind the proxies that the operator trusts.
///
/// A client that shows a certificate is taken for the holder of what is bound to it, if anything is, and else for the
/// bearer of its key. One that speaks of a proof is taken for nothing else.
pub(super) fn caller(
    gate: &Gate,
    peer: &Peer,
    head: &Head<'_>,
) -> Result<(Caller, Option<Delegation>), Refused> {
    let (scheme, token) = credential(head.headers)?;
    let from = source(&gate.trusted_proxies, peer.address, head.headers);
    let second = head.headers.get(SECOND_KEY).map(|key| Digest::of(key.as_bytes().trim_ascii()));
    if scheme == Scheme::Proof {
        return proved(
            gate,
            head,
            &token,
            Caller { credential: token, from, second, binding: Binding::Proof },
        );
    }
    if let Some(certificate) = &peer.certificate {
        let credential = bound_to_certificate(certificate, &token);
        let caller = Caller { credential, from, second, binding: Binding::Certificate };
        let known = gate.authority.recognises(&caller, gate.clock.now());
        if !matches!(known, Err(Refusal::UnknownCredential)) {
            return Ok((caller, None));
        }
    }
    Ok((Caller { credential: token, from, second, binding: Binding::Bearer }, None))
}

/// The holder of a key that a proof is signed with, or whoever the holder delegates to. Signatures are looked at once the
/// credential is known to be somebody's, and the proof is noted once it is believed: strangers cost neither time nor room.
fn proved(
    gate: &Gate,
    head: &Head<'_>,
    token: &Digest,
    caller: Caller,
) -> Result<(Caller, Option<Delegation>), Refused> {
    let proof = Proof::read(one(head.headers, &PROOF)?.ok_or(Refused::OneProof)?)?;
    let (method, path, host) = (head.method.as_str(), head.path, head.host);
    proof.is_about(&Expected { method, tls: gate.tls.is_some(), host, path, token })?;
    let chain = one(head.headers, &DELEGATION)?;
    let delegation = chain.map(|chain| Delegation::read(chain, token, &proof.thumbprint));
    let delegation = delegation.transpose()?;
    let root = delegation.as_ref().map_or(proof.thumbprint, |delegation| delegation.root);
    let caller = Caller { credential: bound_to_proof(&root, token), ..caller };
    let now = gate.clock.now();
    if let Err(refusal @ Refusal::UnknownCredential) = gate.authority.recognises(&caller, now) {
        return Err(Refused::Permit(refusal));
    }
    if let Some(delegation) = &delegation {
        delegation.is_live(now)?;
        delegation.is_signed()?;
    }
    proof.is_signed()?;
    proof.is_recent(&gate.nonces, gate.limits.proof_nonces, now)?;
    gate.replays.take(&proof, now)?;
    Ok((caller, delegation))
}

/// A header that is there once, or not at all.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refused> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(Some(value.to_str().unwrap_or_default())),
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Refused::OneProof),
    }
}

/// Where a request comes from: the connection's peer, or, as long as that is a trusted proxy, what it says in
/// the last entry of `x-forwarded-for`. What a client writes there itself stands before that and is not believed.
/// `None` when a trusted proxy says nothing that is an address.
fn source(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let trusts = |address| trusted.iter().any(|network| network.contains(address));
    if !trusts(peer) {
        return Some(peer);
    }
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let entries = lines.iter().rev().flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        let address = std::str::from_utf8(entry).ok()?.trim().parse::<IpAddr>().ok()?;
        if !trusts(address) {
            return Some(address);
        }
    }
    None
}

/// The digest of the key, and how it was shown. The key itself goes no further.
fn credential(headers: &HeaderMap) -> Result<(Scheme, Digest), Refused> {
    let authorization = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let with = |scheme: &str| {
        let (given, token) = authorization?.split_at_checked(scheme.len())?;
        given.eq_ignore_ascii_case(scheme.as_bytes()).then_some(token)
    };
    let proved = with("DPoP ").map(|token| (Scheme::Proof, token));
    let bearer = || with("Bearer ").map(|token| (Scheme::Bearer, token));
    let plain = || headers.get(API_KEY).map(|key| (Scheme::Bearer, key.as_bytes()));
    match proved.or_else(bearer).or_else(plain).map(|(scheme, token)| (scheme, token.trim_ascii()))
    {
        Some((scheme, token)) if !token.is_empty() => Ok((scheme, Digest::of(token))),
        _ => Err(Refused::NoCredential),
    }
}
