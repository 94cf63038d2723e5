//! One of several processes that make the requests of one measurement: it is told what to do, and says what it counts.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::words::{Done, Order, Said, read, write};
use crate::measure::clock;
use crate::measure::engine::{Load, Watch};
use crate::measure::refusal::Refusal;
use crate::measure::run::Second;
use crate::measure::tally::Tally;

/// Orders that wait to be followed.
const ORDERS_MAX: usize = 4;

/// Makes its part of loads until nobody orders any more. `load` makes one of so many connections of all processes.
///
/// # Errors
/// Nobody listens.
pub(crate) async fn follow(
    load: impl Fn(u32) -> Result<Load, Refusal>,
) -> Result<ExitCode, Refusal> {
    // Ctrl-C is for the one who gives orders, and reaches all of a terminal.
    let _unheard = signal(SignalKind::interrupt());
    let mut orders = orders();
    while let Some(order) = orders.recv().await {
        if let Order::Open { connections } = order
            && let Err(why) = one(&load, connections, &mut orders).await
        {
            say(&Said::Refused(why))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn one(
    load: &impl Fn(u32) -> Result<Load, Refusal>,
    connections: u32,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<(), Refusal> {
    let load = load(connections)?;
    let ready = load.ready().await?;
    say(&Said::Ready)?;
    let Some(Order::Go { at_ns }) = orders.recv().await else { return Ok(()) };
    let ended = async {
        // The end, or nobody is there to want more.
        orders.recv().await;
    };
    let measured = ready.go(clock::at(at_ns), None, &mut Telling, ended).await?;
    say(&Said::Done(Box::new(Done {
        total: measured.total,
        measured_s: measured.measured_s,
        took: measured.took,
        open_most: measured.open_most,
        cpu_s: measured.cpu_s,
        was_interrupted: measured.was_interrupted,
    })))
}

/// What is ordered, read by a thread that ends with the process.
fn orders() -> mpsc::Receiver<Order> {
    let (sender, receiver) = mpsc::channel(ORDERS_MAX);
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        while let Ok(Some(order)) = read(&mut input) {
            if sender.blocking_send(order).is_err() {
                return;
            }
        }
    });
    receiver
}

fn say(word: &Said) -> Result<(), Refusal> {
    let said = write(&mut std::io::stdout().lock(), word);
    said.map_err(|why| Refusal::io(format!("nobody hears this generator: {why}")))
}

/// Says each second.
struct Telling;

impl Watch for Telling {
    fn second(&mut self, second: &Second, counted: &Tally, total: &Tally) {
        let (mut counted, mut total) = (counted.clone(), total.clone());
        // They may be many, and are told at the end.
        counted.counts.spikes.clear();
        total.counts.spikes.clear();
        let word = Said::Second(Box::new((second.clone(), counted, total)));
        // If nobody hears it, the end of orders ends this process.
        let _ = say(&word);
    }
}
