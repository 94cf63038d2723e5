use super::*;

#[test]
fn reasons_have_numbers_of_their_own_that_read_back() {
    for (at, reason) in Reason::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(reason.number()), at + 1);
        assert_eq!(Reason::of(reason.number()), Some(reason));
    }
    assert_eq!(Reason::of(0), None);
    assert_eq!(Reason::of(11), None);
}

#[test]
fn an_understanding_keeps_to_its_bounds() {
    let good = Understanding {
        language: "eng".to_owned(),
        sentiment_micros: -1_000_000,
        topic: "a".repeat(TOPIC_LABEL_MAX_BYTES),
        toxicity_micros: ONE_MICROS,
        urgency_micros: 0,
    };
    assert_eq!(good.clone().checked(), Ok(good.clone()));
    assert_eq!(Understanding::default().checked(), Ok(Understanding::default()));
    let wrong = |change: fn(&mut Understanding)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed.checked().unwrap_err().to_string()
    };
    assert!(wrong(|u| u.language = "engl".to_owned()).contains("\"engl\""));
    assert!(wrong(|u| u.sentiment_micros = 1_000_001).contains("1000001"));
    assert!(wrong(|u| u.sentiment_micros = i32::MIN).contains("-1 to 1"));
    assert!(wrong(|u| u.topic.push('a')).contains("32"));
    assert!(wrong(|u| u.topic = "A".to_owned()).contains("\"A\""));
    assert!(wrong(|u| u.toxicity_micros = 1_000_001).contains("toxicity"));
    assert!(wrong(|u| u.urgency_micros = 1_000_001).contains("urgency"));
}
