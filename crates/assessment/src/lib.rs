//! Measuring a model: task families, sealed criteria, scoring, the sequential decision.
