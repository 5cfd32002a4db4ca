//! What was checked at run time from inside a session, as data, each with how.
