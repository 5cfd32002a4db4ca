//! The whole system on one thread, from a seed.
