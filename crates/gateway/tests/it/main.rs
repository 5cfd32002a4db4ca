//! A gateway, a mock upstream and real HTTP clients on loopback.

mod answers;
mod budgets;
mod ceilings;
mod content;
mod curl;
mod cuts;
mod dialects;
mod dpop;
mod floods;
mod health;
mod holds;
mod hostile;
mod http2;
mod lies;
mod matrix;
mod over_http2;
mod permits;
mod policies;
mod records;
mod revocation;
mod terms;
mod tls;
mod upstream;
mod upstream_http2;
mod upstream_tls;
mod world;
