//! An imported log in a home: listed and shown, kept once, and refused where a measurement is asked for.

use super::{import, imported, imports};
use crate::MeasureError;
use crate::world::World;
use domain::Role;
use std::path::Path;

#[test]
fn an_imported_log_is_listed_and_is_no_measurement() {
    let world = World::with(1, &[("institute", Role::Evaluator)]);
    let home = world.ctx("institute", &world.node()).home;
    assert_eq!(imports(&home).unwrap(), []);
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/harness_eval_log");
    let view = import(&home, &corpus.join("zstd")).unwrap();
    assert!(view.run.as_str().starts_with("imported-"));
    assert_eq!((view.measured_here, view.state, view.log.samples), (false, "imported", 1));
    // how it is compressed does not matter: it is the same log
    let again = import(&home, &corpus.join("deflated")).unwrap();
    assert_eq!(again.run, view.run);
    assert_eq!(imports(&home).unwrap(), std::slice::from_ref(&view));
    assert_eq!(imported(&home, &view.run).unwrap(), Some(view.clone()));
    assert_eq!(imported(&home, &"run-1".parse().unwrap()).unwrap(), None);
    let verified = harness::transcript::check(&view.transcript).unwrap_err().to_string();
    assert!(verified.contains("was not measured here"), "{verified}");
    // a changed byte is seen
    let text = std::fs::read_to_string(&view.transcript).unwrap();
    std::fs::write(&view.transcript, text.replacen("\"q\"", "\"p\"", 1)).unwrap();
    assert!(matches!(imported(&home, &view.run), Err(MeasureError::Argument(_))));
    assert!(import(&home, &corpus.join("empty")).is_err());
}
