//! Streaming proxy in front of a model that forwards only with a permit.
