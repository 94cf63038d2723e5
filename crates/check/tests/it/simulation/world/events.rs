//! What happens when something happens.

use std::time::Duration;

use hub::{Known, LookedUp};
use link::{RequestId, ToOwner};
use model::bounds::BODY_MAX_BYTES;
use model::{Body, Draft, InstanceId, MessageId, Seq};

use super::World;
use crate::simulation::client::{Act, Client, Mind, Repeater, Voice};
use crate::simulation::fate::Event;
use crate::simulation::file::Ending;
use crate::simulation::gateway::{Gateway, Out};
use crate::simulation::owner::{HubEvent, Written};

/// How often a gateway tries to reach an owner that is not there.
const DIAL_AGAIN: Duration = Duration::from_millis(30);

/// How long a poisoned owner lives on, at most.
const POISONED_LIVES: Duration = Duration::from_millis(30);

/// The instance that says what nobody listens to.
const BALLAST: InstanceId = InstanceId(u64::MAX);

/// How often it is said at a time: a segment is full after some of them.
const BALLAST_AT_A_TIME: u32 = 8;

impl World {
    pub(super) fn happens(&mut self, event: Event) {
        let (fate, net) = (&mut self.fate, &mut self.net);
        match event {
            Event::Act { client } => self.act(client),
            Event::Timer { client } => self.clients[client].tick(fate, net),
            Event::Connected { client, attempt } => self.connected(client, attempt),
            Event::ToClient { conn, text } => {
                if let Some(client) = net.client_of(conn) {
                    self.clients[client].hears(fate, net, conn, &text);
                }
            }
            Event::ClientLost { conn } => {
                if let Some(client) = net.client_of(conn) {
                    net.client_left(fate, conn);
                    self.clients[client].lost(fate, net, conn);
                }
            }
            Event::ToGateway { conn, text } => {
                if let Some(gateway) = net.gateway_of(conn) {
                    self.at_gateway(gateway, |gateway| gateway.hears_client(conn, &text));
                }
            }
            Event::GatewayLost { conn } => {
                if let Some(gateway) = net.gateway_of(conn) {
                    net.gateway_left(fate, conn);
                    self.at_gateway(gateway, |gateway| gateway.closed(conn));
                }
            }
            Event::GatewayStart { gateway } => {
                let life = self.gateways[gateway].life + 1;
                self.gateways[gateway] = Gateway::new(life, self.shape.ring, self.shape.page);
                self.dial(gateway, life);
            }
            Event::GatewayTurn { gateway, life } => {
                if self.gateways[gateway].life == life {
                    self.at_gateway(gateway, Gateway::look_at_all);
                }
            }
            Event::Dial { gateway, life } => self.dial(gateway, life),
            Event::FromOwner { link, what } => {
                if let Some(gateway) = net.linked_gateway(link) {
                    self.at_gateway(gateway, |gateway| gateway.hears_owner(what));
                }
            }
            Event::LinkLost { link } => {
                if let Some(gateway) = net.linked_gateway(link) {
                    net.gateway_unlinked(fate, link);
                    self.at_gateway(gateway, Gateway::unlinked);
                    let life = self.gateways[gateway].life;
                    self.fate.within(DIAL_AGAIN, Event::Dial { gateway, life });
                }
            }
            other @ (Event::ToOwner { .. }
            | Event::LinkDown { .. }
            | Event::HubTurn { .. }
            | Event::WriterTurn { .. }
            | Event::FollowTurn { .. }
            | Event::Answer { .. }
            | Event::OwnerExit { .. }
            | Event::OwnerStart
            | Event::Ballast
            | Event::Fault
            | Event::RoomAgain) => self.happens_to_owner(other),
        }
    }

    fn happens_to_owner(&mut self, event: Event) {
        let (fate, net) = (&mut self.fate, &mut self.net);
        let life = self.owner.as_ref().map(|owner| owner.life);
        match (event, &mut self.owner) {
            (Event::ToOwner { link, what }, Some(owner)) if net.owner_hears(link) => {
                owner.hears(fate, link, what);
            }
            (Event::LinkDown { link }, Some(owner)) if net.owner_hears(link) => {
                net.owner_unlinked(fate, link);
                owner.link_down(fate, link);
            }
            (Event::HubTurn { life: of, hub }, Some(owner)) if life == Some(of) => {
                owner.take_turn(fate, net, hub);
            }
            (Event::Answer { life: of, hub, task }, Some(owner)) if life == Some(of) => {
                let answer = self.views.answer(*task);
                if matches!(&answer, HubEvent::LookedUp(LookedUp { known: Known::Not, .. })) {
                    fate.met.count("lookups in vain");
                }
                owner.put(fate, hub, answer);
            }
            (Event::FollowTurn { life: of }, Some(owner)) if life == Some(of) => {
                if fate.dice.percent(10) {
                    self.older = Some(self.views.clone());
                }
                owner.follow(fate, &mut self.views);
            }
            (Event::WriterTurn { life: of }, Some(_)) if life == Some(of) => self.write(),
            (Event::OwnerExit { life: of }, Some(_)) if life == Some(of) => {
                let death = self.any_death();
                self.owner_dies(death);
            }
            (Event::OwnerStart, None) => self.owner_starts(),
            (Event::Ballast, Some(_)) if !self.calm => self.say_ballast(),
            (Event::Fault, _) if !self.calm => self.fault(),
            (Event::RoomAgain, _) => self.room_again(),
            _ => {}
        }
    }

