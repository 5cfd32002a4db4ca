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

/// Starts it with its files in `folder`, which it makes.
pub(crate) async fn start(
    upstream: SocketAddr,
    folder: &Path,
) -> Result<SocketAddr, Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let clock = SystemClock::start();
    let reviews = permits::review(1 << 40, clock.now().before(Span::hours(2)));
    let log = UseLog::open(&folder.join("uses.log"), Durability::Durable, clock.now())?.0;
    let policies = folder.join("policies.cedar");
    std::fs::write(&policies, POLICIES)?;
    let mut config = Config::new(format!("http://{upstream}/v1").parse()?);
    config.policy_file = Some(policies);
    let gateway = Gateway::new(&config, Arc::new(reviews), Arc::new(log), Arc::new(clock))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(gateway.serve(listener, std::future::pending()));
    Ok(address)
}
