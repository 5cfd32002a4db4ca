//! What nobody should do: forged signatures, another's words, broken bytes, other logs, stolen places in a chain.

use crate::acts::{Actor, scope};
use crate::cast::{GOVERNMENT, LAB, OUTSIDER, cast, spelled};
use crate::party::shifted;
use crate::world::{Message, World};
use access::{
    Event, GrantChange, GrantIssue, TermsAgreement, WindowClosing, WindowOpening, Withdrawal, Word,
};
use domain::{Digest, PartyId, Span, Statement};
use ledger::Draft;
use std::collections::BTreeSet;

impl World {
    /// Something hostile happens.
    pub(crate) fn someone_is_hostile(&mut self) -> Result<(), String> {
        match self.dice.below(6) {
            0 => self.junk(),
            1 => self.forged_signature(),
            2 | 3 => self.impostor(),
            4 => self.false_word(),
            _ => self.second_place(),
        }
    }

    /// Something only one of the main parties, or both, may state: mostly what one of them is about to state.
    fn tempting(&mut self) -> Event {
        let main = self.dice.pick(&[LAB, GOVERNMENT]);
        let (at, case) = (self.place_of(&spelled(main)), self.case());
        let now = self.clock_of(at);
        if self.dice.below(3) > 0
            && let Some(party) = self.parties.get(at)
        {
            let (who, reviews) = (&party.id, &party.reviews);
            let (dice, names) = (&mut self.dice, &mut self.names);
            if let Some(Ok(event)) = (Actor { who, reviews, now, case, dice, names }).act() {
                return event;
            }
        }
        self.any_temptation()
    }

    fn any_temptation(&mut self) -> Event {
        let case = self.case();
        let (developer, government): (PartyId, PartyId) = (spelled(LAB), spelled(GOVERNMENT));
        let lab = self.place_of(&developer);
        let reviews = self.parties.get(lab).map(|party| party.reviews.clone());
        let known = reviews.as_ref().and_then(|reviews| reviews.case(&case).ok());
        let terms = known.and_then(|case| case.terms()).map_or(Digest::of(b""), |(d, _)| *d);
        let window = known.and_then(|case| case.last_window()).map(|(id, _)| id.clone());
        let request = self.grants.last().cloned();
        let by = government.clone();
        let reason = spelled("because");
        match (self.dice.below(6), request, window) {
            (0, Some(request), _) => Event::GrantIssued(GrantIssue {
                case,
                grant: request.grant.clone(),
                request: request.digest(),
                developer,
                developer_approver: spelled("lab-p1"),
                government,
                government_approver: spelled("government-p1"),
            }),
            (1, Some(request), _) => {
                let grant = request.grant;
                Event::GrantRevoked(GrantChange { case: request.case, grant, by, reason })
            }
            (2, _, Some(window)) => {
                Event::WindowClosed(WindowClosing { case, window, by: developer, reason })
            }
            (3, _, _) => {
                let withdrawal = Withdrawal {
                    scope: reviews
                        .as_ref()
                        .map_or(access::Scope::Case, |r| scope(&mut self.dice, r, &case)),
                    case,
                    developer,
                    reason,
                };
                Event::AccessWithdrawn(withdrawal)
            }
            (4, _, _) => Event::TermsAgreed(TermsAgreement { case, terms, developer, government }),
            _ => Event::WindowOpened(WindowOpening {
                window: spelled(&format!("w-hostile-{}", self.names)),
                terms,
                developer,
                government,
                models: [spelled(&format!("{case}-a"))].into(),
                first_access_at: self.now,
                planned_partner_release_at: self.now.after(Span::days(20)),
                longest: Span::days(30),
                case,
            }),
        }
    }

    /// Bytes that are no statement, or a good one with one byte turned.
    fn junk(&mut self) -> Result<(), String> {
        let place = self.dice.place(self.network.len());
        let mut message = match place.and_then(|at| self.network.get(at)) {
            Some(message) => message.clone(),
            None => Message { from: 0, id: Digest::of(b""), bytes: vec![0; 40], forged: true },
        };
        if let Some(byte) =
            self.dice.place(message.bytes.len()).and_then(|at| message.bytes.get_mut(at))
        {
            let turned = u8::try_from(self.dice.below(255) + 1).unwrap_or(1);
            *byte ^= turned;
        }
        self.network.push(Message { forged: true, ..message });
        self.deliver(self.network.len() - 1)
    }

