//! Use-log tests.
