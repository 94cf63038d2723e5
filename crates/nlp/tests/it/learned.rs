//! The small model, where `make setup-models` has brought it; elsewhere each test says that it was skipped.

use std::path::PathBuf;
use std::sync::OnceLock;

use nlp::{Encoder, Head, Options, PIECES_MAX, analyze, features};
use serde_json::json;

use crate::score::rows;
use crate::world::*;

/// Vectors of the model as it was published, in full precision.
const PUBLISHED: &str = include_str!("../../models/reference.txt");

#[expect(clippy::print_stderr, reason = "a test that tests nothing says so")]
fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data-models"));
    let is_there = folder.join("model.onnx").exists();
    if !is_there {
        eprintln!("skipped: no model (make setup-models brings it)");
    }
    is_there.then_some(folder)
}

fn encoder() -> Option<&'static Encoder> {
    static ENCODER: OnceLock<Option<Encoder>> = OnceLock::new();
    let load = || Some(Encoder::load(&folder()?.join("model.onnx")).expect("it is the model"));
    ENCODER.get_or_init(load).as_ref()
}

fn near(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn a_vector_is_that_of_the_model_as_it_was_published_but_for_its_short_numbers() {
    let Some(encoder) = encoder() else { return };
    for line in PUBLISHED.lines() {
        let (text, numbers) = line.split_once('\t').unwrap();
        let published: Vec<f32> = numbers.split(' ').map(|n| n.parse().unwrap()).collect();
        let same = near(&encoder.vector(text).unwrap(), &published);
        assert!((0.98..1.01).contains(&same), "{text}: {same}");
    }
}

#[test]
fn texts_that_mean_the_same_are_near_and_what_is_too_long_is_not_read() {
    let Some(encoder) = encoder() else { return };
    let vector = |text: &str| encoder.vector(text).unwrap();
    let parcel = vector("where is my parcel?");
    let (package, football) =
        (vector("my package has not arrived"), vector("I like to play football"));
    assert!(near(&parcel, &package) > 2.0 * near(&parcel, &football));
    assert!((near(&parcel, &parcel) - 1.0).abs() < 1e-3, "its length is one");
    let long = "word ".repeat(PIECES_MAX);
    assert_eq!(vector(&long), vector(&format!("{long} and what nobody reads")));
    assert!(vector("").iter().all(|number| number.is_finite()));
}

#[tokio::test]
async fn the_service_says_what_was_learned_and_the_rest_from_the_lists() {
    let Some(folder) = folder() else { return };
    let service = Running::start(Options { model: Some(folder), ..options() }).await;
    let said =
        async |text: &str| service.analyze(&json!({ "text": text }).to_string()).await.json();
    // The lists like the word.
    let asked = "What was your favorite movie?";
    assert!(analyze(asked).sentiment > 0.4);
    let learned = said(asked).await;
    assert!(learned["sentiment"].as_f64().unwrap() < 0.4, "{learned}");
    assert_eq!(learned["topic"], "question");
    assert_eq!(learned["keywords"], json!(analyze(asked).keywords));
    assert_eq!(said(asked).await, learned, "the same again");
    assert!(said("I love it, this is so much fun!").await["sentiment"].as_f64().unwrap() > 0.5);
    assert!(said("I hate it, that was horrible").await["sentiment"].as_f64().unwrap() < -0.2);
    let many = service.analyze(&json!({ "texts": [asked, asked] }).to_string()).await.json();
    assert_eq!(many["results"][1]["sentiment"], learned["sentiment"]);
    let texts = service.counted("hubbub_nlp_texts_total").await;
    assert_eq!(texts, 6);
    service.stop().await;
}

/// Of the labelled messages every so many; to look at all of them takes a minute.
const EVERY: usize = 5;

#[test]
fn what_was_learned_of_a_message_is_mostly_said_of_it() {
    let Some(encoder) = encoder() else { return };
    let sentiment = Head::read(include_str!("../../models/sentiment.txt")).expect("it is ours");
    let topic = Head::read(include_str!("../../models/topic.txt")).expect("it is ours");
    let (mut looked, mut felt, mut told) = (0, 0, 0);
    for row in rows().step_by(EVERY) {
        let features = features(encoder, row[6]).unwrap();
        looked += 1;
        felt += u32::from(sentiment.likeliest(&features) == row[2]);
        told += u32::from(topic.likeliest(&features) == row[3]);
    }
    // Heads of another model, or of other features, do not get near.
    assert!(felt >= 85 && told >= 82, "of {looked}: sentiment {felt}, topic {told}");
}
