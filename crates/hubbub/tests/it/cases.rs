//! The cases of `docs/cases`, small: the real binary is the outside service, the service and its clients. Bounds are of
//! arithmetic, not of a fast machine.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::house::{House, hubbub, run};

const CLIENTS: u64 = 200;
const SLOTS: u64 = 50;
/// Of the outside service, always.
const CALL_MS: u128 = 1_000;
/// How often the service is asked where its requests are.
const LOOK: Duration = Duration::from_millis(50);

/// What clients have seen of a service.
#[derive(Debug)]
struct Seen {
    /// In calls at once, at most.
    most: u64,
    answered: u64,
    /// As many could be by Little's law.
    ceiling: u64,
}

/// Lets clients ask a service of so many slots.
async fn asked(slot: &str, slots: u64) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let line = format!(
        "nlp --no-models --listen 127.0.0.1:0 --latency-sigma 0 --latency-mean-ms {CALL_MS}"
    );
    let nlp = House::start(folder.path(), "nlp", &line).await;
    let line = format!(
        "lab slots --listen 127.0.0.1:0 --outside {} --slot {slot} --slots {slots}",
        nlp.at()
    );
    let began = Instant::now();
    let service = House::start(folder.path(), "service", &line).await;
    let url = format!("http://{}/v1/analyze", service.at());
    let mut load = hubbub(folder.path());
    load.args(["load", "run", &url, "-b", "{\"text\":\"message {{index}}\"}", "-c"]);
    load.args([&CLIENTS.to_string(), "-d", "3s", "-T", "30s", "--warm-up", "0s"]);
    load.args(["--plain", "--no-probe"]);
    let mut clients = std::pin::pin!(run(load, folder.path()));
    let mut most = 0;
    let ended = loop {
        tokio::select! {
            ended = &mut clients => break ended,
            calls = calls(&service) => most = most.max(calls),
        }
    };
    let answered = service.metric("lab_answered_total").await;
    assert_eq!(service.metric("lab_failed_total").await, 0, "{ended:?}");
    // Each slot has finished at most so many calls of a second by now.
    let rounds = u64::try_from(began.elapsed().as_millis() / CALL_MS).unwrap();
    Seen { most, answered, ceiling: slots * rounds }
}

/// Calls in flight a moment later.
async fn calls(service: &House) -> u64 {
    sleep(LOOK).await;
    service.metric("lab_requests{stage=\"call\"}").await
}

#[tokio::test]
async fn slots_are_a_ceiling_and_more_of_them_that_cost_less_lift_it() {
    let before = asked("thread", SLOTS).await;
    assert!(before.most == SLOTS && before.answered <= before.ceiling, "{before:?}");
    assert!(before.answered >= CLIENTS, "each has an answer: {before:?}");
    let after = asked("stream", CLIENTS).await;
    assert!(after.most > 2 * before.most && after.answered <= after.ceiling, "{after:?}");
}
