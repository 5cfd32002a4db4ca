//! Names of common weaknesses, exactly as the CWE list has them: CSAF 2.0 (§6.1.11) demands id and name.
//! From the CWE list of The MITRE Corporation, used under its terms; a weakness not named here is left out of
//! the CSAF document rather than named wrongly.

/// By number, ascending.
const NAMES: [(u32, &str); 30] = [
    (20, "Improper Input Validation"),
    (22, "Improper Limitation of a Pathname to a Restricted Directory ('Path Traversal')"),
    (77, "Improper Neutralization of Special Elements used in a Command ('Command Injection')"),
    (
        78,
        "Improper Neutralization of Special Elements used in an OS Command ('OS Command Injection')",
    ),
    (79, "Improper Neutralization of Input During Web Page Generation ('Cross-site Scripting')"),
    (89, "Improper Neutralization of Special Elements used in an SQL Command ('SQL Injection')"),
    (94, "Improper Control of Generation of Code ('Code Injection')"),
    (119, "Improper Restriction of Operations within the Bounds of a Memory Buffer"),
    (120, "Buffer Copy without Checking Size of Input ('Classic Buffer Overflow')"),
    (121, "Stack-based Buffer Overflow"),
    (122, "Heap-based Buffer Overflow"),
    (125, "Out-of-bounds Read"),
    (190, "Integer Overflow or Wraparound"),
    (200, "Exposure of Sensitive Information to an Unauthorized Actor"),
    (269, "Improper Privilege Management"),
    (287, "Improper Authentication"),
    (306, "Missing Authentication for Critical Function"),
    (352, "Cross-Site Request Forgery (CSRF)"),
    (369, "Divide By Zero"),
    (400, "Uncontrolled Resource Consumption"),
    (415, "Double Free"),
    (416, "Use After Free"),
    (434, "Unrestricted Upload of File with Dangerous Type"),
    (476, "NULL Pointer Dereference"),
    (502, "Deserialization of Untrusted Data"),
    (787, "Out-of-bounds Write"),
    (798, "Use of Hard-coded Credentials"),
    (862, "Missing Authorization"),
    (863, "Incorrect Authorization"),
    (918, "Server-Side Request Forgery (SSRF)"),
];

/// A weakness's name.
pub(super) fn name(number: u32) -> Option<&'static str> {
    let at = NAMES.binary_search_by_key(&number, |(n, _)| *n).ok()?;
    NAMES.get(at).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    //! The search needs the order.
    use super::*;

    #[test]
    fn names_are_found() {
        assert!(NAMES.is_sorted_by_key(|(n, _)| *n));
        assert_eq!(name(787), Some("Out-of-bounds Write"));
        assert_eq!(name(1), None);
    }
}
