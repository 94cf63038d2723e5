//! Connections between clients and gateways, and links between gateways and the owner. What is said
//! arrives in order, late, and not at all once the line is cut: then each side notices by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use link::{FromOwner, ToOwner};
use model::Mono;

use super::fate::{Event, Fate};

/// One line. The near side asked for it: a client, or a gateway.
#[derive(Debug, Default)]
struct Line {
    near: usize,
    far: usize,
    near_is_there: bool,
    far_is_there: bool,
    /// Nothing that is said from now on arrives.
    cut: bool,
    /// When the last of what was said arrives.
    at_far: Mono,
    at_near: Mono,
}

#[derive(Debug)]
pub(crate) struct Network {
    conns: BTreeMap<u64, Line>,
    links: BTreeMap<u64, Line>,
    last: u64,
    late: Duration,
}

impl Line {
    fn new(near: usize, far: usize) -> Self {
        Self { near, far, near_is_there: true, far_is_there: true, ..Self::default() }
    }

    fn takes_from_near(&mut self) -> Option<&mut Mono> {
        (self.near_is_there && !self.cut).then_some(&mut self.at_far)
    }

    fn takes_from_far(&mut self) -> Option<&mut Mono> {
        (self.far_is_there && !self.cut).then_some(&mut self.at_near)
    }
}

/// How much later than a frame the end of a line is noticed, at most.
const NOTICED: u32 = 10;

impl Network {
    pub(crate) fn new(late: Duration) -> Self {
        Self { conns: BTreeMap::new(), links: BTreeMap::new(), last: 0, late }
    }

    pub(crate) fn connect(&mut self, client: usize, gateway: usize) -> u64 {
        self.last += 1;
        self.conns.insert(self.last, Line::new(client, gateway));
        self.last
    }

    pub(crate) fn link(&mut self, gateway: usize) -> u64 {
        self.last += 1;
        self.links.insert(self.last, Line::new(gateway, 0));
        self.last
    }

    /// Those that stand, as far as both sides know.
    pub(crate) fn conns(&self) -> Vec<u64> {
        Self::whole(&self.conns)
    }

    pub(crate) fn links(&self) -> Vec<u64> {
        Self::whole(&self.links)
    }

    fn whole(lines: &BTreeMap<u64, Line>) -> Vec<u64> {
        let whole = |line: &Line| line.near_is_there && line.far_is_there && !line.cut;
        lines.iter().filter(|(_, line)| whole(line)).map(|(number, _)| *number).collect()
    }

    pub(crate) fn tell_gateway(&mut self, fate: &mut Fate, conn: u64, text: String) {
        if let Some(last) = self.conns.get_mut(&conn).and_then(Line::takes_from_near) {
            fate.in_order(last, self.late, Event::ToGateway { conn, text });
        }
    }

    pub(crate) fn tell_client(&mut self, fate: &mut Fate, conn: u64, text: String) {
        if let Some(last) = self.conns.get_mut(&conn).and_then(Line::takes_from_far) {
            fate.in_order(last, self.late, Event::ToClient { conn, text });
        }
    }

    pub(crate) fn tell_owner(&mut self, fate: &mut Fate, link: u64, what: ToOwner) {
        if let Some(last) = self.links.get_mut(&link).and_then(Line::takes_from_near) {
            fate.in_order(last, self.late, Event::ToOwner { link, what });
        }
    }

    pub(crate) fn tell_linked(&mut self, fate: &mut Fate, link: u64, what: FromOwner) {
        if let Some(last) = self.links.get_mut(&link).and_then(Line::takes_from_far) {
            fate.in_order(last, self.late, Event::FromOwner { link, what });
        }
    }

    /// Which gateway hears what comes on this connection.
    pub(crate) fn gateway_of(&self, conn: u64) -> Option<usize> {
        self.conns.get(&conn).filter(|line| line.far_is_there).map(|line| line.far)
    }

