//! What became of conversations and texts, against a plain fold of the same events.

use std::collections::{BTreeMap, BTreeSet};

use history::{History, Item};
use model::bounds::REACTIONS_COUNTED_MAX;
use model::{
    Body, Content, ConversationId, DeviceId, Fact, InstanceId, Line, Member, Message, MessageId,
    Ordinal, Profile, Reaction, Role, Seq, UserId, Wall,
};
use proptest::prelude::*;

use crate::world::*;

const PEOPLE: [&str; 3] = ["ann", "bob", "cy"];

fn team() -> ConversationId {
    ConversationId::group(MessageId { instance: InstanceId(1), counter: 1 })
}

fn profile(name: &str, public: bool) -> Profile {
    Profile { name: Line::new(name).unwrap(), topic: Line::default(), public }
}

fn text(body: &str) -> Content {
    Body::new(body).unwrap().into()
}

fn content() -> impl Strategy<Value = Content> {
    let target = || (1..9_u64).prop_map(Seq);
    let person = || (0..PEOPLE.len()).prop_map(|n| user(PEOPLE[n]));
    let role = prop::sample::select(vec![None, Some(Role::Reader), Some(Role::Owner)]);
    let reaction = prop::sample::select(vec!["a", "b"]).prop_map(|r| Reaction::new(r).unwrap());
    prop_oneof![
        6 => Just(text("said")),
        2 => (target(), "[a-z]{1,3}").prop_map(|(target, body)| Content::Edit {
            target,
            body: Body::new(&body).unwrap(),
        }),
        1 => target().prop_map(|target| Content::Delete { target }),
        6 => (target(), reaction, any::<bool>())
            .prop_map(|(target, reaction, on)| Content::React { target, reaction, on }),
        3 => (person(), role).prop_map(|(user, role)| Content::Member { user, role }),
        1 => ("[a-z]{1,3}", any::<bool>())
            .prop_map(|(name, public)| Content::Describe { profile: profile(&name, public) }),
    ]
}

/// The events of one group, at their places. The hub lets none change what is no text.
fn events(contents: Vec<(usize, Content)>) -> Vec<Message> {
    let members = vec![
        Member { user: user("ann"), role: Role::Owner },
        Member { user: user("bob"), role: Role::Member },
    ];
    let first = (0, Content::Create { profile: profile("tea", false), members });
    let mut events: Vec<Message> = Vec::new();
    let mut texts = 0;
    for (who, content) in [first].into_iter().chain(contents) {
        let at_text = |seq: &Seq| {
            let found = events.iter().find(|m| m.seq == *seq);
            found.is_some_and(|m| matches!(m.content, Content::Text { .. }))
        };
        if content.target().is_some_and(|target| !at_text(&target)) {
            continue;
        }
        texts += u64::from(content.is_text());
        let seq = events.len() as u64 + 1;
        events.push(Message {
            conversation: team(),
            ordinal: Ordinal(texts),
            content,
            ..message("x", seq, PEOPLE[who], "x")
        });
    }
    events
}

/// What events make of a room and its texts, folded plainly.
#[derive(Default)]
struct Fold {
    roles: BTreeMap<UserId, (Role, Seq)>,
    called: Profile,
    edits: BTreeMap<Seq, (Seq, Body)>,
    gone: BTreeMap<Seq, Seq>,
    likes: BTreeMap<Seq, BTreeSet<(Reaction, UserId)>>,
}

impl Fold {
    fn of(events: &[Message]) -> Self {
        let mut fold = Self::default();
        events.iter().for_each(|event| fold.take(event));
        fold
    }

    fn take(&mut self, Message { seq, sender, content, .. }: &Message) {
        let Self { roles, called, edits, gone, likes } = self;
        match content {
            Content::Create { profile, members } => {
                *called = profile.clone();
                *roles = members.iter().map(|m| (m.user.clone(), (m.role, *seq))).collect();
            }
            Content::Member { user, role: Some(role) } => {
                roles.entry(user.clone()).or_insert((*role, *seq)).0 = *role;
            }
            Content::Member { user, role: None } => drop(roles.remove(user)),
            Content::Describe { profile } => *called = profile.clone(),
            Content::Edit { target, body } => drop(edits.insert(*target, (*seq, body.clone()))),
            Content::Delete { target } => {
                gone.entry(*target).or_insert(*seq);
            }
            Content::React { target, reaction, on } if !gone.contains_key(target) => {
                let like = (reaction.clone(), sender.clone());
                let liked = likes.entry(*target).or_default();
                if *on {
                    liked.insert(like)
                } else {
                    liked.remove(&like)
                };
            }
            Content::React { .. }
            | Content::Text { .. }
            | Content::Expire { .. }
            | Content::Erase { .. }
            | Content::Gone { .. } => {}
        }
    }
}

