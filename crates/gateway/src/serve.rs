//! The process around the requests: connections, the watch on withdrawals, shutdown.

use crate::authority::{Authority, Clock};
use crate::config::{Config, ConfigError};
use crate::connection;
use crate::content::ContentStore;
use crate::flights::GRACE;
use crate::gate::{Control, Gate};
use crate::proxy::Peer;
use crate::sink::UseSink;
use crate::spans::{SPANS_WAITING, UseSpan};
use crate::upstream::duration;
use std::future::{Future, pending};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often the lease is looked at: with its length this stays under a second, also for answers under way.
pub(crate) const TICK: Duration = Duration::from_millis(50);
/// After how many such looks all permits are looked at: one that expires is noticed this late at most.
pub(crate) const TICKS: u32 = 4;

/// A gateway that is set up and not yet serving.
#[derive(Debug)]
pub struct Gateway {
    gate: Arc<Gate>,
}

impl Gateway {
    /// Reads the key and prepares the upstream. Opens no connection.
    ///
    /// # Errors
    /// The upstream's address, key file or certificates are unusable.
    pub fn new(
        config: &Config,
        authority: Arc<dyn Authority>,
        sink: Arc<dyn UseSink>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        Ok(Self { gate: Arc::new(Gate::new(config, authority, sink, clock)?) })
    }

    /// Keeps content here, where terms say that it is kept. Without a store, requests under such terms are refused.
    #[must_use]
    pub fn keeping(self, store: Arc<dyn ContentStore>) -> Self {
        // the first store stays; there is no second call
        let _second = self.gate.content.set(store);
        self
    }

    /// From now on, a span of each request that had a permit and has ended. What nobody takes is left out.
    pub fn spans(&self) -> mpsc::Receiver<UseSpan> {
        let (sender, receiver) = mpsc::channel(SPANS_WAITING);
        // the first taker stays; there is no second call
        let _second = self.gate.spans.set(sender);
        receiver
    }

    /// A handle that stops uses from within the process.
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.gate))
    }

    /// Serves until `shutdown` resolves, then lets open answers end for [`crate::Limits::drain`] and cuts
    /// the rest. Every cut has its record in the sink when this returns.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let watcher = watch_permits(Arc::clone(&self.gate));
        let mut watcher = tasks.spawn(watcher);
        let mut shutdown = pin!(shutdown);
        let seats = Arc::new(Semaphore::new(self.gate.limits.connections));
        loop {
            let accepted = async {
                let seat = Arc::clone(&seats).acquire_owned().await;
                (seat, listener.accept().await)
            };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = tasks.join_next_with_id() => {
                    if let Err(error) = &ended {
                        tracing::error!(%error, "a connection's task panicked");
                        if error.id() == watcher.id() {
                            watcher = tasks.spawn(watch_permits(Arc::clone(&self.gate)));
                        }
                    }
                }
                (seat, accepted) = accepted => match accepted {
                    Ok((stream, peer)) => {
                        let gate = Arc::clone(&self.gate);
                        let serving = client(gate, stream, peer.ip(), stopping.clone());
                        tasks.spawn(async move {
                            serving.await;
                            drop(seat);
                        });
                    }
                    Err(error) => {
                        // out of file descriptors, as a rule; some close soon
                        tracing::warn!(%error, "can't accept a connection");
                        drop(timeout(TICK, pending::<()>()).await);
                    }
                },
            }
        }
        drop(listener);
        watcher.abort();
        stop.send_replace(true);
        let gate = self.gate;
        let ended = async { while tasks.join_next().await.is_some() {} };
        let mut ended = pin!(ended);
        if timeout(duration(gate.limits.drain), &mut ended).await.is_err() {
            gate.flights.stop();
            drop(timeout(GRACE * 2, &mut ended).await);
        }
        // dropping the tasks drops what is still open; each ticket then writes its outcome
    }
}

/// Serves a gateway in one call; see [`Gateway`] for a handle on it.
///
/// # Errors
/// The configuration is unusable.
pub async fn serve(
    listener: TcpListener,
    config: &Config,
    authority: Arc<dyn Authority>,
    sink: Arc<dyn UseSink>,
    clock: Arc<dyn Clock>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ConfigError> {
    Gateway::new(config, authority, sink, clock)?.serve(listener, shutdown).await;
    Ok(())
}

/// Cuts what may not go on: at once when the authority changes, and as time passes.
async fn watch_permits(gate: Arc<Gate>) {
    let mut epoch = gate.authority.epoch();
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut alone, mut ticks) = (false, 0_u32);
    loop {
        tokio::select! {
            changed = epoch.changed(), if !alone => {
                alone = changed.is_err();
                gate.count_recorded();
            }
            _ = tick.tick() => {
                ticks = ticks.wrapping_add(1);
                if gate.lease.is_held() && !ticks.is_multiple_of(TICKS) {
                    continue;
                }
            }
        }
        let cut = gate.sweep();
        if cut > 0 {
            tracing::info!(cut, "requests were cut");
        }
    }
}

/// Serves one client, after its handshake where there is TLS, in the HTTP that it speaks.
async fn client(
    gate: Arc<Gate>,
    stream: TcpStream,
    address: IpAddr,
    stopping: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection closed as it opened");
        return;
    }
    let patience = duration(gate.limits.header_timeout);
    let shaken = match &gate.tls {
        None => {
            let peer = Peer { address, certificate: None };
            return match connection::speaks_http2(&stream, patience).await {
                Some(false) => connection::http1(gate, stream, peer, stopping).await,
                Some(true) => Box::pin(connection::http2(gate, stream, peer, stopping)).await,
                None => tracing::debug!("a connection said nothing"),
            };
        }
        Some(tls) => tls.shake(stream, patience).await,
    };
    match shaken {
        Ok((stream, shown)) => {
            gate.meter.shook(shown.group);
            let peer = Peer { address, certificate: shown.certificate };
            // what TLS keeps of a connection is large beside the rest
            if shown.http2 {
                Box::pin(connection::http2(gate, stream, peer, stopping)).await;
            } else {
                Box::pin(connection::http1(gate, stream, peer, stopping)).await;
            }
        }
        Err(error) => {
            gate.meter.shook("failed");
            tracing::debug!(%error, "a handshake failed");
        }
    }
}
