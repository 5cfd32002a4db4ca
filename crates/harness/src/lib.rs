//! The agent loop that measures a model: tasks, sandbox, endpoint, transcript.
