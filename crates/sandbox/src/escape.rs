//! Escape attempts.
