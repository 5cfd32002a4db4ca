//! Identifiers at their edges.
use super::*;

#[test]
fn identifiers() {
    for good in ["CVE-1999-0001", "CVE-2025-62593", "CVE-2024-1234567"] {
        assert!(is_id(good), "{good}");
    }
    for bad in ["cve-2025-62593", "CVE-25-62593", "CVE-2025-123", "CVE-2025-", "CVE-2025-12a4", ""]
    {
        assert!(!is_id(bad), "{bad}");
    }
    for good in ["CWE-79", "CWE-1321"] {
        assert!(is_cwe(good), "{good}");
    }
    for bad in ["CWE-", "CWE-079", "CWE-7x", "79"] {
        assert!(!is_cwe(bad), "{bad}");
    }
}
