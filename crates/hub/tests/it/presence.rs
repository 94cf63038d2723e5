//! Who is there, held to a naive model.

use std::collections::{BTreeMap, BTreeSet};

use hub::{GatewayId, LINGER, Presence, Told};
use model::Mono;
use proptest::prelude::*;

use crate::words::{HERE, THERE, user};

fn told(presence: &mut Presence) -> Vec<(u64, String, bool)> {
    std::iter::from_fn(|| presence.next_told())
        .map(|Told { gateway, user, online }| (gateway.0, user.to_string(), online))
        .collect()
}

#[test]
fn who_comes_back_within_the_linger_never_left() {
    let mut presence = Presence::default();
    let start = Mono(1);
    presence.handle_watch(THERE, user("ada"), true);
    presence.handle_present(HERE, user("ada"), true, start);
    presence.handle_gateway_gone(HERE, start);
    presence.handle_present(THERE, user("ada"), true, start);
    assert_eq!(presence.poll_timeout(), None);
    let two = |online| (THERE.0, "ada".to_owned(), online);
    assert_eq!(told(&mut presence), [two(false), two(true)]);
}

#[test]
fn a_gateway_that_dies_takes_all_its_users_with_it_after_the_linger() {
    let mut presence = Presence::default();
    let start = Mono(1);
    for name in ["ada", "ben"] {
        presence.handle_present(HERE, user(name), true, start);
        presence.handle_watch(THERE, user(name), true);
    }
    told(&mut presence);
    presence.handle_gateway_gone(HERE, start);
    let due = start + LINGER;
    assert_eq!(presence.poll_timeout(), Some(due));
    presence.handle_timeout(Mono(due.0 - 1));
    assert_eq!((told(&mut presence), presence.online()), (Vec::new(), 2));
    presence.handle_timeout(due);
    let left = |name: &str| (THERE.0, name.to_owned(), false);
    assert_eq!(told(&mut presence), [left("ada"), left("ben")]);
    assert_eq!(presence.online(), 0);
}

#[derive(Debug, Clone)]
enum Step {
    Present { gateway: u64, who: usize, here: bool },
    Watch { gateway: u64, who: usize, on: bool },
    Gone(u64),
    Elapse(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (g, w) = (1..3_u64, 0..3_usize);
    let step = prop_oneof![
        4 => (g.clone(), w.clone(), any::<bool>())
            .prop_map(|(gateway, who, here)| Step::Present { gateway, who, here }),
        3 => (g.clone(), w, any::<bool>())
            .prop_map(|(gateway, who, on)| Step::Watch { gateway, who, on }),
        1 => g.prop_map(Step::Gone),
        2 => (0..20_u64).prop_map(Step::Elapse),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    #[test]
    fn watchers_know_who_is_there_and_are_never_told_the_same_twice(steps in steps()) {
        let mut presence = Presence::default();
        let mut now = Mono(1);
        let mut at: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
        let mut left: BTreeMap<usize, Mono> = BTreeMap::new();
        // What each watcher knows; `None` = nothing yet.
        let mut knows: BTreeMap<(u64, usize), Option<bool>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Present { gateway, who, here } => {
                    let theirs = at.entry(who).or_default();
                    let had = !theirs.is_empty();
                    if here { theirs.insert(gateway) } else { theirs.remove(&gateway) };
                    match (had, theirs.is_empty()) {
                        (true, true) => { left.insert(who, now + LINGER); }
                        (_, false) => { left.remove(&who); }
                        (false, true) => {}
                    }
                    presence.handle_present(GatewayId(gateway), user(&who.to_string()), here, now);
                }
                Step::Watch { gateway, who, on } => {
                    if on { knows.insert((gateway, who), None) } else { knows.remove(&(gateway, who)) };
                    presence.handle_watch(GatewayId(gateway), user(&who.to_string()), on);
                }
                Step::Gone(gateway) => {
                    knows.retain(|(watcher, _), _| *watcher != gateway);
                    for (who, theirs) in &mut at {
                        if theirs.remove(&gateway) && theirs.is_empty() {
                            left.insert(*who, now + LINGER);
                        }
                    }
                    presence.handle_gateway_gone(GatewayId(gateway), now);
                }
                Step::Elapse(seconds) => {
                    now = now + std::time::Duration::from_secs(seconds);
                    left.retain(|_, leaves| *leaves > now);
                    presence.handle_timeout(now);
                }
            }
            for (gateway, name, online) in told(&mut presence) {
                let key = (gateway, name.parse::<usize>().unwrap());
                let known = knows.get_mut(&key);
                prop_assert!(known.is_some(), "{key:?} does not watch");
                let before = known.unwrap().replace(online);
                prop_assert!(before != Some(online), "{key:?} was told {online} twice");
            }
            let online = |who: usize| {
                at.get(&who).is_some_and(|theirs| !theirs.is_empty()) || left.contains_key(&who)
            };
            for ((gateway, who), known) in &knows {
                prop_assert_eq!(*known, Some(online(*who)), "{} of {}", gateway, who);
            }
            prop_assert_eq!(presence.online(), (0..3).filter(|who| online(*who)).count());
        }
    }
}
