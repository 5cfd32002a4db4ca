//! Evidence packages: items, custody, exculpatory material, release, verification.