fn check(history: &History, events: &[Message]) {
    let Fold { roles, called, edits, gone, likes } = Fold::of(events);
    let room = history.room(&team()).unwrap().unwrap();
    let owners = roles.values().filter(|(role, _)| *role == Role::Owner).count();
    assert_eq!(room.profile, called);
    assert_eq!((room.members as usize, room.owners as usize), (roles.len(), owners));
    let listed = history.members(&team(), None, 200).unwrap();
    let listed: Vec<_> = listed.into_iter().map(|m| (m.user, m.role)).collect();
    assert_eq!(listed, roles.iter().map(|(u, (role, _))| (u.clone(), *role)).collect::<Vec<_>>());
    let head = Seq(events.len() as u64);
    for reader in PEOPLE.map(user) {
        let membership = history.membership(&team(), &reader).unwrap();
        let expected = roles.get(&reader);
        assert_eq!(membership.map(|m| (m.role, m.since)).as_ref(), expected);
        let mine = history.mine(&reader, None, 200).unwrap();
        assert_eq!(mine.len(), usize::from(expected.is_some()));
        if let (Some(mine), Some((role, since))) = (mine.first(), expected) {
            let texts = events.iter().filter(|m| m.content.is_text());
            // Who says something has read what stands before it.
            let said = texts.clone().filter(|m| m.sender == reader).map(|m| m.seq).max();
            let read = said.unwrap_or_default().max(*since);
            let unread = texts.clone().filter(|m| m.seq > read).count() as u64;
            assert_eq!((mine.role, mine.read_seq, mine.unread), (*role, read, unread));
            assert_eq!((mine.head, mine.ordinal.0), (head, texts.count() as u64));
            assert_eq!(&mine.profile, &called);
        }
        let page = history.page(&team(), Seq(1), 200, head, Some(&reader)).unwrap();
        assert_eq!((page.messages.len(), page.as_of), (events.len(), head));
        for (shown, event) in page.messages.iter().zip(events) {
            let change = page.changes.iter().find(|change| change.seq == event.seq);
            if let Some(by) = gone.get(&event.seq) {
                assert_eq!((&shown.content, change), (&Content::Gone { by: *by }, None));
                continue;
            }
            if let Content::Edit { target, .. } = &event.content
                && gone.contains_key(target)
            {
                assert_eq!(shown.content, Content::Delete { target: *target });
            } else {
                assert_eq!(shown.content, event.content);
            }
            let edited = change.and_then(|change| change.edited.clone());
            assert_eq!(edited.as_ref(), edits.get(&event.seq));
            let mut counts: BTreeMap<&Reaction, (u32, bool)> = BTreeMap::new();
            for (reaction, who) in likes.get(&event.seq).into_iter().flatten() {
                let (count, me) = counts.entry(reaction).or_default();
                (*count, *me) = (*count + 1, *me || *who == reader);
            }
            let told = change.map(|change| change.reactions.as_slice()).unwrap_or_default();
            let told: Vec<_> = told.iter().map(|c| (&c.reaction, (c.count, c.me))).collect();
            assert_eq!(told, counts.into_iter().collect::<Vec<_>>());
        }
    }
}

fn applied(place: &Place, events: &[Message], a_batch: usize) -> History {
    let history = place.open();
    let mut journal = Journal::new();
    let facts = |events: &[Message], journal: &mut Journal| {
        journal.place(events.iter().cloned().map(Fact::Message))
    };
    let batches: Vec<Facts> = events.chunks(a_batch).map(|e| facts(e, &mut journal)).collect();
    apply(&history, 1, &batches).unwrap();
    // Again, under the same numbers: they are ignored.
    let items: Vec<Item<'_>> = (1..).zip(&batches).map(|(n, facts)| batch(n, facts)).collect();
    history.apply(&items, &KEY).unwrap();
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn rooms_and_texts_are_what_their_events_made_of_them(
        contents in prop::collection::vec((0..PEOPLE.len(), content()), 0..60),
        a_batch in 1..9_usize,
    ) {
        let events = events(contents);
        let place = Place::new();
        let history = applied(&place, &events, a_batch);
        check(&history, &events);
        drop(history);
        check(&place.open(), &events);
    }
}

