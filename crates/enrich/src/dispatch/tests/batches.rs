//! Several texts in one request.

use super::*;

const NOW: Mono = Mono(1_000_000_000_000);

fn batches() -> Dispatch {
    Dispatch::new(&DispatchSettings { batch_max: 3, batch_wait: 4 * MS, ..settings(1) }, NOW)
}

fn ask(dispatch: &mut Dispatch, record: u64, now: Mono) {
    dispatch.handle_call(call(record, 1, now), text(&format!("text {record}")), now);
}

#[test]
fn a_batch_leaves_when_it_is_full_or_its_first_has_waited() {
    let mut dispatch = batches();
    assert_eq!(dispatch.poll_timeout(), None);
    for record in 1..=3 {
        assert_eq!(dispatch.next_order(), None);
        ask(&mut dispatch, record, NOW);
    }
    let (_, _, texts) = sent(&mut dispatch);
    assert_eq!(texts, [text("text 1"), text("text 2"), text("text 3")]);
    assert_eq!(dispatch.poll_timeout(), None);
    ask(&mut dispatch, 4, NOW);
    ask(&mut dispatch, 5, NOW + 3 * MS);
    assert_eq!(dispatch.poll_timeout(), Some(NOW + 4 * MS));
    dispatch.handle_timeout(NOW + (4 * MS - Duration::from_nanos(1)));
    assert_eq!(dispatch.next_order(), None);
    dispatch.handle_timeout(NOW + 4 * MS);
    assert_eq!(sent(&mut dispatch).2.len(), 2);
    assert_eq!(dispatch.endpoints().next().unwrap().requests, 2);
    assert_eq!(dispatch.gauges().texts, 5);
}

#[test]
fn of_a_batch_each_text_has_its_own_end() {
    let mut dispatch = batches();
    (1..=3).for_each(|record| ask(&mut dispatch, record, NOW));
    let (ticket, ..) = sent(&mut dispatch);
    let said = vec![Ok(good()), Err(Failed::Refused), Err(Failed::Error)];
    dispatch.handle_reply(ticket, reply(Ok(said)), NOW + MS);
    let ends: Vec<_> = answers(&mut dispatch).into_iter().map(|(_, answer)| answer).collect();
    let failed_of = Answer::Failed;
    assert_eq!(ends, [Answer::Got(good()), failed_of(Failed::Refused), failed_of(Failed::Error)]);
    assert_eq!(dispatch.endpoints().next().unwrap().failures, 0, "the endpoint answered");
    // One that fails whole fails for all of them.
    (4..=6).for_each(|record| ask(&mut dispatch, record, NOW));
    let (ticket, ..) = sent(&mut dispatch);
    dispatch.handle_reply(ticket, failed(Failed::Error), NOW + MS);
    assert_eq!(answers(&mut dispatch).len(), 3);
    // And so does one with an answer too few: which is whose?
    (7..=9).for_each(|record| ask(&mut dispatch, record, NOW));
    let (ticket, ..) = sent(&mut dispatch);
    dispatch.handle_reply(ticket, reply(Ok(vec![Ok(good()); 2])), NOW + MS);
    let unreadable = Answer::Failed(Failed::Unreadable);
    assert!(answers(&mut dispatch).iter().all(|(_, answer)| *answer == unreadable));
}
