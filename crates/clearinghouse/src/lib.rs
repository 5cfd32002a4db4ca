//! Vulnerability findings: scan claims, intake, duplicates, validation verdicts, embargo.
