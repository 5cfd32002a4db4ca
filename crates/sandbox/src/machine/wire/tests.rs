//! Everything that is said comes back as it was; what is cut or goes on is refused.

use super::{Answer, Ask, Run, Said, answer, frame};
use crate::{Exec, Limits, Net, Service};
use proptest::prelude::*;

#[test]
fn a_program_and_its_limits_come_back() {
    let mut exec = Exec::new(["sh", "-c", "true"]);
    exec.stdin = vec![0, 255, 3];
    exec.env.insert("A".into(), "b".into());
    exec.limits = Limits { memory: 77, processes: 3, ..Limits::default() };
    let bytes = frame(Ask::Exec(Run::new(&exec)));
    let (size, item) = bytes.split_at(4);
    assert_eq!(usize::try_from(u32::from_be_bytes(size.try_into().unwrap())), Ok(item.len()));
    let Ask::Exec(run) = minicbor::decode(item).unwrap() else { panic!("another request") };
    assert_eq!(run.exec(), exec);
}

#[test]
fn a_network_comes_back() {
    let service =
        Service { name: "desk".into(), address: [10, 1, 2, 3], port: 80, input: vec![1, 2] };
    let ask = Ask::Net(Net { agent: Some([10, 1, 2, 1]), services: vec![service] });
    assert_eq!(minicbor::decode::<Ask>(&minicbor::to_vec(&ask).unwrap()).unwrap(), ask);
}

proptest! {
    #[test]
    fn answers_are_whole_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..60), more in 1_u8..9) {
        answer(&bytes);
        let said = Answer(Said::Bytes(bytes));
        let mut item = minicbor::to_vec(&said).unwrap();
        prop_assert_eq!(answer(&item), Some(said));
        item.push(more);
        prop_assert_eq!(answer(&item), None);
        item.truncate(item.len() - 2);
        prop_assert_eq!(answer(&item), None);
    }
}
