//! Words from which generated programs and messages take their names. Of our own choosing.

/// Things: for records, fields, functions, hosts.
pub(crate) const THINGS: [&str; 48] = [
    "anvil", "basin", "beacon", "bridle", "canopy", "cinder", "cobble", "copper", "dapple",
    "ember", "fathom", "fennel", "gable", "garnet", "harbor", "hazel", "heron", "hollow", "indigo",
    "ivory", "juniper", "kestrel", "lantern", "larder", "linden", "mantle", "marble", "meadow",
    "mortar", "nettle", "nimbus", "oriole", "paddle", "parcel", "pebble", "pillar", "quarry",
    "quiver", "rafter", "ripple", "saddle", "sorrel", "tallow", "thicket", "timber", "umber",
    "velvet", "willow",
];

/// Deeds: for functions.
pub(crate) const DEEDS: [&str; 16] = [
    "accept", "admit", "carry", "collect", "deliver", "digest", "enter", "fetch", "gather",
    "intake", "load", "receive", "settle", "sort", "store", "take",
];

/// Measures: for counters and scalar fields.
pub(crate) const MEASURES: [&str; 16] = [
    "age", "batch", "code", "depth", "epoch", "flags", "grade", "level", "mode", "order", "phase",
    "rank", "score", "serial", "span", "weight",
];
