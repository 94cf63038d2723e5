use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    chat: ChatArgs,
}

pub(super) fn chat(words: &str) -> Result<Chat, Refusal> {
    let target = Target::parse("ws://127.0.0.1:1/v1/ws").unwrap();
    let words = std::iter::once("chat").chain(words.split_whitespace());
    let line = Line::try_parse_from(words).expect("the test's words are right");
    Chat::new(&target, &line.chat, 1)
}

#[test]
fn acts_are_mixed_by_their_weights_and_follow_from_the_seed() {
    let mut mixed = chat("").unwrap();
    mixed.wanted.acts = [(Act::Send, 80), (Act::Ping, 0), (Act::Read, 20)].into();
    mixed.weights = 100;
    let acts = (0..100_000).map(|index| mixed.act(index));
    let reads = acts.filter(|&act| act == Act::Read).count();
    assert!((19_500..20_500).contains(&reads), "{reads}");
    assert!((0..10_000).all(|index| mixed.act(index) != Act::Ping));
    let again = mixed.clone();
    assert!((0..1_000).all(|index| again.act(index) == mixed.act(index)));
}

#[test]
fn what_flags_cannot_mean_is_told_by_their_names() {
    let long = format!("--name {}", "n".repeat(NAME_MAX_BYTES + 1));
    for (words, sentence) in [
        ("--conversations 0", "--conversations: is 0; 1 is the least"),
        ("--listeners 1 --act ping", "--listeners: nothing is sent"),
        ("--name a/b", "name \"a/b\""),
        (long.as_str(), "more than 58 bytes"),
        ("--token x", "--token: is no token"),
        ("--tokens none.txt", "--tokens none.txt: No such file"),
        ("--scenario none.toml", "--scenario none.toml: No such file"),
    ] {
        let refusal = chat(words).unwrap_err();
        assert!(refusal.to_string().contains(sentence), "{words}: {refusal}");
    }
    assert!(chat(&long[..long.len() - 1]).is_ok());
}

#[test]
fn instances_of_connections_and_their_visits_are_all_different() {
    let chat = chat("").unwrap().anew(1_000).unwrap();
    let lives = (0..1_000).flat_map(|number| [(number, 0), (number, 1), (number, 2)]);
    let hellos = lives.map(|(number, life)| voice::Voice::new(number, life).hello(&chat));
    let mut instances: Vec<String> = hellos
        .map(|hello| serde_json::from_str::<serde_json::Value>(&hello).unwrap())
        .map(|hello| hello["instance"].to_string())
        .collect();
    instances.sort_unstable();
    instances.dedup();
    assert_eq!(instances.len(), 3_000);
}
