//! Governed conversations: who may what, decided where the sequence number is given.

use hub::{Command, Limits, Reply};
use model::{
    Body, Content, ConversationId, Draft, InstanceId, Member, MessageId, Profile, Refusal, Role,
    Seq,
};

use crate::words::{HERE, by, delivered, draft, user};
use crate::world::World;

fn team() -> ConversationId {
    ConversationId::group(MessageId { instance: InstanceId(1), counter: 1 })
}

fn create(members: &[(&str, Role)]) -> Draft {
    let members = members.iter().map(|(name, role)| Member { user: user(name), role: *role });
    let profile = Profile::default();
    say(1, Content::Create { profile, members: members.collect() })
}

/// The `counter`-th thing that ada does in the team.
fn say(counter: u64, content: Content) -> Draft {
    Draft { content, ..draft(team().as_str(), counter, "x") }
}

fn role(name: &str, role: Option<Role>) -> Content {
    Content::Member { user: user(name), role }
}

fn text() -> Content {
    Body::new("x").unwrap().into()
}

fn seqs(replies: &[(u64, Reply)]) -> Vec<Result<u64, Refusal>> {
    let seq = |(_, reply): &(u64, Reply)| match reply {
        Reply::Sent { seq, .. } => Ok(seq.0),
        Reply::Refused(refusal) => Err(refusal.clone()),
        other => panic!("{other:?}"),
    };
    replies.iter().map(seq).collect()
}

/// A team of ada and ben, all in history, nothing in memory.
fn cold_team() -> World {
    let mut world = World::new(Limits::default());
    world.send(create(&[("ada", Role::Owner), ("ben", Role::Member)]));
    world.rest();
    world.restart();
    world
}

#[test]
fn whoever_was_removed_has_nothing_to_say_after_it_also_in_the_same_batch() {
    let mut world = cold_team();
    world.said(say(2, role("ben", None)));
    world.said(by("ben", 7, say(1, text())));
    world.rest();
    assert_eq!(seqs(&world.replies()), [Err(Refusal::NotFound), Ok(2)]);
}

#[test]
fn what_an_author_says_while_a_role_is_loaded_keeps_its_order() {
    let mut world = cold_team();
    for counter in 2..6 {
        world.send(say(counter, text()));
    }
    world.rest();
    assert_eq!(seqs(&world.replies()), [Ok(2), Ok(3), Ok(4), Ok(5)]);
}

#[test]
fn a_role_that_the_journal_refused_was_never_given() {
    let mut world = cold_team();
    world.said(say(2, role("cy", Some(Role::Member))));
    world.said(by("cy", 7, say(1, text())));
    world.refuse();
    world.tell();
    assert_eq!(seqs(&world.replies()), [Err(Refusal::DiskFull), Err(Refusal::DiskFull)]);
    world.said(by("cy", 7, say(2, text())));
    assert_eq!(seqs(&world.replies()), [Err(Refusal::NotFound)]);
    // The owner is one all the same, and says it again.
    world.send(say(2, role("cy", Some(Role::Member))));
    world.rest();
    assert_eq!(seqs(&world.replies()), [Ok(2)]);
}

#[test]
fn who_may_hear_is_who_is_a_durable_member() {
    let mut world = cold_team();
    world.said(say(2, role("cy", Some(Role::Reader))));
    world.admit("cy", &team());
    world.answer_loads();
    let refused = |replies: Vec<(u64, Reply)>| {
        matches!(replies.as_slice(), [(_, Reply::Refused(Refusal::NotFound))])
    };
    assert!(refused(world.replies()));
    world.make_durable();
    world.log();
    world.admit("cy", &team());
    let replies = world.replies();
    assert!(matches!(&replies[..], [(_, Reply::Admitted { standing })] if standing.head == Seq(2)));
    world.read_as("dee", &team());
    world.answer_loads();
    assert!(refused(world.replies()));
}

