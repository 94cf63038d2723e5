//! Conversations with members: who hears them, until when, and what is told beside messages.

use std::time::Duration;

use model::{Refusal, Role};
use wire::{Code, Command, Frame, Presence, SubscribeFrom};

use crate::support::client::{Client, after};
use crate::support::{House, Kind, conv, over_each_transport};

const TEAM: &str = "g:team";

async fn team(kind: Kind) -> House {
    let house = House::new(kind).await;
    house.owner.enroll(TEAM, "ada", Some(Role::Owner));
    house.owner.enroll(TEAM, "ben", Some(Role::Member));
    house
}

async fn ended(client: &mut Client) {
    let ended = Frame::Unsubscribed { reference: None, conversation: conv(TEAM) };
    assert_eq!(client.frame().await, ended);
}

async fn a_stranger_hears_nothing_and_is_told_nothing(kind: Kind) {
    let house = team(kind).await;
    let mut cy = house.client("cy").await;
    for room in [TEAM, "g:nowhere"] {
        cy.subscribe(room, SubscribeFrom::Start).await;
        let problem = cy.problem().await;
        assert_eq!((problem.code, problem.reference), (Code::NotFound, Some(9)));
        let text = wire::Problem::from((wire::About::default(), Refusal::NotFound)).detail;
        assert_eq!(problem.detail, text);
        let (reference, conversation) = (Some(4), conv(room));
        cy.tell(Command::Members { reference, conversation, after: None, limit: 9 }).await;
        assert_eq!(cy.problem().await.code, Code::NotFound);
    }
    house.owner.say(TEAM, "a secret");
    cy.tell(Command::Typing { conversation: conv(TEAM) }).await;
    cy.silence(Duration::from_millis(50)).await;
    assert_eq!(house.gateway.counters().subscriptions, 0);
}

async fn a_live_subscription_ends_with_the_event_that_removes_its_user(kind: Kind) {
    let house = team(kind).await;
    let mut ben = house.client("ben").await;
    let mut ada = house.client("ada").await;
    for client in [&mut ben, &mut ada] {
        client.subscribed(TEAM, SubscribeFrom::Last(0)).await;
    }
    house.owner.say(TEAM, "before");
    house.owner.enroll(TEAM, "ben", None);
    house.owner.say(TEAM, "after");
    ben.messages(TEAM, 3, 4).await;
    ended(&mut ben).await;
    ada.messages(TEAM, 3, 5).await;
    ben.silence(Duration::from_millis(50)).await;
    ben.subscribe(TEAM, after(1, 4)).await;
    assert_eq!(ben.problem().await.code, Code::NotFound);
}

async fn one_that_was_behind_ends_there_too_and_not_at_an_older_removal(kind: Kind) {
    let house = team(kind).await;
    house.owner.enroll(TEAM, "ben", None);
    house.owner.enroll(TEAM, "ben", Some(Role::Reader));
    house.owner.say_many(TEAM, 300);
    let mut ben = house.client("ben").await;
    // He is a member now: that he once was not is part of what he may read.
    ben.subscribed(TEAM, SubscribeFrom::Start).await;
    house.owner.say_many(TEAM, 600);
    house.owner.enroll(TEAM, "ben", None);
    house.owner.say_many(TEAM, 600);
    ben.messages(TEAM, 1, 905).await;
    ended(&mut ben).await;
    ben.silence(Duration::from_millis(50)).await;
}

async fn removed_while_the_owner_was_away_it_ends_all_the_same(kind: Kind) {
    let house = team(kind).await;
    let mut ben = house.client("ben").await;
    ben.subscribed(TEAM, SubscribeFrom::Last(0)).await;
    house.owner.cut();
    house.wait_for("the loss", |house| house.gateway.counters().link_up == 0).await;
    house.owner.say(TEAM, "meanwhile");
    house.owner.enroll(TEAM, "ben", None);
    house.owner.say(TEAM, "after");
    house.owner.open();
    ben.messages(TEAM, 3, 4).await;
    ended(&mut ben).await;
    ben.silence(Duration::from_millis(50)).await;
}

