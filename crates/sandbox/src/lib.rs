//! Runs hostile programs: namespaces, limits, captured output.
