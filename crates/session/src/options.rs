//! What a session is told at its start.

use std::time::Duration;

use model::{DeviceId, InstanceId, UserId};

use wire::Proof;

use crate::Backoff;

/// Who speaks, and how much may wait.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who.
    pub user: UserId,
    /// On which of their devices.
    pub device: DeviceId,
    /// 64 random bits, drawn when a client starts with an empty outbox.
    pub instance: InstanceId,
    /// What shows who it is.
    pub proof: Option<Proof>,
    /// Of the dice for backoff and for the first gateway.
    pub seed: u64,
    /// How many gateways there are to choose from; at least 1. The first is drawn, then it goes round.
    pub gateways: usize,
    /// How long to wait between tries.
    pub backoff: Backoff,
    /// The heartbeat until the server names its own.
    pub heartbeat: Duration,
    /// How long a try to connect may take.
    pub connect_timeout: Duration,
    /// Messages that wait for their acknowledgement, sent or not.
    pub outbox_max: usize,
    /// Messages that were sent and wait for their acknowledgement.
    pub in_flight_max: usize,
    /// Conversations followed at a time.
    pub subscriptions_max: usize,
    /// Reads that wait for their page.
    pub reads_max: usize,
    /// Conversations of which it is remembered how far they were seen. Beyond it, one that is not
    /// followed is forgotten: its next message says 0 = none seen.
    pub seen_max: usize,
    /// Acknowledge each message as soon as it was heard. Otherwise the application does, once a
    /// message is with the device for good.
    pub acknowledge_on_hearing: bool,
    /// Acknowledgements of one conversation are gathered for so long.
    pub acknowledge_delay: Duration,
}

impl Options {
    /// With the defaults of the protocol.
    pub fn new(user: UserId, device: DeviceId, instance: InstanceId, seed: u64) -> Self {
        Self {
            user,
            device,
            instance,
            proof: None,
            seed,
            gateways: 1,
            backoff: Backoff::default(),
            heartbeat: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            outbox_max: 1024,
            in_flight_max: 64,
            subscriptions_max: 1024,
            reads_max: 64,
            seen_max: 65_536,
            acknowledge_on_hearing: false,
            acknowledge_delay: Duration::from_millis(100),
        }
    }
}