#[test]
fn a_text_counts_so_many_different_reactions_and_no_more() {
    let like = |n: usize, on| Content::React {
        target: Seq(2),
        reaction: Reaction::new(&format!("r{n:02}")).unwrap(),
        on,
    };
    let counted = REACTIONS_COUNTED_MAX;
    let mut said = vec![(0, text("x"))];
    said.extend((0..=counted).map(|n| (0, like(n, true))));
    // One that is not counted any more makes room; one that never was takes nothing away.
    said.extend([(0, like(counted, false)), (0, like(0, false)), (1, like(counted, true))]);
    let place = Place::new();
    let events = events(said);
    let history = applied(&place, &events, 7);
    let page = history.page(&team(), Seq(2), 1, Seq(2), Some(&user("bob"))).unwrap();
    let shown: Vec<_> = page.changes[0].reactions.iter().collect();
    assert_eq!(shown.len(), counted);
    assert_eq!((shown[0].reaction.as_str(), shown[0].me), ("r01", false));
    let last = shown[counted - 1];
    assert_eq!((last.reaction.as_str(), last.count, last.me), ("r20", 1, true));
}

#[test]
fn unread_texts_are_counted_from_the_mark_of_any_device() {
    let said: Vec<_> = (0..5).map(|_| (0, text("x"))).collect();
    let events = events(said);
    let place = Place::new();
    let history = applied(&place, &events, 100);
    let bob = user("bob");
    assert_eq!(history.mine(&bob, None, 1).unwrap()[0].unread, 5);
    let mark = model::CursorMove {
        conversation: team(),
        user: bob.clone(),
        device: DeviceId::read_mark(),
        seq: Seq(4),
    };
    feed(&history, 2, [Fact::Cursors(vec![mark])]);
    let mine = history.mine(&bob, None, 1).unwrap();
    assert_eq!((mine[0].read_seq, mine[0].unread), (Seq(4), 2));
    assert_eq!(mine[0].last.as_ref().map(|last| last.seq), Some(Seq(6)));
}

#[test]
fn lists_go_on_after_a_name_and_have_their_limit() {
    let place = Place::new();
    let history = place.open();
    let groups: Vec<_> = (1..=5)
        .map(|n| ConversationId::group(MessageId { instance: InstanceId(7), counter: n }))
        .collect();
    let create = |conversation: &ConversationId| {
        let users = ["ann", "ann1", "bob"].map(user);
        let members = users.map(|user| Member { user, role: Role::Owner }).to_vec();
        let content = Content::Create { profile: profile("x", true), members };
        let conversation = conversation.clone();
        let ordinal = Ordinal(0);
        Fact::Message(Message { conversation, content, ordinal, ..message("x", 1, "ann", "x") })
    };
    feed(&history, 1, groups.iter().map(create));
    let names = |after: Option<&ConversationId>, limit| {
        let mine = history.mine(&user("ann"), after, limit).unwrap();
        mine.into_iter().map(|one| one.conversation).collect::<Vec<_>>()
    };
    assert_eq!(names(None, 200), groups);
    assert_eq!(names(Some(&groups[1]), 2), groups[2..4]);
    assert_eq!(names(Some(&groups[4]), 2), []);
    let members = |after: Option<&str>, limit| {
        let after = after.map(user);
        let members = history.members(&groups[0], after.as_ref(), limit).unwrap();
        members.into_iter().map(|one| one.user).collect::<Vec<_>>()
    };
    assert_eq!(members(None, 2), [user("ann"), user("ann1")]);
    assert_eq!(members(Some("ann"), 9), [user("ann1"), user("bob")]);
    let stranger = history.mine(&user("an"), None, 9).unwrap();
    assert!(stranger.is_empty());
    assert_eq!(history.cursor().unwrap().batch.0, 1);
    assert_eq!(Wall(1_000), history.read(&groups[0], Seq(1), 1, Seq(1)).unwrap()[0].received_at);
}
