use link::RowQuery;
use model::{Body, ConversationId, Draft, Epoch, InstanceId, MessageId, Seq, UserId, Wall};

use super::*;
use crate::mailbox::SentAt;
use crate::options::SEND_OVERHEAD_BYTES;

fn owner(send_bytes_max: usize) -> Arc<Owner> {
    Owner::new(send_bytes_max, Arc::default())
}

fn send(owner: &Owner, to: &Arc<Mailbox>, counter: u64) -> Result<(), Refusal> {
    let id = MessageId { instance: InstanceId(1), counter };
    let conversation = ConversationId::new("lobby").unwrap();
    let about = SendAbout {
        reference: None,
        id,
        conversation: conversation.clone(),
        heard: Instant::now(),
        trace: None,
    };
    let draft = Draft {
        conversation,
        sender: UserId::new("ada").unwrap(),
        id,
        content: Body::new("hello").unwrap().into(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(1),
    };
    owner.send(to, about, draft).map_err(|(_, refusal)| refusal)
}

fn ping_page(owner: &Owner, to: &Arc<Mailbox>) -> Result<(), NotAsked> {
    owner.page(to, 7, |_| ToOwner::Ping)
}

fn bound(refused: Result<(), Refusal>) -> String {
    let Err(Refusal::Busy { bound, .. }) = refused else { panic!("{refused:?}") };
    bound
}

#[tokio::test]
async fn half_of_the_queue_is_kept_for_what_cannot_be_refused() {
    let (owner, mailbox) = (owner(1 << 20), Mailbox::open());
    let (link, _hears) = mpsc::channel(4);
    owner.up(link);
    for counter in 1..=3 {
        send(&owner, &mailbox, counter).unwrap();
    }
    assert_eq!(bound(send(&owner, &mailbox, 4)), "link");
    assert!(!owner.lock().broken);
    assert_eq!(ping_page(&owner, &mailbox), Err(NotAsked::Full));
    assert!(!owner.tell(ToOwner::Ping));
    assert!(owner.say(&mut owner.lock(), ToOwner::Ping));
    assert!(!owner.lock().broken);
    assert!(!owner.say(&mut owner.lock(), ToOwner::Ping));
    assert!(owner.lock().broken, "a full queue breaks the link");
}

#[tokio::test]
async fn the_bytes_of_sends_in_flight_are_bounded_and_come_back_with_the_answer() {
    let bytes = SEND_OVERHEAD_BYTES + "hello".len();
    let (owner, mailbox) = (owner(2 * bytes), Mailbox::open());
    let (link, _hears) = mpsc::channel(16);
    owner.up(link);
    send(&owner, &mailbox, 1).unwrap();
    send(&owner, &mailbox, 2).unwrap();
    assert_eq!(bound(send(&owner, &mailbox, 3)), "gateway_bytes");
    let at = SentAt { epoch: Epoch(1), seq: Seq(1), received_at: Wall(1), duplicate: false };
    assert!(owner.sent(RequestId(1), at));
    send(&owner, &mailbox, 3).unwrap();
}

#[tokio::test]
async fn whoever_waits_is_told_when_the_link_is_lost_and_nobody_is_asked_without_one() {
    let (owner, mailbox) = (owner(1 << 20), Mailbox::open());
    assert_eq!(bound(send(&owner, &mailbox, 1)), "link");
    let (link, _hears) = mpsc::channel(16);
    owner.up(link);
    send(&owner, &mailbox, 1).unwrap();
    ping_page(&owner, &mailbox).unwrap();
    owner.down();
    let mut answers = mailbox.take().answers;
    answers.sort_by_key(|answer| matches!(answer, Answer::Nothing { .. }));
    let [Answer::NotSent(_, Refusal::OutcomeUnknown), Answer::Nothing { number: 7, refusal: None }] =
        &answers[..]
    else {
        panic!("{answers:?}")
    };
    assert_eq!(ping_page(&owner, &mailbox), Err(NotAsked::NoLink));
    assert!(!owner.tell(ToOwner::Ping));
    assert!(owner.lost_for().is_some());
}

#[tokio::test]
async fn an_answer_to_another_question_fits_nobody_and_whoever_asked_is_told() {
    let (owner, mailbox) = (owner(1 << 20), Mailbox::open());
    let (link, _hears) = mpsc::channel(16);
    owner.up(link);
    send(&owner, &mailbox, 1).unwrap();
    assert!(!owner.cursor_at(RequestId(2), Seq(1)));
    assert!(mailbox.take().answers.is_empty());
    assert!(!owner.cursor_at(RequestId(1), Seq(1)));
    let answers = mailbox.take().answers;
    let [Answer::NotSent(_, Refusal::OutcomeUnknown)] = &answers[..] else { panic!("{answers:?}") };
}

#[tokio::test]
async fn table_queries_are_bounded_and_answered() {
    let owner = owner(1 << 20);
    let (link, mut hears) = mpsc::channel(ROWS_IN_FLIGHT_MAX + 16);
    owner.up(link);
    let query = RowQuery { conversation: None, after: None, limit: 1 };
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..ROWS_IN_FLIGHT_MAX {
        let (owner, query) = (Arc::clone(&owner), query.clone());
        asking.spawn(async move { owner.rows(query).await });
        assert!(matches!(hears.recv().await, Some(ToOwner::GetRows { .. })));
    }
    assert_eq!(bound(owner.rows(query).await.map(drop)), "rows");
    for number in 1..=ROWS_IN_FLIGHT_MAX as u64 {
        assert!(owner.rows_came(RequestId(number), Rows { rows: vec![], behind: 2 }));
    }
    while let Some(rows) = asking.join_next().await {
        assert_eq!(rows.unwrap().unwrap().behind, 2);
    }
}

#[tokio::test]
async fn what_a_crowd_needed_that_asked_all_at_once_is_given_back() {
    let (owner, mailbox) = (owner(1 << 30), Mailbox::open());
    let many = 4 * PENDING_KEPT;
    let (link, mut hears) = mpsc::channel(4 * many);
    owner.up(link);
    let (at_once, few) = (many as u64, 8);
    for counter in 1..=at_once {
        send(&owner, &mailbox, counter).unwrap();
    }
    assert!(owner.lock().pending.capacity() >= many);
    let answer = |hears: &mut mpsc::Receiver<ToOwner>| {
        while let Ok(ToOwner::Send { request, .. }) = hears.try_recv() {
            let received_at = Wall(1);
            let at = SentAt { epoch: Epoch(1), seq: Seq(1), received_at, duplicate: false };
            assert!(owner.sent(request, at));
        }
    };
    answer(&mut hears);
    assert!(owner.lock().pending.capacity() <= PENDING_KEPT);
    // And what a few need is not made anew each time.
    for counter in 1..=few {
        send(&owner, &mailbox, at_once + counter).unwrap();
    }
    answer(&mut hears);
    assert!(owner.lock().pending.capacity() >= 8);
}
