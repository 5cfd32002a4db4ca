//! The rules of voluntary access to an unreleased model: inquiries, terms, windows, partners, grants.
