//! A real browser for the pages: Chromium of the machine, or Debian's, unpacked and not installed.

use super::install;
use super::memo::said;
use super::world::output;
use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Most seconds that one start of the browser may take.
const SECONDS: &str = "120";
/// The narrowest screen that a page must be read on, in pixels.
pub(super) const NARROW: u32 = 320;

/// Puts the page into a frame as wide as a screen, and says how wide it wants to be.
const FRAME: &str = "<!doctype html><meta charset=\"utf-8\"><body><iframe id=\"f\" style=\"width:WIDTHpx;height:800px;border:0\" srcdoc=\"PAGE\"></iframe>
<script>document.getElementById('f').onload = function () {
  var d = this.contentDocument, w = d.documentElement.scrollWidth, wide = [];
  d.querySelectorAll('body *').forEach(function (e) {
    var r = e.getBoundingClientRect();
    if (r.right > WIDTH + 1 && !e.closest('.scroll') && !e.closest('.skip')) wide.push(e.tagName);
  });
  document.body.insertAdjacentHTML('beforeend', '<p id=\"said\">width ' + w + ' beyond ' + wide.join(',') + ' pictures ' + d.querySelectorAll('svg').length + '.</p>');
};</script>";

/// Goes through all that can be reached by keyboard, in the page's own order: each has a name, shows that it has the focus,
/// and a form can be sent.
const KEYS: &str = "<!doctype html><meta charset=\"utf-8\"><body><iframe id=\"f\" style=\"width:WIDTHpx;height:800px;border:0\" srcdoc=\"PAGE\"></iframe>
<script>document.getElementById('f').onload = function () {
  var d = this.contentDocument, v = this.contentWindow, wrong = [];
  var all = d.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex]');
  all.forEach(function (e, n) {
    var called = e.tagName.toLowerCase() + (e.name ? ' ' + e.name : '');
    if (e.tabIndex > 0) wrong.push(called + ' changes the order');
    if (e.tabIndex < 0) { wrong.push(called + ' can not be reached'); return; }
    var field = /^(INPUT|SELECT|TEXTAREA)$/.test(e.tagName);
    var name = e.getAttribute('aria-label') || (e.labels && e.labels.length ? e.labels[0].textContent : '') || (field ? '' : e.textContent || e.value);
    if (!name.trim()) wrong.push(called + ' has no name');
    e.focus({ focusVisible: true });
    if (d.activeElement !== e) { wrong.push(called + ' takes no focus'); return; }
    var s = v.getComputedStyle(e);
    if (s.outlineStyle === 'none' && s.boxShadow === 'none') wrong.push(called + ' does not show its focus');
    if (n === 0 && !/^#/.test(e.getAttribute('href') || '')) wrong.push('the first is no way past the head');
  });
  d.querySelectorAll('form').forEach(function (f) {
    if (!f.querySelector('button:not([type=button]),input[type=submit]')) wrong.push('a form can not be sent');
  });
  document.body.insertAdjacentHTML('beforeend', '<p id=\"said\">' + all.length + ' reached; wrong: ' + wrong.join(', ') + '.</p>');
};</script>";

/// A browser and the programs that read what it prints.
#[derive(Debug)]
pub(super) struct Browser {
    program: PathBuf,
    /// Where the libraries of unpacked packages are.
    libraries: Option<OsString>,
    /// The folder of `pdftotext` and `pdftoppm`, if they are there.
    poppler: Option<PathBuf>,
    /// A folder for its profile and for what it makes.
    at: PathBuf,
}

impl Browser {
    /// The machine's, or Debian's in `target/interop`; none where neither can be had.
    ///
    /// # Errors
    /// A folder that can't be made.
    pub(super) fn find(at: &Path) -> Result<Option<Self>> {
        let at = at.to_owned();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        if let Some(name) = names.into_iter().find(|name| crate::run::has(name)) {
            let poppler = Command::new("pdftotext").arg("-v").output();
            let poppler = poppler.is_ok_and(|done| done.status.success()).then(PathBuf::new);
            return Ok(Some(Self { program: name.into(), libraries: None, poppler, at }));
        }
        let Some(root) = install::chromium()? else { return Ok(None) };
        let usr = root.join("usr");
        let library = usr.join("lib/x86_64-linux-gnu");
        let places = [library.clone(), library.join("pulseaudio"), usr.join("lib/chromium")];
        let libraries = Some(std::env::join_paths(places)?);
        let (program, poppler) = (usr.join("lib/chromium/chromium"), Some(usr.join("bin")));
        Ok(Some(Self { program, libraries, poppler, at }))
    }