async fn lists_and_members_are_asked_of_the_owner(kind: Kind) {
    let house = team(kind).await;
    let mut ada = house.client("ada").await;
    ada.tell(Command::List { reference: Some(1), after: None, limit: 9 }).await;
    let Frame::Conversations { reference: Some(1), conversations } = ada.frame().await else {
        panic!("no list")
    };
    assert_eq!((conversations.len(), conversations[0].role), (1, Role::Owner));
    let conversation = conv(TEAM);
    ada.tell(Command::Members { reference: Some(2), conversation, after: None, limit: 9 }).await;
    let Frame::Members { reference: Some(2), count: 2, members, .. } = ada.frame().await else {
        panic!("no members")
    };
    assert_eq!(members[1].user.as_str(), "ben");
    let conversation = conv("lobby");
    ada.tell(Command::Members { reference: Some(3), conversation, after: None, limit: 9 }).await;
    assert_eq!(ada.problem().await.code, Code::NotFound);
}

async fn others_see_who_types_and_oneself_does_not(kind: Kind) {
    let house = team(kind).await;
    let (mut ada, mut ben) = (house.client("ada").await, house.client("ben").await);
    ada.subscribed(TEAM, SubscribeFrom::Last(0)).await;
    ben.subscribed(TEAM, SubscribeFrom::Last(0)).await;
    for _ in 0..5 {
        ada.tell(Command::Typing { conversation: conv(TEAM) }).await;
    }
    let user = "ada".parse().unwrap();
    assert_eq!(ben.frame().await, Frame::Typing { conversation: conv(TEAM), user });
    ben.silence(Duration::from_millis(50)).await;
    ada.silence(Duration::from_millis(10)).await;
}

async fn who_is_watched_comes_and_goes(kind: Kind) {
    let house = House::new(kind).await;
    let mut ada = house.client("ada").await;
    let users = vec!["ben".parse().unwrap()];
    ada.tell(Command::Watch { reference: Some(1), users }).await;
    let told = |reference, online: &[bool]| Frame::Presence {
        reference,
        users: online
            .iter()
            .map(|online| Presence { user: "ben".parse().unwrap(), online: *online })
            .collect(),
    };
    assert_eq!(ada.frame().await, told(Some(1), &[]));
    assert_eq!(ada.frame().await, told(None, &[false]));
    let (ben, mut also_ben) = (house.client("ben").await, house.client("ben").await);
    assert_eq!(ada.frame().await, told(None, &[true]));
    drop(ben);
    also_ben.silence(Duration::from_millis(50)).await;
    drop(also_ben);
    assert_eq!(ada.frame().await, told(None, &[false]));
    // A second watcher is told what is known.
    let mut cy = house.client("cy").await;
    let users = vec!["ben".parse().unwrap()];
    cy.tell(Command::Watch { reference: Some(2), users }).await;
    assert_eq!(cy.frame().await, told(Some(2), &[false]));
    ada.tell(Command::Watch { reference: Some(3), users: Vec::new() }).await;
    assert_eq!(ada.frame().await, told(Some(3), &[]));
    let _ben = house.client("ben").await;
    assert_eq!(cy.frame().await, told(None, &[true]));
    ada.silence(Duration::from_millis(50)).await;
}

over_each_transport!(
    a_stranger_hears_nothing_and_is_told_nothing,
    a_live_subscription_ends_with_the_event_that_removes_its_user,
    one_that_was_behind_ends_there_too_and_not_at_an_older_removal,
    removed_while_the_owner_was_away_it_ends_all_the_same,
    lists_and_members_are_asked_of_the_owner,
    others_see_who_types_and_oneself_does_not,
    who_is_watched_comes_and_goes,
);
