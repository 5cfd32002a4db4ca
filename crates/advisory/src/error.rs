//! One error for every reader: which format, where, what, and what to do.

use std::fmt;

/// A format we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Open Source Vulnerability record (OSV schema 1.x).
    Osv,
    /// CISA Known Exploited Vulnerabilities catalogue.
    Kev,
    /// Exploit Prediction Scoring System scores.
    Epss,
    /// CISA Vulnrichment: SSVC values, whole CVE records or the compact line form.
    Vulnrichment,
    /// Static Analysis Results Interchange Format 2.1.0.
    Sarif,
    /// Our own finding.
    Finding,
    /// CycloneDX software bill of materials.
    CycloneDx,
    /// Cargo's lock file.
    CargoLock,
    /// pip's requirements file.
    Requirements,
    /// npm's lock file.
    PackageLock,
    /// dpkg's list of installed packages.
    Dpkg,
    /// apk's list of installed packages.
    Apk,
    /// SPDX software bill of materials.
    Spdx,
    /// Yarn's lock file.
    Yarn,
    /// pnpm's lock file.
    Pnpm,
    /// Poetry's lock file.
    Poetry,
    /// uv's lock file.
    Uv,
    /// Pipenv's lock file.
    Pipfile,
    /// Go's module file.
    GoMod,
    /// Go's checksums.
    GoSum,
    /// Gradle's lock file.
    Gradle,
    /// Maven's list or tree of dependencies, as text.
    MavenList,
    /// Maven's project file.
    MavenPom,
    /// Composer's lock file.
    Composer,
    /// Bundler's lock file.
    Gemfile,
    /// NuGet's lock file.
    NuGetLock,
    /// A table that a person wrote.
    Spreadsheet,
    /// rpm's list of installed packages, as text.
    RpmList,
    /// pip's list of installed packages, as JSON.
    PipList,
    /// Metadata of an installed Python package.
    PythonMetadata,
    /// npm's tree of installed packages, as JSON.
    NpmList,
    /// Release of a running kernel.
    Kernel,
    /// Common Security Advisory Framework document.
    Csaf,
    /// What a CSAF provider says of itself and of its documents.
    CsafProvider,
    /// CVE record (CVE JSON 5).
    Cve,
    /// Statements of a supplier about flaws in its product: OpenVEX, CycloneDX or CSAF.
    Vex,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Osv => "OSV record",
            Self::Kev => "KEV catalogue",
            Self::Vex => "VEX document",
            Self::Csaf => "CSAF document",
            Self::CsafProvider => "CSAF provider",
            Self::Cve => "CVE record",
            Self::Epss => "EPSS scores",
            Self::Vulnrichment => "Vulnrichment record",
            Self::Sarif => "SARIF log",
            Self::Finding => "finding",
            Self::CycloneDx => "CycloneDX document",
            Self::CargoLock => "Cargo.lock",
            Self::Requirements => "requirements.txt",
            Self::PackageLock => "package-lock.json",
            Self::Dpkg => "dpkg status",
            Self::Apk => "apk database",
            Self::Spdx => "SPDX document",
            Self::Yarn => "yarn.lock",
            Self::Pnpm => "pnpm-lock.yaml",
            Self::Poetry => "poetry.lock",
            Self::Uv => "uv.lock",
            Self::Pipfile => "Pipfile.lock",
            Self::GoMod => "go.mod",
            Self::GoSum => "go.sum",
            Self::Gradle => "gradle.lockfile",
            Self::MavenList => "Maven dependency list",
            Self::MavenPom => "pom.xml",
            Self::Composer => "composer.lock",
            Self::Gemfile => "Gemfile.lock",
            Self::NuGetLock => "packages.lock.json",
            Self::Spreadsheet => "spreadsheet",
            Self::RpmList => "rpm list",
            Self::PipList => "pip list",
            Self::PythonMetadata => "Python package METADATA",
            Self::NpmList => "npm list",
            Self::Kernel => "kernel release",
        })
    }
}

/// Where in the input; whatever is known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Line, counted from 1.
    pub line: Option<usize>,
    /// Column in bytes, counted from 1.
    pub column: Option<usize>,
    /// Path of the JSON value, such as `affected[0].ranges[1].type`.
    pub path: Option<String>,
}

impl Place {
    /// A line.
    pub fn line(line: usize) -> Self {
        Self { line: Some(line), ..Self::default() }
    }

    /// A JSON path.
    pub fn path(path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(path) = &self.path {
            write!(f, ", at `{path}`")?;
        }
        Ok(())
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The input is over the reader's bound.
    #[error("it has {bytes} bytes and {bound} is the bound; split it or check where it came from")]
    TooLarge {
        /// How many bytes there are.
        bytes: usize,
        /// How many there may be.
        bound: usize,
    },
    /// More of something than the bound.
    #[error("there are more than {bound} {what}; split the file or check where it came from")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        bound: usize,
    },
    /// The text is not UTF-8.
    #[error("it is not UTF-8 text; save or export it as UTF-8")]
    NotUtf8,
    /// The text is not of the underlying syntax, or a value has the wrong shape.
    #[error("{0}; correct it, or fetch the file again if it was cut off")]
    Syntax(String),
    /// A value is not what the field admits.
    #[error("`{given}` is not {expected}; correct the value at its source")]
    Value {
        /// The value, cut to 80 characters, control characters escaped.
        given: String,
        /// What the field admits, with its article.
        expected: &'static str,
    },
    /// A package URL without one reading.
    #[error(
        "`{given}` is not a package URL: {why}; correct it, or remove it so that the component counts as unknown"
    )]
    Purl {
        /// The text, cut to 80 characters, control characters escaped.
        given: String,
        /// What is wrong with it.
        why: Box<versions::ParsePurlError>,
    },
    /// Something required is missing or contradicts something else.
    #[error("{0}")]
    Rule(&'static str),
    /// A version or feature of the format that we do not read.
    #[error("{what} is not supported; {remedy}")]
    Unsupported {
        /// What was met.
        what: String,
        /// What to do instead.
        remedy: &'static str,
    },
}

impl Problem {
    /// A value that the field does not admit.
    pub(crate) fn value(given: &str, expected: &'static str) -> Self {
        Self::Value { given: printable(given, 80), expected }
    }
}

/// The first `bound` characters; those that could change how text is displayed are escaped.
pub(crate) fn printable(text: &str, bound: usize) -> String {
    let mut out = String::new();
    for c in text.chars().take(bound) {
        let format = matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
        if c.is_control() || format { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Why an input was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{format}{place}: {problem}")]
pub struct ReadError {
    /// What we tried to read.
    pub format: Format,
    /// Where it stopped.
    pub place: Place,
    /// What is wrong and what to do.
    pub problem: Problem,
}

impl ReadError {
    pub(crate) fn new(format: Format, place: Place, problem: Problem) -> Self {
        Self { format, place, problem }
    }

    /// The same error within a file of many records, `line` lines down.
    #[must_use]
    pub(crate) fn on_line(mut self, line: usize) -> Self {
        self.place.line = Some(line);
        self
    }
}
