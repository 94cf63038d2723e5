use super::*;
use crate::measure::engine::tests::bare::{Act, Bare};
use crate::measure::engine::tests::{FINE, measure};

/// A second on a full machine, beside a server of which this is known.
fn second(server: ServerHealth) -> Second {
    let client = Health { machine_busy: 0.99, ..Health::default() };
    Second { at_s: 1.0, client, server: Some(server), ..Second::default() }
}

#[tokio::test]
async fn of_a_server_that_speaks_for_itself_the_machine_is_not_taken_for_the_generators() {
    let server = Bare::begin(|_| vec![Act::Say(FINE)]);
    let mut run = measure(&server.url, "-n 5 -c 1").await.expect("it is measured");
    let said = ServerHealth {
        source: ServerSource::Metrics,
        cpu: 0.5,
        allowed_cores: Some(2),
        open_files: Some(960),
        open_files_max: Some(1_000),
        queued: Some(4.0),
        ..ServerHealth::default()
    };
    run.seconds = vec![second(said), second(ServerHealth { open_files: Some(3), ..said })];
    let Evidence { server, limits, .. } = of(&run);
    assert_eq!((server.is_local, server.machine_busy), (false, None));
    assert_eq!((server.cpu_cores, server.allowed_cores), (Some(0.5), Some(2.0)));
    assert_eq!((server.queued, server.run_queue_wait), (Some(4.0), None));
    assert_eq!((limits.server_files, limits.server_files_max), (Some(960.0), Some(1_000.0)));

    let source = ServerSource::Process;
    let seen = ServerHealth { source, longest_wait: Some(0.25), allowed_cores: None, ..said };
    run.seconds = vec![second(seen)];
    let server = of(&run).server;
    assert_eq!((server.is_local, server.machine_busy), (true, Some(0.99)));
    assert_eq!(server.allowed_cores, Some(f64::from(run.host.cpus)), "those of this machine");
    assert_eq!(server.run_queue_wait, Some(0.25));
}
