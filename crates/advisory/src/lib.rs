//! Public vulnerability formats, read and written: OSV, CSAF, KEV, EPSS, SSVC, SARIF, CycloneDX.
