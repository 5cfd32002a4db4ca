//! What goes, what stays, and that it ends.

use super::compact;
use llm::{Message, Role};

#[test]
fn old_long_results_give_way_until_none_are_left() {
    let long = "é".repeat(1_000);
    let mut messages = vec![Message::text(Role::System, "s"), Message::text(Role::User, &*long)];
    for n in 0..6 {
        messages.push(Message::text(Role::Assistant, &*long));
        let result = if n == 1 { "short".to_owned() } else { format!("{n}{long}") };
        messages.push(Message::tool_result(&format!("call-{n}"), result));
    }
    let before = messages.clone();
    // of four older results one is short; of three, two go first
    assert_eq!(compact(&mut messages), 2);
    let changed: Vec<_> = (0..messages.len()).filter(|n| messages[*n] != before[*n]).collect();
    assert_eq!(changed, [3, 7]);
    assert!(messages[3].plain().starts_with("0é") && messages[3].plain().len() < 400);
    assert_eq!(messages[3].tool_call_id.as_deref(), Some("call-0"));
    assert_eq!(compact(&mut messages), 1);
    assert_eq!(compact(&mut messages), 0);
    assert_eq!(messages[11..], before[11..], "the last two results stay");
    assert_eq!(compact(&mut []), 0);
}