    /// A statement in a party's name, signed with another's keys; or with the issuer's alone, where two are needed.
    fn forged_signature(&mut self) -> Result<(), String> {
        let event = self.tempting();
        let victim = event.signers().into_iter().next().unwrap_or_else(|| spelled(LAB));
        let at = self.place_of(&victim);
        let mut draft = self.draft(at, &event, event.signers())?;
        let id = draft.id();
        // it is not to be in the log, so nobody made it
        self.made.remove(&id);
        let thief = cast().keys(&spelled(OUTSIDER));
        for missing in draft.missing() {
            draft.sign(&missing, thief).map_err(|e| e.to_string())?;
        }
        let keys = if self.dice.once_in(2) && draft.header().signers().len() > 1 {
            cast().keys(&victim)
        } else {
            thief
        };
        if let Some(node) = self.host.reach()
            && draft.header().signers().len() > 1
            && node.offer(&draft.to_bytes()).is_ok()
        {
            return Err("the node kept a draft with a forged signature".to_owned());
        }
        self.submit_forged(at, draft, keys)
    }

    fn submit_forged(
        &mut self,
        at: usize,
        draft: Draft,
        keys: &ledger::SecretKeys,
    ) -> Result<(), String> {
        let Some(party) = self.parties.get(at) else { return Ok(()) };
        let now = shifted(self.now, party.skew).max(draft.header().claimed_at());
        let position = party.reader.cursor.chains.next(&party.id, None, now);
        let id = draft.id();
        let entry = draft.issue(position, keys).map_err(|e| format!("forging: {e}"))?;
        let bytes = operations::wire::entry_bytes(&entry);
        self.network.push(Message { from: at, id, bytes, forged: true });
        self.deliver(self.network.len() - 1)
    }

    /// An outsider states, with its own good signature, what is not its to state, or one main party alone what needs
    /// both: the log takes it, the rules don't.
    fn impostor(&mut self) -> Result<(), String> {
        let event = self.tempting();
        let needed = event.signers();
        let one = needed.last().filter(|_| needed.len() > 1 && self.dice.once_in(2)).cloned();
        let issuer: PartyId = one.unwrap_or_else(|| spelled(OUTSIDER));
        let at = self.place_of(&issuer);
        let alone = BTreeSet::from([issuer]);
        let draft = self.draft(at, &event, alone)?;
        if let Some(party) = self.parties.get_mut(at) {
            party.outbox.push(draft);
        }
        self.send_any(at)?;
        self.sync_door().map(drop)
    }

    /// Someone else gives the developer's direct word.
    fn false_word(&mut self) -> Result<(), String> {
        let (case, outsider): (_, PartyId) = (self.case(), spelled(OUTSIDER));
        let developer = spelled(LAB);
        let (scope, reason) = (access::Scope::Case, spelled("said an impostor"));
        let withdrawal = Withdrawal { case, developer, scope, reason };
        let word = Word { withdrawal, signers: BTreeSet::from([outsider]) };
        match self.door.heed(&word) {
            Ok(()) => Err("a false word was heeded".to_owned()),
            Err(_) => Ok(()),
        }
    }

    /// Another machine with the same keys states something at the place of what is on its way.
    fn second_place(&mut self) -> Result<(), String> {
        let lab = self.place_of(&spelled(LAB));
        let event = self.tempting();
        if event.signers() != BTreeSet::from([spelled(LAB)]) {
            return Ok(());
        }
        let now = self.now;
        for _ in 0..2 {
            let draft = self.draft(lab, &event, event.signers())?;
            let Some(party) = self.parties.get_mut(lab) else { return Ok(()) };
            let entry = party.issue(&draft, now).map_err(|e| format!("issuing: {e}"))?;
            let (id, bytes) = (draft.id(), operations::wire::entry_bytes(&entry));
            party.outbox.push(draft);
            self.network.push(Message { from: lab, id, bytes, forged: false });
        }
        Ok(())
    }
}

/// A forged copy of a logged statement gets the receipt of what is logged, as a copy does that its issuer placed otherwise
/// because it never had an answer. The log must not have the forged leaf itself.
pub(crate) fn is_of_another(forged: &[u8], receipt: &[u8]) -> Result<(), String> {
    let took = || "the node took a forged statement".to_owned();
    let forged = operations::wire::entry(forged).map_err(|_| took())?;
    let receipt = ledger::Receipt::from_bytes(receipt).map_err(|_| took())?;
    let same = receipt.leaf_bytes() == forged.leaf || receipt.leaf().id() != forged.id;
    if same { Err(took()) } else { Ok(()) }
}
