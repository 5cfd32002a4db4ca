//! Transparency logs as C2SP specifies them: Merkle math, tiles, checkpoints, notes, proofs.
