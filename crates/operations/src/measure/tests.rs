//! Whole measurements over a real node, real HTTP and the real sandbox.
