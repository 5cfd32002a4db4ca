//! The leads as a picture (SVG) and as text.

use super::{Lead, Leads};
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 90.0;
const BELOW: f64 = 60.0;
const ABOVE: f64 = 40.0;

impl Leads {
    /// A picture: days of lead to the right, expected exposure upwards, with and without leaks, and the risk of one.
    pub fn svg(&self) -> String {
        let most = self.leads.iter().map(|lead| lead.exposure.max(lead.without_leak));
        let most = most.fold(f64::MIN_POSITIVE, f64::max);
        let last = self.leads.last().map_or(1, |lead| lead.days).max(1);
        let x = |days: u32| (WIDTH - LEFT - 30.0).mul_add(f64::from(days) / f64::from(last), LEFT);
        let y = |part: f64| HEIGHT - BELOW - part * (HEIGHT - BELOW - ABOVE);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
             <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">Least expected exposure: {} days of lead, {:.0} system-days, leak risk {:.1} %</text>\n",
            self.best.days,
            self.best.exposure,
            self.best.leaks * 100.0
        );
        let mut curve = |of: &dyn Fn(&Lead) -> f64, colour: &str, dash: &str| {
            let points =
                self.leads.iter().map(|lead| format!("{:.1},{:.1}", x(lead.days), y(of(lead))));
            let points: Vec<_> = points.collect();
            let _ = writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dash}\"/>",
                points.join(" ")
            );
        };
        curve(&|lead| lead.exposure / most, "#005ea2", "");
        curve(&|lead| lead.without_leak / most, "#00672f", "6 4");
        curve(&|lead| lead.leaks, "#b50909", "2 3");
        let at = x(self.best.days);
        let _ = writeln!(
            out,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{ABOVE}\" y2=\"{:.1}\" stroke=\"#71767a\"/>",
            y(0.0)
        );
        for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let _ = writeln!(
                out,
                "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{:.0}</text><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#b50909\">{:.0} %</text>",
                LEFT - 8.0,
                y(part) + 4.0,
                part * most,
                WIDTH - 2.0,
                y(part) + 4.0,
                part * 100.0
            );
        }
        for days in (0..=last).filter(|days| last <= 10 || days.is_multiple_of(7)) {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{days}</text>",
                x(days),
                y(0.0) + 18.0
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{LEFT}\" y=\"{:.0}\">days of lead · <tspan fill=\"#005ea2\">exposed system-days</tspan> · <tspan fill=\"#00672f\">the same if nobody leaks</tspan> · <tspan fill=\"#b50909\">risk of a leak</tspan></text>",
            HEIGHT - 12.0
        );
        out + "</svg>\n"
    }

    /// A table for a terminal, a week a line, and the best.
    pub fn text(&self) -> String {
        let mut out =
            String::from(" lead   exposed system-days   if nobody leaks   risk of a leak\n");
        let shown =
            self.leads.iter().filter(|lead| lead.days % 7 == 0 || lead.days == self.best.days);
        for lead in shown {
            let mark = if lead.days == self.best.days { "  least" } else { "" };
            let _ = writeln!(
                out,
                "{:>5} {:>21.0} {:>17.0} {:>14.1} %{mark}",
                lead.days,
                lead.exposure,
                lead.without_leak,
                lead.leaks * 100.0
            );
        }
        out
    }
}
