//! What of a worklist goes on one printed sheet.
//!
//! A screen shows the whole page; paper shows what one sheet holds and says how much more there is. Lines are counted,
//! not measured: for the lower of Letter and A4 and the narrower of both, in a wide font, with room left. So what is
//! counted to fit does fit, whatever the texts of inventories and advisories are.

use super::{ActionView, WorklistView};

/// What of a page goes on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet {
    /// Whether the smaller type is needed.
    pub dense: bool,
    /// How many of today's tasks are printed with all that is said of them; the others with what and when.
    pub whole: usize,
    /// How many of the tasks after today's.
    pub then: usize,
    /// How many notices.
    pub notices: usize,
    /// How many of what could not be told.
    pub unknowns: usize,
    /// How many of what suppliers say is no work.
    pub suppressed: usize,
}

/// A size of type: what a sheet of it holds.
struct Type {
    /// Lines of a sheet.
    lines: usize,
    /// Characters of a line across the page.
    across: usize,
    /// Of a line beside a label.
    beside: usize,
    /// Of one of the two columns of reasons.
    column: usize,
    /// Of a line of commands.
    command: usize,
    /// Of a task's heading.
    heading: usize,
}

// DejaVu Sans, the widest that a system's own font usually is, in 8.5 and 7.5 points, on 190 by 259 mm
const PLAIN: Type =
    Type { lines: 76, across: 94, beside: 76, column: 33, command: 82, heading: 64 };
const DENSE: Type =
    Type { lines: 88, across: 107, beside: 86, column: 38, command: 93, heading: 72 };

/// What a heading and the line that says how much more there is take.
const SECTION: usize = 3;

impl Type {
    fn task(&self, a: &ActionView) -> usize {
        // frame and margins are as high as one line
        let reasons: Vec<_> =
            a.why.iter().chain(&a.because).map(|w| rows(w, self.column)).collect();
        let longest = reasons.iter().max().copied().unwrap_or_default();
        let columns = (reasons.iter().sum::<usize>() + longest).div_ceil(2);
        let beside = |text: &str| rows(text, self.beside);
        let command = |text: &str| rows(text, self.command);
        self.brief(a)
            + beside(&a.place)
            + columns
            + a.first.as_deref().map_or(0, beside)
            + command(&a.how)
            + beside(&a.how_long)
            + command(&a.check)
            + beside(&a.closes)
    }

    fn brief(&self, a: &ActionView) -> usize {
        1 + rows(&a.what, self.heading) + rows(&a.due, self.across)
    }

    /// One of the tasks after today's, in a line.
    fn then(&self, a: &ActionView) -> usize {
        rows(&format!("{} {} {}", a.what, a.due, a.how), self.across - 4)
    }
}

/// The lines that a text takes, none shorter than nine tenths for words that do not fit.
fn rows(text: &str, width: usize) -> usize {
    let usable = width - width / 10;
    text.lines().map(|line| line.chars().count().div_ceil(usable).max(1)).sum::<usize>().max(1)
}

/// How many of the first of these heights fit into what is left.
fn fitting(left: &mut usize, heights: impl Iterator<Item = usize>) -> usize {
    let mut count = 0;
    for height in heights {
        let Some(rest) = left.checked_sub(height) else { break };
        *left = rest;
        count += 1;
    }
    count
}

impl WorklistView {
    /// What of this page one sheet holds.
    pub fn sheet(&self) -> Sheet {
        let sizes = [(&PLAIN, false), (&DENSE, true)];
        let all = self.today.len();
        let tries = sizes.map(|(of, dense)| (of, dense, all)).into_iter();
        let fewer = (0..all).rev().map(|whole| (&DENSE, true, whole));
        let found = tries.chain(fewer).find_map(|(of, dense, whole)| {
            let left = of.lines.checked_sub(self.least(of, whole))?;
            Some((of, dense, whole, left))
        });
        let (of, dense, whole, mut left) = found.unwrap_or((&DENSE, true, 0, 0));
        let line = |text: &String| rows(text, of.across - 4);
        let then = fitting(&mut left, self.then.iter().map(|a| of.then(a)));
        let unknowns = fitting(&mut left, self.unknowns.iter().map(line));
        let notices = fitting(&mut left, self.notices.iter().map(line));
        let suppressed = fitting(&mut left, self.suppressed.iter().map(line));
        Sheet { dense, whole, then, notices, unknowns, suppressed }
    }

    /// The lines of all that is never left out, with so many tasks printed whole.
    fn least(&self, of: &Type, whole: usize) -> usize {
        let across = |text: &str| rows(text, of.across);
        let tasks = self.today.iter().enumerate();
        let tasks = tasks.map(|(at, a)| if at < whole { of.task(a) } else { of.brief(a) });
        let question = self
            .question
            .as_ref()
            .map_or(0, |q| SECTION + across(&q.ask) + across(&q.if_yes) + across(&q.if_no));
        let lists = [
            self.then.is_empty(),
            self.notices.is_empty(),
            self.unknowns.is_empty(),
            self.suppressed.is_empty(),
        ];
        let lists = lists.iter().filter(|empty| !**empty).count() * SECTION;
        let footer = 1 + self.footer.iter().map(|line| across(line)).sum::<usize>();
        let headings =
            3 + usize::from(self.nothing.is_some()) + 2 * usize::from(!self.today.is_empty());
        headings + tasks.sum::<usize>() + question + lists + footer
    }
}

#[cfg(test)]
mod tests;
