//! What escape attempts need to be seen to work: rights that survive what would take them away. No policy
//! of a caller can switch a guard off, so nothing here runs for any guest but the attempts' own.

use super::{CapabilitySet, Errno, Guard, Guards, set_capabilities};
use rustix::thread::{capabilities, configure_capability_in_ambient_set, set_keep_capabilities};

/// Without a user namespace, changing the user would drop the rights to build the rest.
pub(super) fn keep_through_identity(guards: Guards) -> Result<(), Errno> {
    if guards.has(Guard::User) { Ok(()) } else { set_keep_capabilities(true) }
}

pub(super) fn raise_again(guards: Guards) -> Result<(), Errno> {
    if guards.has(Guard::User) {
        return Ok(());
    }
    let mut sets = capabilities(None)?;
    sets.effective = sets.permitted;
    set_capabilities(None, sets)
}

/// A program that is not root's starts without capabilities unless they are ambient.
pub(super) fn keep_through_exec() -> Result<(), Errno> {
    let mut sets = capabilities(None)?;
    sets.inheritable = sets.permitted;
    set_capabilities(None, sets)?;
    for number in 0..64_u32 {
        let one = CapabilitySet::from_bits_retain(1 << number);
        if sets.permitted.contains(one) {
            configure_capability_in_ambient_set(one, true)?;
        }
    }
    Ok(())
}
