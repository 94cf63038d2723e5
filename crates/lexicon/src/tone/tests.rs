use super::*;
use crate::terms::terms;

#[test]
fn each_word_of_the_list_adds_its_weight_and_the_sum_tends_to_one() {
    assert_eq!(toxicity_micros(&terms("have a nice day")), 0);
    assert_eq!(toxicity_micros(&terms("damn")), 200_000);
    assert_eq!(toxicity_micros(&terms("damn, damn")), 360_000);
    assert_eq!(toxicity_micros(&terms("Shut up, you idiot")), 910_000);
    assert_eq!(urgency_micros(&terms("Come as soon as possible!")), 800_000);
    assert_eq!(urgency_micros(&terms("the server is down, hurry")), 840_000);
    let shouted = terms(&"asap ".repeat(2_000));
    assert_eq!(urgency_micros(&shouted), 1_000_000);
}
