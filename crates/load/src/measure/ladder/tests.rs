use clap::Parser as _;

use super::*;
use crate::measure::engine::tests::bare::{Act, Bare};

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    ladder: LadderArgs,
}

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn args(url: &str, words: &str) -> LadderArgs {
    let words = ["ladder", url, "--json"].into_iter().chain(words.split_whitespace());
    Line::try_parse_from(words).expect("the test's words are right").ladder
}

#[tokio::test]
async fn a_ladder_goes_up_and_down_and_around_its_knee_and_each_step_is_measured() {
    let server = Bare::begin(|_| vec![Act::Say(FINE)]);
    let args = args(&server.url, "--steps 4,1,2 --step-time 240ms -t 2");
    let aim = Aim::take(&args.target).await.expect("it is a URL");
    let beside = Beside::begin(true);
    let mut climb = Climb::new(&args, &aim, None, Duration::from_millis(20)).expect("one process");
    climb.all(&[1, 2, 4]).await.expect("it climbs");
    let run = climb.run(beside);
    let steps = run.ladder.as_ref().expect("it is one");
    let ways: Vec<_> = steps.iter().map(|step| (step.connections, step.direction)).collect();
    let (up, down) = (Direction::Up, Direction::Down);
    assert_eq!(ways[..5], [(1, up), (2, up), (4, up), (2, down), (1, down)]);
    assert!(ways[5..].iter().all(|(_, way)| *way == Direction::Around), "{ways:?}");
    for step in steps {
        let rates = &step.throughput_batches;
        // 240 ms are 12 ticks of which 4 are left out; on a busy machine ticks are joined.
        assert!((1..=8).contains(&rates.len()), "{step:?}");
        assert!(rates.iter().sum::<f64>() > 0.0 && step.failed_rate == 0.0, "{step:?}");
    }
    assert_eq!((run.plan.stages.len(), run.totals.asked_connections), (steps.len(), 4));
    let opened: u32 = steps.iter().map(|step| step.connections).sum();
    assert_eq!((run.totals.connects, server.connections()), (opened.into(), opened.into()));
    assert!(run.totals.done > 0 && run.totals.done < server.requests(), "without the warm-ups");
    assert_eq!(run.totals.alone_p50_us, Some(steps[0].response_us[0]), "of one connection");
}

#[test]
fn steps_are_sorted_once_each_and_too_few_or_too_short_are_refused() {
    let steps = |words: &str| checked(&args("http://127.0.0.1:1/", words));
    assert_eq!(steps("--steps 9,1,3,9"), Ok(vec![1, 3, 9]));
    assert!(steps("--steps 9,1,9").expect_err("two").to_string().contains("make a ladder"));
    assert!(steps("--step-time 1500ms").is_ok());
    assert!(steps("--step-time 1499ms").expect_err("short").to_string().contains("at least"));
}
