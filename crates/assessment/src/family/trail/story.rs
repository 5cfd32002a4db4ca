//! What happened on the day, before anybody wrote it down.

use crate::family::words::THINGS;
use crate::seed::Draws;

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    Gate,
    Store,
}

/// Something that was written down.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Second of the day, by the gateway's clock.
    pub(super) at: i64,
    pub(super) log: Log,
    pub(super) text: String,
    /// Whether somebody deleted the line afterwards.
    pub(super) deleted: bool,
}

/// The whole day.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) step: u8,
    pub(super) hosts: [&'static str; 2],
    pub(super) first_number: u32,
    /// How far the store's clock is ahead, in seconds.
    pub(super) skew: i64,
    pub(super) victim: String,
    pub(super) address: String,
    /// Files of the intruder's session with their sizes.
    pub(super) taken: Vec<(String, u64)>,
    /// A user who did nothing wrong.
    pub(super) honest: String,
    /// An address that guessed in vain; where there is none, an honest one.
    pub(super) vain: String,
    pub(super) events: Vec<Event>,
}

/// One session: who, from where, from when to when.
struct Session<'a> {
    user: &'a str,
    address: &'a str,
    from: i64,
    to: i64,
    /// Whether the line that opened it is deleted.
    hidden: bool,
}

impl Story {
    pub(super) fn draw(d: &mut Draws, step: u8) -> Self {
        let words = d.distinct(&THINGS, 16);
        let word = |i: usize| words.get(i).copied().unwrap_or("thing");
        let users: Vec<String> =
            (2..10).map(|i| format!("{}{}", word(i), d.below(90) + 10)).collect();
        let honest = users.last().cloned().unwrap_or_default();
        let nets: Vec<String> =
            (0..12_u64).map(|i| format!("10.{}.{}", 20 * i + d.below(20), d.below(256))).collect();
        let net = |i: usize| nets.get(i).map_or("10.0.0", String::as_str);
        let place = |d: &mut Draws, i: usize| format!("{}.{}", net(i), d.between(2, 250));
        let mut story = Self {
            step,
            hosts: [word(0), word(1)],
            first_number: u32::try_from(d.between(1_000, 60_000)).unwrap_or(1_000),
            skew: if step >= 3 {
                seconds(d, 1_500, 4_200) * if d.coin() { 1 } else { -1 }
            } else {
                0
            },
            victim: users.first().cloned().unwrap_or_default(),
            address: place(d, 0),
            taken: Vec::new(),
            vain: place(d, 1),
            honest,
            events: Vec::new(),
        };
        for (i, user) in users.iter().enumerate() {
            let home = place(d, i + 2);
            story.honest_day(d, user, &home, i == 0);
        }
        let guessed = story.intrusion(d, &users, net(0));
        if step >= 2 {
            let vain = story.vain.clone();
            let start = guessed - seconds(d, 3_000, 9_000);
            story.guesses(d, &users, start, 31, &|_| vain.clone());
        }
        if step >= 3 {
            for at in [seconds(d, 30_000, 40_000), seconds(d, 50_000, 70_000)] {
                let text = format!("beacon {}", d.hex(8));
                story.note(at, Log::Gate, text.clone());
                story.note(at, Log::Store, text);
            }
        }
        story
    }

    /// The largest file that was taken.
    pub(super) fn largest(&self) -> (&str, u64) {
        let largest = self.taken.iter().max_by_key(|(_, bytes)| *bytes);
        largest.map_or(("none", 0), |(file, bytes)| (file, *bytes))
    }

    fn note(&mut self, at: i64, log: Log, text: String) {
        self.events.push(Event { at, log, text, deleted: false });
    }

    /// Two sessions, morning and evening, with a slip of the fingers now and then.
    fn honest_day(&mut self, d: &mut Draws, user: &str, address: &str, victim: bool) {
        for start in [seconds(d, 25_000, 33_000), seconds(d, 62_000, 70_000)] {
            for _ in 0..d.below(3) {
                let at = start - seconds(d, 5, 60);
                self.note(at, Log::Gate, format!("login: rejected {user} from {address}"));
            }
            let to = start + seconds(d, 600, 2_400);
            let session = Session { user, address, from: start, to, hidden: false };
            self.session(d, &session, if victim { 4 } else { 2 });
        }
    }

    /// Guesses around noon, a session, files. Says when the guessing began.
    fn intrusion(&mut self, d: &mut Draws, users: &[String], net: &str) -> i64 {
        let start = seconds(d, 40_000, 46_000);
        let (address, spread) = (self.address.clone(), self.step >= 4);
        let net = net.to_owned();
        let place = move |d: &mut Draws| {
            if spread { format!("{net}.{}", d.between(2, 250)) } else { address.clone() }
        };
        let from = self.guesses(d, users, start, 40, &place) + seconds(d, 5, 40);
        let to = from + seconds(d, 500, 1_500);
        let (user, address) = (self.victim.clone(), self.address.clone());
        let hidden = self.step >= 5;
        let session = Session { user: &user, address: &address, from, to, hidden };
        self.taken = self.session(d, &session, 5);
        start
    }

    /// Guesses at many users' passwords, the last at the victim's. Says when the last was.
    fn guesses(
        &mut self,
        d: &mut Draws,
        users: &[String],
        start: i64,
        n: usize,
        place: &dyn Fn(&mut Draws) -> String,
    ) -> i64 {
        let mut at = start;
        for _ in 0..n {
            at += seconds(d, 2, 25);
            let (user, address) = (d.pick(users).clone(), place(d));
            self.note(at, Log::Gate, format!("login: rejected {user} from {address}"));
        }
        at
    }

    fn session(&mut self, d: &mut Draws, s: &Session<'_>, reads: u32) -> Vec<(String, u64)> {
        let number = d.hex(6);
        let Session { user, address, from, to, hidden } = s;
        let shown = if self.step <= 2 { format!(" session {number}") } else { String::new() };
        let text = format!("login: accepted {user} from {address}{shown}");
        self.events.push(Event { at: *from, log: Log::Gate, text, deleted: *hidden });
        self.note(*to, Log::Gate, format!("login: closed {user} from {address}"));
        let log = if self.step == 1 { Log::Gate } else { Log::Store };
        let who = if self.step <= 2 { format!("session {number}") } else { (*user).to_owned() };
        let mut files = Vec::new();
        for _ in 0..reads + u32::try_from(d.below(3)).unwrap_or(0) {
            let at = from + 10 + seconds(d, 0, u64::try_from(to - from - 20).unwrap_or(100));
            let file = format!("{}-{}.dat", d.pick(&THINGS), d.hex(4));
            let bytes = d.between(1_000, 9_000_000);
            self.note(at, log, format!("store: {who} read {file} {bytes}"));
            files.push((file, bytes));
        }
        files
    }
}

fn seconds(d: &mut Draws, low: u64, high: u64) -> i64 {
    i64::try_from(d.between(low, high)).unwrap_or(0)
}
