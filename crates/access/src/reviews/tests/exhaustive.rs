//! Exhaustive.