    fn write(&mut self) {
        let Some(owner) = &mut self.owner else { return };
        match owner.write(&mut self.fate, &self.disk, self.faults, &mut self.armed) {
            Written::Done => {}
            Written::Died(death) => {
                self.fate.met.count("deaths in an append");
                self.owner_dies(death);
            }
            Written::Poisoned => {
                self.fate.met.count("poisonings");
                let life = owner.life;
                self.fate.within(POISONED_LIVES, Event::OwnerExit { life });
            }
        }
    }

    /// Tells a gateway something, and does what it wants.
    pub(super) fn at_gateway(&mut self, index: usize, tell: impl FnOnce(&mut Gateway)) {
        let (fate, net, gateway) = (&mut self.fate, &mut self.net, &mut self.gateways[index]);
        if !gateway.is_up {
            return;
        }
        gateway.tick(fate.now);
        tell(gateway);
        for out in std::mem::take(&mut gateway.out) {
            match (out, gateway.link) {
                (Out::Say(conn, frame), _) => net.tell_client(fate, conn, frame.encode()),
                (Out::Ask(what), Some(link)) => net.tell_owner(fate, link, what),
                (Out::Ask(_), None) => {}
                (Out::Again(wait), _) => {
                    let life = gateway.life;
                    fate.at(fate.now + wait, Event::GatewayTurn { gateway: index, life });
                }
            }
        }
        if let Some(wrong) = gateway.wrong.take() {
            fate.broken.push(wrong);
            gateway.link.into_iter().for_each(|link| net.cut_link(fate, link));
        }
    }

    fn dial(&mut self, index: usize, life: u64) {
        let gateway = &self.gateways[index];
        if gateway.life != life || !gateway.is_up || gateway.link.is_some() {
            return;
        }
        match &mut self.owner {
            Some(owner) => {
                let link = self.net.link(index);
                owner.link_up(link);
                self.at_gateway(index, |gateway| gateway.linked(link));
            }
            None => self.fate.within(DIAL_AGAIN, Event::Dial { gateway: index, life }),
        }
    }

    fn connected(&mut self, client: usize, attempt: u64) {
        let Some(via) = self.clients[client].reaches(attempt) else { return };
        if self.gateways[via].is_up {
            let conn = self.net.connect(client, via);
            self.at_gateway(via, |gateway| gateway.opened(conn));
            self.clients[client].connected(&mut self.fate, &mut self.net, conn, via);
        } else {
            self.clients[client].not_connected(&mut self.fate, &mut self.net);
        }
    }

    fn act(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let Voice::Session { session, mind: Mind::Player(player) } = &mut client.voice else {
            return;
        };
        if client.is_over || self.calm || player.acts == 0 {
            return;
        }
        let act = player.act(&mut self.fate, session, &self.shape);
        client.pump(&mut self.fate, &mut self.net);
        match act {
            Act::Done => {}
            Act::CutConnection => {
                if let Some(conn) = client.conn {
                    self.fate.met.count("connections cut");
                    self.net.cut_conn(&mut self.fate, conn);
                }
            }
            Act::Repeat => self.repeat(index),
            Act::Vanish => return self.vanish(index),
        }
        self.fate.within(self.shape.act_every, Event::Act { client: index });
    }

    fn repeat(&mut self, index: usize) {
        let repeaters = self.clients.len();
        let client = &mut self.clients[index];
        let (who, name) = (client.who.clone(), format!("{}.again", client.file.name));
        let Voice::Session { mind: Mind::Player(player), .. } = &mut client.voice else { return };
        let (repeater, said) = (*player.repeater.get_or_insert(repeaters), player.said.clone());
        if repeater == repeaters {
            let voice = Voice::Raw(Repeater::default());
            self.clients.push(Client::new(repeaters, name, who, voice));
        }
        self.clients[repeater].repeat(&mut self.fate, &said, self.shape.gateways);
    }

    /// Its process dies; someone on the same device begins anew, with an empty outbox.
    fn vanish(&mut self, index: usize) {
        self.fate.met.count("sessions vanished");
        let client = &mut self.clients[index];
        if let Some(conn) = client.conn.filter(|_| self.fate.dice.percent(50)) {
            self.net.cut_conn(&mut self.fate, conn);
        }
        client.end(&mut self.fate, &mut self.net, Ending::Vanished);
        let InstanceId(instance) = client.who.instance;
        let number = usize::try_from((instance >> 32) - 1).unwrap();
        let acts = match &client.voice {
            Voice::Session { mind: Mind::Player(player), .. } => player.acts,
            Voice::Session { .. } | Voice::Raw(_) => 0,
        };
        self.add_player(number, (instance & 0xFFFF_FFFF) + 1, acts);
    }

    /// Enough for the next segment.
    fn say_ballast(&mut self) {
        for _ in 0..BALLAST_AT_A_TIME {
            self.say_one_ballast();
        }
    }

    fn say_one_ballast(&mut self) {
        self.ballast += 1;
        let body = "b".repeat(BODY_MAX_BYTES);
        let draft = Draft {
            conversation: "ballast".parse().unwrap(),
            sender: "ballast".parse().unwrap(),
            id: MessageId { instance: BALLAST, counter: self.ballast },
            content: Body::new(&body).unwrap().into(),
            lamport: self.ballast,
            seen_seq: Seq(0),
            sent_at: self.fate.wall(),
        };
        let request = RequestId(self.ballast);
        if let Some(owner) = &mut self.owner {
            owner.hears(&mut self.fate, 0, ToOwner::Send { request, draft, trace: None });
        }
    }
}