    pub(crate) fn client_of(&self, conn: u64) -> Option<usize> {
        self.conns.get(&conn).filter(|line| line.near_is_there).map(|line| line.near)
    }

    /// Which gateway hears what comes over this link.
    pub(crate) fn linked_gateway(&self, link: u64) -> Option<usize> {
        self.links.get(&link).filter(|line| line.near_is_there).map(|line| line.near)
    }

    pub(crate) fn owner_hears(&self, link: u64) -> bool {
        self.links.get(&link).is_some_and(|line| line.far_is_there)
    }

    pub(crate) fn cut_conn(&mut self, fate: &mut Fate, conn: u64) {
        let Some(line) = self.conns.get_mut(&conn) else { return };
        line.cut = true;
        fate.within(self.late * NOTICED, Event::GatewayLost { conn });
        fate.within(self.late * NOTICED, Event::ClientLost { conn });
    }

    pub(crate) fn cut_link(&mut self, fate: &mut Fate, link: u64) {
        let Some(line) = self.links.get_mut(&link) else { return };
        line.cut = true;
        fate.within(self.late * NOTICED, Event::LinkLost { link });
        fate.within(self.late * NOTICED, Event::LinkDown { link });
    }

    /// The client closed it, or noticed that it is gone. What it had said may still arrive.
    pub(crate) fn client_left(&mut self, fate: &mut Fate, conn: u64) {
        let Some(line) = self.conns.get_mut(&conn) else { return };
        line.near_is_there = false;
        if line.far_is_there {
            fate.in_order(&mut line.at_far, self.late, Event::GatewayLost { conn });
        } else {
            self.conns.remove(&conn);
        }
    }

    /// The gateway died, or noticed that it is gone.
    pub(crate) fn gateway_left(&mut self, fate: &mut Fate, conn: u64) {
        let Some(line) = self.conns.get_mut(&conn) else { return };
        line.far_is_there = false;
        if line.near_is_there {
            fate.within(self.late * NOTICED, Event::ClientLost { conn });
        } else {
            self.conns.remove(&conn);
        }
    }

    /// The gateway died, or noticed that its link is gone.
    pub(crate) fn gateway_unlinked(&mut self, fate: &mut Fate, link: u64) {
        let Some(line) = self.links.get_mut(&link) else { return };
        line.near_is_there = false;
        if line.far_is_there {
            fate.in_order(&mut line.at_far, self.late, Event::LinkDown { link });
        } else {
            self.links.remove(&link);
        }
    }

    /// The owner died, or noticed that a link is gone.
    pub(crate) fn owner_unlinked(&mut self, fate: &mut Fate, link: u64) {
        let Some(line) = self.links.get_mut(&link) else { return };
        line.far_is_there = false;
        if line.near_is_there {
            fate.within(self.late * NOTICED, Event::LinkLost { link });
        } else {
            self.links.remove(&link);
        }
    }

    /// All connections of a gateway, and all its links.
    pub(crate) fn gateway_died(&mut self, fate: &mut Fate, gateway: usize) {
        let of = |line: &Line, side: usize| side == gateway && line.far_is_there;
        let conns: Vec<u64> =
            self.conns.iter().filter(|(_, l)| of(l, l.far)).map(|(n, _)| *n).collect();
        conns.into_iter().for_each(|conn| self.gateway_left(fate, conn));
        let mine = |line: &Line| line.near == gateway && line.near_is_there;
        let links: Vec<u64> = self.links.iter().filter(|(_, l)| mine(l)).map(|(n, _)| *n).collect();
        links.into_iter().for_each(|link| self.gateway_unlinked(fate, link));
    }

    /// All links, when the owner dies.
    pub(crate) fn owner_died(&mut self, fate: &mut Fate) {
        let there = |line: &Line| line.far_is_there;
        let links: Vec<u64> =
            self.links.iter().filter(|(_, l)| there(l)).map(|(n, _)| *n).collect();
        links.into_iter().for_each(|link| self.owner_unlinked(fate, link));
    }
}