#[test]
fn of_what_one_is_not_in_everything_looks_as_if_it_were_not_there() {
    let nowhere = ConversationId::group(MessageId { instance: InstanceId(99), counter: 1 });
    for seen_seq in [0, 500] {
        for lamport in [1, u64::MAX >> 12] {
            let mut world = cold_team();
            for (n, conversation) in [team(), nowhere.clone()].into_iter().enumerate() {
                for (counter, content) in [
                    (1, text()),
                    (2, Content::Edit { target: Seq(1), body: Body::new("x").unwrap() }),
                    (3, Content::Delete { target: Seq(1) }),
                    (4, role("dee", Some(Role::Member))),
                    (5, role("ada", None)),
                    (6, Content::Describe { profile: Profile::default() }),
                ] {
                    let draft = by("dee", 40 + n as u64, say(counter, content));
                    let conversation = conversation.clone();
                    let seen_seq = Seq(seen_seq);
                    world.said(Draft { conversation, seen_seq, lamport, ..draft });
                    world.rest();
                    assert_eq!(seqs(&world.replies()), [Err(Refusal::NotFound)]);
                }
                world.read_as("dee", &conversation);
                world.admit("dee", &conversation);
                world.rest();
                assert_eq!(
                    seqs(&world.replies()),
                    [Err(Refusal::NotFound), Err(Refusal::NotFound)]
                );
            }
        }
    }
}

#[test]
fn a_text_is_edited_by_its_author_alone_wherever_it_is() {
    let mut world = cold_team();
    world.said(by("ben", 7, say(1, text())));
    world.make_durable();
    world.log();
    let edit = Content::Edit { target: Seq(2), body: Body::new("y").unwrap() };
    let no = Err(Refusal::NoSuchMessage { target: Seq(2) });
    // In the tail, and then in history only.
    world.said(say(2, edit.clone()));
    world.said(by("ben", 7, say(2, edit.clone())));
    world.rest();
    assert_eq!(seqs(&world.replies()), [no.clone(), Ok(3)]);
    world.restart();
    world.said(say(3, edit.clone()));
    world.said(by("ben", 7, say(3, edit)));
    world.rest();
    let mut replies = seqs(&world.replies());
    replies.sort_by_key(Result::is_err);
    assert_eq!(replies, [Ok(4), no]);
}

#[test]
fn a_create_is_answered_once_and_for_others_it_does_not_exist() {
    let mut world = cold_team();
    let again = create(&[("ada", Role::Owner), ("ben", Role::Member)]);
    world.said(again.clone());
    world.said(by("ada", 8, again));
    world.rest();
    let mut replies = world.replies();
    replies.sort_by_key(|(request, _)| *request);
    assert!(
        matches!(replies[0].1, Reply::Sent { duplicate: true, seq: Seq(1), .. }),
        "{replies:?}"
    );
    // Another instance cannot make this name.
    assert_eq!(seqs(&replies[1..]), [Err(Refusal::NotFound)]);
    let ben = (user("ben"), user("ada"));
    let direct = ConversationId::direct(&ben.0, &ben.1);
    let meet = |first: &str, second: &str, instance| {
        let both = [first, second].map(|name| Member { user: user(name), role: Role::Member });
        let content = Content::Create { profile: Profile::default(), members: both.to_vec() };
        by(first, instance, Draft { conversation: direct.clone(), ..say(9, content) })
    };
    world.said(meet("ada", "ben", 1));
    world.said(meet("ben", "ada", 7));
    world.rest();
    let exists = Err(Refusal::Exists { conversation: direct.clone() });
    let mut replies = world.replies();
    replies.sort_by_key(|(request, _)| *request);
    assert_eq!(seqs(&replies), [Ok(1), exists]);
    world.said(meet("cy", "dee", 11));
    world.rest();
    assert_eq!(seqs(&world.replies()), [Err(Refusal::NotFound)], "that is not their name");
}

#[test]
fn events_are_delivered_in_the_order_of_what_was_said_and_only_texts_are_counted() {
    let mut world = cold_team();
    world.attach(HERE, team().as_str());
    world.answer_loads();
    world.said(say(2, text()));
    world.said(say(3, role("cy", Some(Role::Reader))));
    world.said(say(4, text()));
    world.rest();
    let log = world.log();
    assert_eq!(delivered(&log, HERE), [2, 3, 4]);
    let ordinals = log.iter().filter_map(|command| match command {
        Command::Deliver { message, .. } => Some(message.ordinal.0),
        _ => None,
    });
    assert_eq!(ordinals.collect::<Vec<_>>(), [1, 1, 2]);
}
