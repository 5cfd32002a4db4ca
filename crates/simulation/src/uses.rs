//! Clients at the gateway's door, judged by the oracle both ways: nothing too much, nothing too little.

use crate::cast::{LAB, spelled};
use crate::door::{Fate, Piece};
use crate::world::World;
use access::{Endpoint, Event, UseRequest, Uses};
use domain::Digest;

impl World {
    /// A client asks, an answer goes on or ends, or a minute's uses are stated.
    pub(crate) fn someone_uses(&mut self) -> Result<(), String> {
        if !self.door.running {
            return Ok(());
        }
        match self.dice.below(10) {
            0..=4 => self.client_asks(),
            5..=7 => self.answer_goes_on(),
            8 => {
                if let Some(at) = self.dice.place(self.door.streams.len()) {
                    let now = self.door_clock();
                    self.door.end(at, now);
                }
                Ok(())
            }
            _ => self.state_uses(),
        }
    }

    fn client_asks(&mut self) -> Result<(), String> {
        let recent = self.grants.len().saturating_sub(8);
        let all = self.grants.get(recent..).unwrap_or_default();
        let issued = |grant| self.facts.iter().any(|f| f.admitted && is_issue_of(&f.event, grant));
        let issued = self.grants.iter().filter(|request| issued(&request.grant));
        let issued: Vec<_> = issued.collect();
        let last = issued.len().saturating_sub(5);
        let lately: Vec<_> = if issued.is_empty() || self.dice.once_in(6) {
            all.iter().collect()
        } else {
            issued.into_iter().skip(last).collect()
        };
        let Some(request) = self.dice.place(lately.len()).and_then(|at| lately.get(at)) else {
            return Ok(());
        };
        let strange = self.dice.below(24);
        let credential = if strange == 0 { Digest::of(b"guessed") } else { request.credential };
        let model = if strange == 1 { spelled("model-x") } else { request.model.clone() };
        let endpoint = if strange == 2 { Endpoint::Messages } else { Endpoint::ChatCompletions };
        let tokens = self.dice.pick(&[0, 1, 40, 100, 100, 300, 700, 1_001]);
        let asked = UseRequest::new(model, endpoint, tokens);
        let now = self.door_clock();
        let expected = self.door.knowledge(&self.facts, now).may_use(&credential, &asked);
        self.names += 1;
        match (self.door.ask(self.names, &credential, &asked, now), expected) {
            (Fate::Forwarded, Some(until)) => {
                self.summary.uses_forwarded += 1;
                let given = self.door.streams.len().checked_sub(1);
                let given = given.and_then(|at| self.door.stream(at)).map(|(_, until)| until);
                if given == Some(until) {
                    return Ok(());
                }
                Err(format!("a permit until {given:?}; the rules say {until}"))
            }
            (Fate::Forwarded, None) => Err("a request was forwarded without a right".to_owned()),
            (Fate::Refused(code), Some(_)) => {
                Err(format!("a request that the rules allow was refused: {code}"))
            }
            (Fate::Refused(code), None) => {
                *self.summary.uses_refused.entry(code).or_default() += 1;
                Ok(())
            }
            (Fate::NoBudget, _) => {
                *self.summary.uses_refused.entry("no-budget-here").or_default() += 1;
                Ok(())
            }
        }
    }

    fn answer_goes_on(&mut self) -> Result<(), String> {
        let Some(at) = self.dice.place(self.door.streams.len()) else { return Ok(()) };
        let Some((credential, until)) = self.door.stream(at) else { return Ok(()) };
        let now = self.door_clock();
        let may = self.door.knowledge(&self.facts, now).may_go_on(&credential, until);
        let tokens = self.dice.pick(&[1, 20, 90, 250]);
        match (self.door.give(at, tokens, now), may) {
            (Piece::Given, true) => {
                // where the answer has outgrown what was set aside at first, a crash has the most to forget
                if self.door.has_grown(at) && self.dice.once_in(6) {
                    return self.gateway_restarts();
                }
                Ok(())
            }
            (Piece::Given, false) => Err("an answer went on without a right".to_owned()),
            (Piece::Cut, true) => Err("an answer that may go on was cut".to_owned()),
            (Piece::Cut, false) => {
                self.summary.streams_cut += 1;
                Ok(())
            }
            (Piece::NoBudget, _) => {
                self.summary.streams_exhausted += 1;
                Ok(())
            }
        }
    }

    /// The developer states what a past minute of a grant came to.
    fn state_uses(&mut self) -> Result<(), String> {
        self.names += 1;
        let root = Digest::of(&self.names.to_be_bytes());
        let Some(own) = self.door.close_minute(root) else { return Ok(()) };
        let known = self.grants.iter().find(|request| request.grant == own.grant);
        let Some(case) = known.map(|request| request.case.clone()) else { return Ok(()) };
        let uses = Uses {
            case,
            grant: own.grant,
            developer: spelled(LAB),
            minute: own.minute,
            root,
            count: own.uses.requests,
            tokens_in: own.uses.tokens_in,
            tokens_out: own.uses.tokens_out,
        };
        let at = self.place_of(&spelled(LAB));
        self.state(at, &Event::UsesRecorded(uses))
    }

    /// The gateway's process dies, or starts again.
    pub(crate) fn gateway_restarts(&mut self) -> Result<(), String> {
        if self.door.running && self.dice.once_in(2) {
            self.door.kill();
            return Ok(());
        }
        self.door.kill();
        // it begins with the log as it is now, and does not begin without it
        if !self.sync_door()? {
            return Ok(());
        }
        let now = self.door_clock();
        self.door.start(now);
        self.summary.gateway_restarts += 1;
        self.learn_facts()
    }
}

fn is_issue_of(event: &Event, grant: &domain::GrantId) -> bool {
    matches!(event, Event::GrantIssued(issue) if issue.grant == *grant)
}
