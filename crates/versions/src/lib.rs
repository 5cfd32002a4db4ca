//! Version order and ranges of package ecosystems, and package URLs.
