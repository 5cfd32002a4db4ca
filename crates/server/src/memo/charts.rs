//! The memo's pictures. Colours hold on white, on black and on paper, and nothing is told by colour alone.

use measurement::{Budgeted, FamilyRow, Memo, Point, Sealing};
use std::fmt::Write as _;

const ABOVE: &str = "#2378c3";
const BELOW: &str = "#c05600";
const RATIO: &str = "#8168b3";
const SOFT: &str = "#71767a";

/// A frame with both axes: pixels of the picture for numbers of the data.
struct Frame {
    width: f64,
    height: f64,
    x: (f64, f64),
    y: (f64, f64),
    svg: String,
}

const LEFT: f64 = 44.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 38.0;

impl Frame {
    fn new((width, height): (f64, f64), x: (f64, f64), y: (f64, f64), title: &str) -> Self {
        let wide = |(low, high): (f64, f64)| {
            if high - low < 1e-9 { (low, low + 1.0) } else { (low, high) }
        };
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"currentColor\">"
        );
        let _ = write!(svg, "<title>{title}</title>");
        Self { width, height, x: wide(x), y: wide(y), svg }
    }

    fn px(&self, x: f64) -> f64 {
        let (low, high) = self.x;
        LEFT + (x - low) / (high - low) * (self.width - LEFT - RIGHT)
    }

    fn py(&self, y: f64) -> f64 {
        let (low, high) = self.y;
        self.height - BOTTOM - (y - low) / (high - low) * (self.height - TOP - BOTTOM)
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), style: &str) {
        let (x1, y1, x2, y2) = (self.px(from.0), self.py(from.1), self.px(to.0), self.py(to.1));
        let _ = write!(
            self.svg,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" {style}/>"
        );
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: &str, words: &str) {
        let _ = write!(
            self.svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
        );
    }

    fn dot(&mut self, at: (f64, f64), radius: f64, fill: &str) {
        let (x, y) = (self.px(at.0), self.py(at.1));
        let _ = write!(
            self.svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\"/>"
        );
    }

    fn path(&mut self, points: impl Iterator<Item = (f64, f64)>, style: &str) {
        let shown: Vec<_> =
            points.map(|(x, y)| format!("{:.1},{:.1}", self.px(x), self.py(y))).collect();
        let _ =
            write!(self.svg, "<polyline points=\"{}\" fill=\"none\" {style}/>", shown.join(" "));
    }

    /// The horizontal grid, every so many units, and the words below the axis.
    fn axes(&mut self, step: f64, places: usize, below: &str) {
        let (low, high) = self.y;
        let mut y = (low / step).ceil() * step;
        while y <= high + 1e-9 {
            let x = self.x;
            self.line((x.0, y), (x.1, y), "stroke=\"#a9aeb1\" stroke-width=\"0.5\"");
            let label = super::Places::places(&y, places);
            let at = (LEFT - 6.0, self.py(y) + 4.0);
            self.text(at, "end", &label);
            y += step;
        }
        let middle = f64::midpoint(LEFT, self.width - RIGHT);
        self.text((middle, self.height - 6.0), "middle", below);
    }

    fn end(mut self) -> String {
        self.svg += "</svg>";
        self.svg
    }
}

