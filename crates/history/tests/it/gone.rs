//! What has to go: it is gone from every answer and every row, ids are known for ever, and a view
//! that is built from what is kept gives the same answers.

use std::collections::BTreeMap;

use history::{History, Item, Kept, Known};
use model::{
    Body, Content, ConversationId, CursorMove, Fact, Left, Member, Message, MessageId, Offset,
    Ordinal, Profile, Reaction, Role, Seq, UserId, Wall,
};
use proptest::prelude::*;

use crate::world::*;

const PEOPLE: [&str; 3] = ["ann", "bob", "cy"];
const INSTANCES: u64 = 2;

fn team() -> ConversationId {
    ConversationId::group(id(1, 1))
}

fn text(body: &str) -> Content {
    Body::new(body).unwrap().into()
}

#[derive(Debug, Clone)]
enum Step {
    /// By one of the people, as one of their instances.
    Said(usize, u64, Content),
    /// By the house. A fraction of what is there expires.
    Expire(u64),
    Erase(usize),
    Cursor(usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let target = || (1..20_u64).prop_map(Seq);
    let reaction = || Reaction::new("+").unwrap();
    let said = prop_oneof![
        8 => "[a-z]{1,3}".prop_map(|body| text(&body)),
        2 => (target(), "[a-z]{1,3}")
            .prop_map(|(target, body)| Content::Edit { target, body: Body::new(&body).unwrap() }),
        1 => target().prop_map(|target| Content::Delete { target }),
        1 => (target(), any::<bool>())
            .prop_map(move |(target, on)| Content::React { target, reaction: reaction(), on }),
        1 => (0..PEOPLE.len(), prop::sample::select(vec![None, Some(Role::Reader)]))
            .prop_map(|(n, role)| Content::Member { user: user(PEOPLE[n]), role }),
    ];
    prop_oneof![
        20 => (0..PEOPLE.len(), 0..INSTANCES, said).prop_map(|(n, i, c)| Step::Said(n, i, c)),
        1 => (0..8_u64).prop_map(Step::Expire),
        1 => (0..PEOPLE.len()).prop_map(Step::Erase),
        3 => (0..PEOPLE.len(), 0..8_u64).prop_map(|(n, part)| Step::Cursor(n, part)),
    ]
}

/// What a hub would have made of the steps.
fn facts(steps: &[Step]) -> Vec<Fact> {
    let members = vec![Member { user: user("ann"), role: Role::Owner }];
    let create = Content::Create { profile: Profile::default(), members };
    let mut said: Vec<Message> = Vec::new();
    let mut facts = Vec::new();
    let (mut texts, mut first) = (0, Seq(1));
    let mut counters: BTreeMap<(usize, u64), u64> = BTreeMap::new();
    let mut house = 0;
    for step in [Step::Said(0, 0, create)].iter().chain(steps) {
        let head = said.len() as u64;
        let (sender, id, content) = match step {
            Step::Said(who, instance, content) => {
                let theirs = |seq: &Seq| {
                    let found = said.iter().find(|m| m.seq == *seq && m.seq >= first);
                    found.is_some_and(|m| {
                        let is_text = matches!(m.content, Content::Text { .. });
                        is_text && m.sender == user(PEOPLE[*who])
                    })
                };
                if content.target().is_some_and(|target| !theirs(&target)) {
                    continue;
                }
                let counter = counters.entry((*who, *instance)).or_default();
                *counter += 1;
                (user(PEOPLE[*who]), id(*instance, *counter), content.clone())
            }
            Step::Expire(part) => {
                let to = Seq(first.0 + (head + 1 - first.0) * part / 7);
                if to <= first {
                    continue;
                }
                (first, house) = (to, house + 1);
                (UserId::keeper(), id(99, house), Content::Expire { first })
            }
            Step::Erase(who) => {
                house += 1;
                (UserId::keeper(), id(99, house), Content::Erase { user: user(PEOPLE[*who]) })
            }
            Step::Cursor(who, part) => {
                facts.push(Fact::Cursors(vec![CursorMove {
                    conversation: team(),
                    user: user(PEOPLE[*who]),
                    device: device("d"),
                    seq: Seq(head * part / 7),
                }]));
                continue;
            }
        };
        texts += u64::from(content.is_text());
        let message = Message {
            conversation: team(),
            ordinal: Ordinal(texts),
            id,
            content,
            ..message("x", head + 1, sender.as_str(), "x")
        };
        said.push(message.clone());
        facts.push(Fact::Message(message));
    }
    facts
}

/// Everything that can be asked.
fn answers(history: &History, up_to: u64) -> String {
    use std::fmt::Write;
    let mut all = String::new();
    let mut put = |answer: &dyn std::fmt::Debug| writeln!(all, "{answer:?}").unwrap();
    let head = history.head(&team()).unwrap().unwrap();
    put(&head);
    put(&history.room(&team()).unwrap());
    put(&history.members(&team(), None, 200).unwrap());
    for reader in PEOPLE.map(user) {
        put(&history.membership(&team(), &reader).unwrap());
        put(&history.mine(&reader, None, 200).unwrap());
        put(&history.cursor_of(&team(), &reader, &device("d")).unwrap());
        put(&history.page(&team(), head.first, 200, Seq(u64::MAX), Some(&reader)).unwrap());
        for instance in 0..INSTANCES {
            put(&history.author_highest(&team(), &reader, id(instance, 1).instance).unwrap());
            for counter in 1..=up_to {
                put(&history.find(&team(), &reader, id(instance, counter)).unwrap());
            }
        }
    }
    all
}

type Batches = Vec<(u64, Vec<(Offset, Fact)>)>;

fn batches(facts: Vec<Fact>, a_batch: usize) -> Batches {
    let mut journal = Journal::new();
    (1..).zip(facts.chunks(a_batch).map(|facts| journal.place(facts.iter().cloned()))).collect()
}

fn folded(place: &Place, batches: &Batches) -> History {
    let history = place.open();
    let mut items = Vec::new();
    let mut at = 0;
    for (number, facts) in batches {
        if *number > at + 1 {
            items.push(Item::Hole { up_to: model::BatchNo(number - 1) });
        }
        at = *number;
        items.push(batch(*number, facts));
    }
    history.apply(&items, &KEY).unwrap();
    history
}

/// What a journal would have left after it asked what is kept.
fn thinned(history: &History, batches: &Batches) -> Batches {
    let keep = |(offset, fact): &(Offset, Fact)| match history.keeps(fact).unwrap() {
        Kept::Whole => Some((*offset, fact.clone())),
        Kept::Remnant(remnant) => Some((*offset, Fact::Remnant(*remnant))),
        Kept::Nothing => None,
    };
    let thin = |(number, facts): &(u64, Vec<(Offset, Fact)>)| {
        let left: Vec<_> = facts.iter().filter_map(keep).collect();
        (!left.is_empty()).then_some((*number, left))
    };
    batches.iter().filter_map(thin).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_view_built_from_what_is_kept_gives_the_same_answers(
        steps in prop::collection::vec(step(), 0..60), later in prop::collection::vec(step(), 0..20),
        a_batch in 1..9_usize,
    ) {
        let both: Vec<Step> = steps.iter().chain(&later).cloned().collect();
        let asked = both.len() as u64 + 2;
        let all = batches(facts(&both), a_batch);
        let early = batches(facts(&steps), a_batch);
        let places = [(); 4].map(|()| Place::new());
        let whole = folded(&places[0], &all);
        let expected = answers(&whole, asked);
        // Folded in one commit or in many, it is the same.
        let slowly = places[1].open();
        for (number, facts) in &all {
            slowly.apply(&[batch(*number, facts)], &KEY).unwrap();
        }
        prop_assert_eq!(&answers(&slowly, asked), &expected);
        // Thinned at the end.
        let kept = thinned(&whole, &all);
        prop_assert_eq!(&answers(&folded(&places[2], &kept), asked), &expected);
        // Thinned early, and what was left thinned again at the end.
        let then = Place::new();
        let full = early.len() - usize::from(!early.is_empty());
        let mut mixed = thinned(&folded(&then, &early), &early[..full].to_vec());
        mixed.extend(all[full..].iter().cloned());
        let again = thinned(&whole, &mixed);
        prop_assert_eq!(&answers(&folded(&places[3], &again), asked), &expected);
        // And nothing of what is gone is left in it.
        prop_assert_eq!(again, kept);
    }
}

/// ann says four texts, bob one; ann edits her second.
fn talk() -> Vec<Fact> {
    let edit = Content::Edit { target: Seq(3), body: Body::new("edited").unwrap() };
    let say = |who, body: &str| Step::Said(who, 0, text(body));
    let said = |body| say(0, body);
    facts(&[said("one"), said("two"), Step::Said(0, 0, edit), say(1, "bob's"), said("three")])
}

fn house(seq: u64, content: Content) -> Fact {
    Fact::Message(Message {
        conversation: team(),
        content,
        ordinal: Ordinal(4),
        id: id(99, seq),
        ..message("x", seq, ":keeper", "x")
    })
}

fn shown(history: &History) -> Vec<(u64, Content)> {
    let first = history.head(&team()).unwrap().unwrap().first;
    let page = history.page(&team(), first, 200, Seq(99), None).unwrap();
    assert!(page.changes.is_empty(), "{:?}", page.changes);
    page.messages.into_iter().map(|m| (m.seq.0, m.content)).collect()
}

#[test]
fn of_an_erased_user_no_word_is_left_and_of_others_every_one() {
    let place = Place::new();
    let history = place.open();
    let said = talk();
    feed(&history, 1, said.clone());
    feed(&history, 2, [house(7, Content::Erase { user: user("ann") })]);
    let gone = Content::Gone { by: Seq(7) };
    let after = shown(&history).split_off(1);
    assert_eq!(
        after,
        [
            (2, gone.clone()),
            (3, gone.clone()),
            (4, Content::Delete { target: Seq(3) }),
            (5, text("bob's")),
            (6, gone),
            (7, Content::Erase { user: user("ann") }),
        ]
    );
    // Her ids are known, by what they said.
    let Known::Found(found) = history.find(&team(), &user("ann"), id(0, 2)).unwrap() else {
        panic!("it is forgotten")
    };
    assert_eq!((found.seq, found.body), (Seq(2), KEY.hash(&text("one"))));
    assert!(matches!(history.keeps(&said[2]).unwrap(),
        Kept::Remnant(r) if r.left == Left::Gone(Seq(7)) && r.body == KEY.hash(&text("two"))));
    // What she says afterwards stays.
    let late = Message { id: id(0, 9), ..message("x", 8, "ann", "again") };
    feed(&history, 3, [Fact::Message(Message { conversation: team(), ..late })]);
    assert_eq!(shown(&history).last().unwrap(), &(8, text("again")));
}

#[test]
fn what_expired_is_gone_its_ids_are_old_and_the_rest_is_unread() {
    let place = Place::new();
    let history = place.open();
    let said = talk();
    feed(&history, 1, said.clone());
    feed(&history, 2, [house(7, Content::Expire { first: Seq(5) })]);
    assert_eq!(
        shown(&history),
        [(5, text("bob's")), (6, text("three")), (7, Content::Expire { first: Seq(5) })]
    );
    let find = |counter| history.find(&team(), &user("ann"), id(0, counter)).unwrap();
    assert_eq!((find(1), find(2), find(3)), (Known::Expired, Known::Expired, Known::Expired));
    // The highest that expired is known for what it was; those above are there.
    assert!(matches!(find(4), Known::Found(found) if found.seq == Seq(4)));
    assert!(matches!(find(5), Known::Found(found) if found.seq == Seq(6)));
    assert_eq!(find(6), Known::Not);
    assert_eq!(history.author_highest(&team(), &user("ann"), id(0, 1).instance).unwrap(), 5);
    let kept: Vec<Kept> = said.iter().map(|fact| history.keeps(fact).unwrap()).collect();
    assert_eq!(kept[0], Kept::Whole, "who is in it stays");
    assert_eq!(kept[1..3], [Kept::Nothing, Kept::Nothing]);
    assert!(matches!(&kept[3], Kept::Remnant(r) if r.left == Left::Nothing));
    assert_eq!(kept[4..], [Kept::Whole, Kept::Whole]);
    // Everybody who is in it has what is left to read, and no more.
    let mine = history.mine(&user("ann"), None, 1).unwrap();
    assert_eq!((mine[0].read_seq, mine[0].unread), (Seq(6), 0));
}

#[test]
fn deleted_texts_and_their_edits_lose_their_words_in_every_row() {
    let place = Place::new();
    let history = place.open();
    feed(&history, 1, talk());
    let delete = Message {
        conversation: team(),
        content: Content::Delete { target: Seq(3) },
        ordinal: Ordinal(4),
        id: id(0, 6),
        ..message("x", 7, "ann", "x")
    };
    feed(&history, 2, [Fact::Message(delete)]);
    let after = shown(&history);
    assert_eq!(after[2], (3, Content::Gone { by: Seq(7) }));
    assert_eq!(after[3], (4, Content::Delete { target: Seq(3) }));
    assert_eq!(Wall(1_000), history.read(&team(), Seq(3), 1, Seq(3)).unwrap()[0].received_at);
    let _: MessageId = id(0, 1);
}
