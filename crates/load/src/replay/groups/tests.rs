use super::*;
use crate::replay::data;

fn script(name: &str, cues: &[(&str, u64, &str)]) -> Script {
    let cue = |(sender, at_ms, text): &(&str, u64, &str)| Cue {
        sender: sender.parse().unwrap(),
        at_ms: *at_ms,
        text: Body::new(text).unwrap(),
    };
    Script { conversation: name.parse().unwrap(), messages: cues.iter().map(cue).collect() }
}

#[test]
fn who_answers_across_others_names_whom() {
    let one = script("a", &[("ann", 0, "hi"), ("bob", 20, "hello"), ("ann", 40, "how are you")]);
    let other = script("b", &[("cat", 10, "tea?"), ("dan", 11, "yes"), ("cat", 12, "now")]);
    let made = groups(vec![one, other]).unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].conversation.as_str(), "synthetic-0001");
    let said: Vec<_> = made[0].messages.iter().map(|cue| cue.text.as_str()).collect();
    assert_eq!(said, ["hi", "tea?", "yes", "now", "@ann hello", "how are you"]);
}

#[test]
fn all_that_was_said_is_in_one_group_in_its_order_and_nobody_is_in_one_twice() {
    let scripts = data::scripts().unwrap();
    let count = |scripts: &[Script]| scripts.iter().map(|one| one.messages.len()).sum::<usize>();
    let all = count(&scripts);
    let pairs = scripts.len();
    let made = groups(scripts).unwrap();
    assert_eq!(count(&made), all);
    assert!(made.len() <= pairs / PAIRS + 20, "{} groups", made.len());
    for group in &made {
        assert!(group.messages.is_sorted_by_key(|cue| cue.at_ms), "{}", group.conversation);
        assert!(people(group).len().is_multiple_of(2) && people(group).len() <= 2 * PAIRS);
    }
    let largest = made.iter().filter(|group| people(group).len() == 2 * PAIRS).count();
    assert!(largest > 100, "{largest} groups of eight");
}
