//! Obligations with deadlines, from cited rule packs.
