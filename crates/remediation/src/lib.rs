//! What to patch first: inventory against advisories, deadlines, worklists, waves.
