//! The cases of `docs/cases`, small: the real binary is the outside service, the service and its clients. Bounds are of
//! arithmetic, not of a fast machine.

use std::time::Instant;

use crate::house::{House, hubbub, run};

const CLIENTS: u64 = 200;
const SLOTS: u64 = 20;
/// Of the outside service, always.
const CALL_MS: u128 = 1_000;

/// Lets clients ask a service of so many slots; gives how many were answered, and how many could be by Little's law.
async fn answered(slot: &str, slots: u64) -> (u64, u64) {
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
    let ended = run(load, folder.path()).await;
    let answered = service.metric("lab_answered_total").await;
    assert_eq!(service.metric("lab_failed_total").await, 0, "{ended:?}");
    // Each slot has finished at most so many calls of a second by now.
    let rounds = u64::try_from(began.elapsed().as_millis() / CALL_MS).unwrap();
    (answered, slots * rounds)
}

#[tokio::test]
async fn slots_are_a_ceiling_and_more_of_them_that_cost_less_lift_it() {
    let (before, most) = answered("thread", SLOTS).await;
    assert!((SLOTS..=most).contains(&before), "{before} answered, {most} could be");
    let (after, most) = answered("stream", CLIENTS).await;
    assert!(after > 2 * before && after <= most, "{after}, before {before}; {most} could be");
}