fn number(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// The three pictures, as far as the memo has what they show.
pub(super) fn all(memo: &Memo) -> [Option<String>; 3] {
    let evidence = memo.evidence.as_deref().filter(|path| !path.is_empty());
    [
        evidence.zip(memo.rule.as_ref()).map(|(path, rule)| self::evidence(path, rule)),
        memo.capability.as_deref().filter(|c| !c.is_empty()).map(|curve| {
            capability(curve, memo.rule.as_ref().and_then(|rule| rule.threshold.zip(rule.delta)))
        }),
        memo.families.as_deref().filter(|f| !f.is_empty()).map(families),
    ]
}

/// Each key as parts of its own boundary: +1 is ABOVE, -1 is BELOW.
fn evidence(path: &[Point], rule: &Sealing) -> String {
    let scaled = |value: f64, high: f64, low: f64| {
        if value >= 0.0 { value / high.abs().max(1e-9) } else { value / low.abs().max(1e-9) }
    };
    let (upper, lower) = rule.boundaries;
    let ratio = |p: &Point| scaled(p.ratio, upper, lower).clamp(-3.0, 3.0);
    let end = number(path.len());
    let size = |part: f64, p: &Point| part.max(ratio(p).abs());
    let mut most = path.iter().fold(1.2_f64, size);
    if let Some((above, below)) = rule.bars {
        for p in path {
            most = most.max((p.wealth.0 / above).max(p.wealth.1 / below).min(3.0));
        }
    }
    let most = (most * 1.08 * 2.0).ceil() / 2.0;
    let title = "Evidence after each sample, in parts of the boundary";
    let mut frame = Frame::new((560.0, 300.0), (0.0, end), (-most, most), title);
    frame.axes(0.5, 1, "sample");
    for (at, words, colour) in [(1.0, "ABOVE", ABOVE), (-1.0, "BELOW", BELOW)] {
        let style = format!("stroke=\"{colour}\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\"");
        frame.line((0.0, at), (end, at), &style);
        let shift = if at > 0.0 { -5.0 } else { 14.0 };
        let place = (LEFT + 4.0, frame.py(at) + shift);
        frame.text(place, "start", words);
    }
    if let Some((above, below)) = rule.bars {
        let start = std::iter::once((0.0, 0.0));
        let up = path.iter().map(|p| (f64::from(p.sample), (p.wealth.0 / above).clamp(0.0, 3.0)));
        let style = format!("stroke=\"{ABOVE}\" stroke-width=\"1.5\" stroke-dasharray=\"2 2\"");
        frame.path(start.clone().chain(up), &style);
        let down =
            path.iter().map(|p| (f64::from(p.sample), -(p.wealth.1 / below).clamp(0.0, 3.0)));
        let style = format!("stroke=\"{BELOW}\" stroke-width=\"1.5\" stroke-dasharray=\"2 2\"");
        frame.path(start.chain(down), &style);
    }
    let line =
        std::iter::once((0.0, 0.0)).chain(path.iter().map(|p| (f64::from(p.sample), ratio(p))));
    frame.path(line, &format!("stroke=\"{RATIO}\" stroke-width=\"2\""));
    for p in path {
        let at = (f64::from(p.sample), ratio(p));
        match p.outcome {
            "pass" => frame.dot(at, 2.6, RATIO),
            "fail" => frame.dot(at, 1.4, RATIO),
            _ => frame.dot(at, 2.0, SOFT),
        }
    }
    ends(&mut frame, end);
    frame.end()
}

/// The first and the last number below a horizontal axis.
fn ends(frame: &mut Frame, end: f64) {
    let y = frame.height - BOTTOM + 16.0;
    frame.text((LEFT, y), "middle", "0");
    let right = frame.width - RIGHT;
    frame.text((right, y), "end", &format!("{end:.0}"));
}

/// Ability with its interval over tokens, on a logarithmic axis.
fn capability(curve: &[Budgeted], asked: Option<(f64, f64)>) -> String {
    let log = |tokens: u64| f64::from(u32::try_from(tokens.max(1)).unwrap_or(u32::MAX)).log10();
    let xs = || curve.iter().map(|b| log(b.tokens));
    let x = (xs().fold(f64::MAX, f64::min) - 0.15, xs().fold(f64::MIN, f64::max) + 0.15);
    let low = curve.iter().map(|b| b.ability.1).fold(f64::MAX, f64::min);
    let high = curve.iter().map(|b| b.ability.2).fold(f64::MIN, f64::max);
    let (low, high) = asked.map_or((low, high), |(at, d)| (low.min(at - d), high.max(at + d)));
    let y = ((low - 0.2).max(-10.0), (high + 0.2).min(10.0));
    let title = "Ability with its 95 % interval against tokens a task";
    let mut frame = Frame::new((560.0, 280.0), x, y, title);
    if let Some((at, delta)) = asked {
        let (top, bottom) = (frame.py(at + delta), frame.py(at - delta));
        let (left, wide) = (LEFT, frame.width - LEFT - RIGHT);
        let _ = write!(
            frame.svg,
            "<rect x=\"{left}\" y=\"{top:.1}\" width=\"{wide}\" height=\"{:.1}\" fill=\"{SOFT}\" fill-opacity=\"0.18\"/>",
            bottom - top
        );
        let (from, to) = frame.x;
        frame.line((from, at), (to, at), &format!("stroke=\"{SOFT}\" stroke-dasharray=\"6 4\""));
        let place = (frame.width - RIGHT - 4.0, frame.py(at) - 5.0);
        frame.text(place, "end", "threshold");
    }
    frame.axes(
        if y.1 - y.0 > 5.0 { 2.0 } else { 1.0 },
        0,
        "tokens a task (each step to the right costs more)",
    );
    frame.path(
        curve.iter().map(|b| (log(b.tokens), b.ability.0)),
        &format!("stroke=\"{ABOVE}\" stroke-width=\"2\""),
    );
    let last = curve.len() - 1;
    for (n, b) in curve.iter().enumerate() {
        let at = log(b.tokens);
        let style = format!("stroke=\"{ABOVE}\" stroke-width=\"1.5\"");
        frame.line((at, b.ability.1.max(y.0)), (at, b.ability.2.min(y.1)), &style);
        frame.dot((at, b.ability.0), if n == last { 5.0 } else { 3.5 }, ABOVE);
        if n == 0 || n == last {
            let place = (frame.px(at), frame.height - BOTTOM + 16.0);
            frame.text(place, if n == 0 { "start" } else { "end" }, &grouped(b.tokens));
        }
    }
    frame.end()
}

/// A number with its thousands apart.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Share passed with its interval, one row a family, and what a model of this ability would pass.
fn families(rows: &[FamilyRow]) -> String {
    let height = 26.0 * number(rows.len()) + 58.0;
    let (left, right) = (150.0, 540.0);
    let x = |share: f64| left + share.clamp(0.0, 1.0) * (right - left);
    let title = "Share of tasks solved with its 95 % interval, by family";
    let mut frame = Frame::new((560.0, height), (0.0, 1.0), (0.0, 1.0), title);
    for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let _ = write!(
            frame.svg,
            "<line x1=\"{0:.1}\" y1=\"14\" x2=\"{0:.1}\" y2=\"{1:.1}\" stroke=\"#a9aeb1\" stroke-width=\"0.5\"/>",
            x(part),
            height - 40.0
        );
        frame.text((x(part), height - 24.0), "middle", &format!("{:.0} %", 100.0 * part));
    }
    for (n, row) in rows.iter().enumerate() {
        let y = 26.0 * number(n) + 28.0;
        frame.text((left - 10.0, y + 4.0), "end", &row.family);
        if row.tried == 0 {
            frame.text((left + 6.0, y + 4.0), "start", "not measured");
            continue;
        }
        let (mean, low, high) = row.share;
        let expected = row.expected / f64::from(row.tried);
        let _ = write!(
            frame.svg,
            "<line x1=\"{:.1}\" y1=\"{y}\" x2=\"{:.1}\" y2=\"{y}\" stroke=\"{ABOVE}\" stroke-width=\"2\"/><circle cx=\"{:.1}\" cy=\"{y}\" r=\"4.5\" fill=\"{ABOVE}\"/><line x1=\"{3:.1}\" y1=\"{4}\" x2=\"{3:.1}\" y2=\"{5}\" stroke=\"{BELOW}\" stroke-width=\"2.5\"/>",
            x(low),
            x(high),
            x(mean),
            x(expected),
            y - 8.0,
            y + 8.0,
        );
    }
    frame.text(
        (f64::midpoint(left, right), height - 6.0),
        "middle",
        "● solved   ❘ expected at this ability",
    );
    frame.end()
}
