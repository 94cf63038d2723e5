//! What the house says is gone, is gone; and only the house may say so.

use hub::{Known, Limits, LookedUp, Reply};
use model::{Body, Content, Draft, ReadFrom, Refusal, Seq, UserId};

use crate::words::{by, draft, page_of, sent, user};
use crate::world::World;

fn world(texts: u64) -> World {
    let mut world = World::new(Limits::default());
    for counter in 1..=texts {
        world.said(draft("c", counter, "x"));
    }
    world.make_durable();
    world.log();
    world
}

fn word(counter: u64, content: Content) -> Draft {
    let said = by(":keeper", 9, draft("c", counter, "x"));
    assert_eq!(said.sender, UserId::keeper());
    Draft { content, ..said }
}

fn contents(world: &mut World) -> Vec<Content> {
    world.read("c", ReadFrom::Seq(Seq(1)), 100);
    match world.replies().pop().unwrap().1 {
        Reply::Page { messages, .. } => messages.iter().map(|m| m.content.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_expired_is_read_no_more_as_soon_as_that_is_durable() {
    let mut world = world(4);
    let expire = word(1, Content::Expire { first: Seq(3) });
    world.said(expire);
    world.read("c", ReadFrom::Seq(Seq(1)), 100);
    let (standing, seqs) = page_of(&world.replies().pop().unwrap().1);
    assert_eq!((standing.first, seqs), (Seq(1), vec![1, 2, 3, 4]));
    world.make_durable();
    world.log();
    world.read("c", ReadFrom::Seq(Seq(1)), 100);
    let (standing, seqs) = page_of(&world.replies().pop().unwrap().1);
    assert_eq!((standing.first, seqs), (Seq(3), vec![3, 4, 5]));
    // Nor answered, liked or changed: it is not there.
    world.send(Draft {
        content: Content::Text { body: Body::new("y").unwrap(), reply_to: Some(Seq(2)) },
        ..draft("c", 5, "x")
    });
    let refused = Reply::Refused(Refusal::NoSuchMessage { target: Seq(2) });
    assert_eq!(world.replies().pop().unwrap().1, refused);
}

#[test]
fn only_what_stands_here_can_expire_and_never_twice() {
    let mut world = world(4);
    for (counter, (first, there)) in (1..).zip([(0, false), (1, false), (6, false), (5, true)]) {
        let draft = word(counter, Content::Expire { first: Seq(first) });
        world.said(draft.clone());
        world.make_durable();
        let answer = world.replies().pop().unwrap().1;
        let expected = if there {
            sent(&draft, 5, 1_002, false)
        } else {
            Reply::Refused(Refusal::NoSuchMessage { target: Seq(first) })
        };
        assert_eq!(answer, expected, "{first}");
    }
    // The next one is the first that is left; it is the house's own word.
    assert_eq!(contents(&mut world), [Content::Expire { first: Seq(5) }]);
}

#[test]
fn an_erased_users_words_leave_the_tail_and_its_ids_do_not() {
    let mut world = world(2);
    world.said(by("bob", 2, draft("c", 1, "bob's")));
    let edit = Content::Edit { target: Seq(1), body: Body::new("z").unwrap() };
    let edit = Draft { content: edit, ..draft("c", 3, "x") };
    world.said(edit.clone());
    world.make_durable();
    let before = world.hub.gauges().tail_bytes;
    world.said(word(1, Content::Erase { user: user("ada") }));
    world.make_durable();
    world.log();
    let gone = Content::Gone { by: Seq(5) };
    assert_eq!(
        contents(&mut world),
        [
            gone.clone(),
            gone,
            Body::new("bob's").unwrap().into(),
            Content::Delete { target: Seq(1) },
            Content::Erase { user: user("ada") },
        ]
    );
    assert!(world.hub.gauges().tail_bytes > before - 3, "three letters went, one word came");
    for again in [draft("c", 1, "x"), edit] {
        world.send(again);
        let (_, answer) = world.replies().pop().unwrap();
        assert!(matches!(answer, Reply::Sent { duplicate: true, .. }), "{answer:?}");
    }
    // The books are right to the byte when all of it leaves memory.
    world.rest();
    assert_eq!(world.hub.gauges().tail_bytes, 0);
}

#[test]
fn an_id_below_one_that_expired_is_refused_for_good() {
    let mut world = world(3);
    world.rest();
    world.restart();
    world.log();
    let old = draft("c", 2, "x");
    world.send(old.clone());
    world.answer_loads();
    let asked = world.lookups.remove(0);
    let answer = LookedUp { token: asked.token, known: Known::Expired };
    world.hub.handle_looked_up(answer, world.now);
    world.pump();
    let (_, answer) = world.replies().pop().unwrap();
    assert_eq!(answer, Reply::Refused(Refusal::Expired { id: old.id }));
}

#[test]
fn nobody_else_speaks_for_the_house_and_it_says_nothing_else() {
    let mut world = world(3);
    let expire = Content::Expire { first: Seq(2) };
    let erase = Content::Erase { user: user("bob") };
    for content in [expire, erase] {
        world.said(Draft { content, ..draft("c", 9, "x") });
        let (_, answer) = world.replies().pop().unwrap();
        assert_eq!(answer, Reply::Refused(Refusal::NotFound));
    }
    world.said(word(9, Body::new("hello").unwrap().into()));
    assert_eq!(world.replies().pop().unwrap().1, Reply::Refused(Refusal::NotFound));
}
