use super::*;

fn ours(text: &str) -> Head {
    Head::read(text).unwrap()
}

#[test]
fn the_heads_are_whole_and_their_labels_are_known() {
    let sentiment = include_str!("../../models/sentiment.txt");
    let topic = include_str!("../../models/topic.txt");
    assert_eq!(ours(sentiment).labels(), ["negative", "neutral", "positive"]);
    let is_topic = |label: &String| label == NONE || lexicon::TOPICS.contains(&label.as_str());
    assert!(ours(topic).labels().iter().all(is_topic), "{:?}", ours(topic).labels());
    for line in sentiment.lines().chain(topic.lines()) {
        assert_eq!(line.split(' ').count(), 1 + 1 + FEATURES, "{}", &line[..20]);
    }
}

#[test]
fn a_topic_that_was_not_learned_is_left_to_the_lists() {
    let head = ours("none 0 1\nquestion 0 -1\n");
    assert_eq!(topic_of(&head, &[-1.0], ""), "question");
    assert_eq!(topic_of(&head, &[-1.0], "question"), "question");
    assert_eq!(topic_of(&head, &[1.0], "question"), "");
    assert_eq!(topic_of(&head, &[1.0], "apology"), "apology");
}

#[test]
fn a_folder_without_a_model_and_a_file_that_is_none_are_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let why = |folder: &Path| Learned::load(folder).err().unwrap();
    assert!(why(folder.path()).contains("model.onnx"), "{}", why(folder.path()));
    assert!(why(folder.path()).contains("make setup-models"), "{}", why(folder.path()));
    std::fs::write(folder.path().join(NETWORK), "no network").unwrap();
    assert!(why(folder.path()).contains("it is no network"), "{}", why(folder.path()));
}
