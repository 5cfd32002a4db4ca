//! What this machine offers: a sandbox, and a C compiler inside it.

use sandbox::{Exec, Policy, Session};

/// What is missing, in one sentence each; `None` is good.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// Why no hostile program can be run here.
    pub(crate) no_sandbox: Option<String>,
    /// Why no C program can be built here.
    pub(crate) no_compiler: Option<String>,
}

impl Machine {
    /// Looks.
    pub(crate) fn look() -> Self {
        if let Err(missing) = sandbox::probe() {
            let why = missing.to_string();
            return Self { no_sandbox: Some(why.clone()), no_compiler: Some(why) };
        }
        let built = Session::start(Policy::default())
            .and_then(|session| session.exec(&Exec::new(["cc", "--version"])));
        let no_compiler = match built {
            Ok(outcome) if outcome.success() => None,
            _ => Some("there is no C compiler `cc`: install gcc or clang".to_owned()),
        };
        Self { no_sandbox: None, no_compiler }
    }
}
