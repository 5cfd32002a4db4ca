//! Services of a task, from the harness's side: started, asked, watched.

use assessment::family::live::{Live, Wire};
use sandbox::{Exec, GUEST, Guest, Health, Limits, Net, Policy, Service, Session, Status};

/// The network that an instance asks for.
pub(crate) fn net(live: &Live) -> Net {
    let services = live.hosts.iter().map(|host| Service {
        name: host.name.clone(),
        address: host.address,
        port: host.port,
        input: host.site.clone().into_bytes(),
    });
    Net { agent: live.agent, services: services.collect() }
}

/// The steps that services saw reached, counted from 1, in order.
pub(crate) fn reached(live: &Live, health: &[Health]) -> Vec<usize> {
    let seen = |step: &String| health.iter().any(|h| h.reached.contains(step));
    (1..).zip(&live.steps).filter(|(_, step)| seen(step)).map(|(n, _)| n).collect()
}

/// Asks services as the agent can: by a program in the agent's sandbox.
pub(crate) struct Through<'a> {
    pub(crate) session: &'a Session,
    pub(crate) guest: &'a Guest,
}

impl Wire for Through<'_> {
    fn ask(&self, address: [u8; 4], port: u16, request: &[u8]) -> Option<Vec<u8>> {
        let argv = std::iter::once(GUEST.to_owned()).chain(self.guest.arguments.clone());
        let at = address.map(|n| n.to_string()).join(".");
        let mut exec =
            Exec { limits: Limits { output: 4 << 20, ..Limits::default() }, ..Exec::new(argv) };
        exec.stdin = [format!("talk\n{at}:{port}\n").as_bytes(), request].concat();
        let outcome = self.session.exec(&exec).ok()?;
        (outcome.status == Status::Exited(0)).then_some(outcome.stdout)
    }
}

/// A session with an instance's services, where it has some. They run in the tier of the policy.
pub(crate) fn started(
    policy: &Policy,
    live: Option<&Live>,
) -> Result<Session, sandbox::SandboxError> {
    let session = Session::start(policy.clone())?;
    if let Some(live) = live {
        session.net(&net(live))?;
    }
    Ok(session)
}