    fn with_libraries(&self, program: &Path) -> Command {
        let mut command = Command::new("timeout");
        command.arg(SECONDS).arg(program);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    fn start(&self) -> Command {
        let mut command = self.with_libraries(&self.program);
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
        command.arg(format!("--user-data-dir={}", self.at.join("browser").display()));
        command.args(["--virtual-time-budget=5000", "--disable-background-networking"]);
        command
    }

    /// Nothing of a page reaches beyond a narrow screen: what is wide scrolls in a frame of its own. Says how many
    /// pictures the page has.
    ///
    /// # Errors
    /// A page that is wider, with what is.
    pub(super) fn narrow(&self, page: &Path) -> Result<usize> {
        let found = self.framed(page, FRAME)?;
        let width = found.strip_prefix("width ").and_then(|rest| rest.split(' ').next());
        let fits = width.and_then(|width| width.parse().ok()).is_some_and(|w: u32| w <= NARROW);
        let (_, rest) = found.split_once(" beyond  pictures ").with_context(|| found.clone())?;
        ensure!(fits, "{found}");
        rest.trim_end_matches('.').parse().with_context(|| found.clone())
    }

    /// Whether nothing of a page reaches beyond a narrow screen. Prints a line.
    pub(super) fn fits(&self, name: &str, page: &Path) -> bool {
        let narrow = self.narrow(page).map(|_| "nothing beyond the screen".to_owned());
        said(&format!("{name} at {NARROW} pixels"), narrow)
    }

    /// All of a page can be reached and used by keyboard. Says how much there is to reach.
    ///
    /// # Errors
    /// What can't be.
    pub(super) fn by_keyboard(&self, page: &Path) -> Result<String> {
        let found = self.framed(page, KEYS)?;
        let (reached, wrong) =
            found.split_once(" reached; wrong: ").with_context(|| found.clone())?;
        ensure!(wrong == "." && reached != "0", "{found}");
        Ok(format!("{reached} things reached, each with a name and a visible focus"))
    }

    /// What a script around a page on a narrow screen says of it.
    fn framed(&self, page: &Path, frame: &str) -> Result<String> {
        let html = fs::read_to_string(page)?.replace('&', "&amp;").replace('"', "&quot;");
        let at = self.at.join("frame.html");
        fs::write(&at, frame.replace("WIDTH", &NARROW.to_string()).replace("PAGE", &html))?;
        let url = format!("file://{}", at.display());
        let dom = output(self.start().arg("--dump-dom").arg(url))?;
        let (_, said) = dom.rsplit_once("id=\"said\">").context("the page said nothing")?;
        Ok(said.split("</p>").next().unwrap_or_default().to_owned())
    }

    /// Prints a page.
    ///
    /// # Errors
    /// The browser's.
    pub(super) fn print(&self, page: &Path, pdf: &Path) -> Result<()> {
        let url = format!("file://{}", page.display());
        let to = format!("--print-to-pdf={}", pdf.display());
        output(self.start().args(["--no-pdf-header-footer", &to]).arg(url))?;
        Ok(())
    }

    /// The text of a PDF with a form feed after each sheet; none where there is no program that reads it.
    ///
    /// # Errors
    /// A file that is no PDF.
    pub(super) fn text(&self, pdf: &Path) -> Result<Option<String>> {
        let bytes = fs::read(pdf).with_context(|| pdf.display().to_string())?;
        ensure!(bytes.starts_with(b"%PDF-"), "{} bytes, no PDF", bytes.len());
        let Some(poppler) = &self.poppler else { return Ok(None) };
        let mut command = self.with_libraries(&poppler.join("pdftotext"));
        Ok(Some(output(command.arg("-layout").arg(pdf).arg("-"))?))
    }

    /// The first sheet of a PDF as a picture; false where there is no program that draws it.
    ///
    /// # Errors
    /// A file that is no PDF.
    pub(super) fn picture(&self, pdf: &Path, png: &Path) -> Result<bool> {
        let Some(poppler) = &self.poppler else { return Ok(false) };
        let mut command = self.with_libraries(&poppler.join("pdftoppm"));
        command.args(["-png", "-singlefile", "-r", "108"]).arg(pdf).arg(png.with_extension(""));
        output(&mut command)?;
        Ok(true)
    }
}
