//! The gateway under test: with a review, a policy of the operator's, a budget no turn can spend and a durable use log.

use crate::permits;
use domain::Span;
use gateway::{Clock, Config, Durability, Gateway, SystemClock, UseLog};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What a lab might write.
const POLICIES: &str = r#"@id("agreed-use")
permit (principal, action, resource);

@id("large-requests-by-day")
forbid (principal, action, resource)
when { context.tokens > 50000 }
unless { context.hour >= 8 && context.hour < 18 };

@id("defenders-from-home")
forbid (principal, action, resource)
when { context.basis == "defender" }
unless { context has source && context.source.isInRange(ip("192.0.2.0/24")) };
"#;

/// Every kind of ceiling on every holder, none of which a bench comes near.
pub(crate) const CEILINGS: &str = r#"version = 1
[grant]
concurrent = 1000000
requests-per-day = 1000000000
tokens-per-day = 1000000000000
cost-per-day = "1000000000"
[person]
concurrent = 1000000
requests-per-day = 1000000000
tokens-per-day = 1000000000000
cost-per-day = "1000000000"
[organisation]
concurrent = 1000000
requests-per-day = 1000000000
tokens-per-day = 1000000000000
cost-per-day = "1000000000"
[[price]]
model = "model-1"
input = "3"
output = "15"
"#;

/// Starts it with its files in `folder`, which it makes, under these ceilings of the developer's own.
pub(crate) async fn start(
    upstream: SocketAddr,
    folder: &Path,
    ceilings: Option<&str>,
) -> Result<SocketAddr, Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let clock = SystemClock::start();
    let reviews = permits::review(1 << 40, clock.now().before(Span::hours(2)));
    let log = UseLog::open(&folder.join("uses.log"), Durability::Durable, clock.now())?.0;
    let policies = folder.join("policies.cedar");
    std::fs::write(&policies, POLICIES)?;
    let mut config = Config::new(format!("http://{upstream}/v1").parse()?);
    config.policy_file = Some(policies);
    if let Some(ceilings) = ceilings {
        let path = folder.join("ceilings.toml");
        std::fs::write(&path, ceilings)?;
        config.ceilings_file = Some(path);
    }
    let gateway = Gateway::new(&config, Arc::new(reviews), Arc::new(log), Arc::new(clock))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    Ok(address)
}
