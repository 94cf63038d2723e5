use super::*;
use crate::report::sample;

fn up(run: &Run) -> Vec<Point> {
    points(run.ladder.as_ref().unwrap(), |direction| direction != Direction::Down)
}

#[test]
fn the_knee_is_found_where_it_is_and_told_with_why() {
    let run = sample::ladder();
    let up = up(&run);
    assert_eq!(up.len(), 12 + 3);
    let knee = hinge(&up, 1).unwrap();
    assert!((73.0..86.0).contains(&knee.at), "{knee:?}");
    let told = text(&run, &knee, Some(&knee), &up);
    assert!(told.starts_with("The knee is at 80 connections"), "{told}");
    assert!(told.contains("On the way down it is the same"), "{told}");
    assert!(told.contains("Why, by the scalability law: "), "{told}");
}

#[test]
fn another_knee_on_the_way_down_is_hysteresis() {
    let run = sample::ladder();
    let up = up(&run);
    let knee = hinge(&up, 1).unwrap();
    let back = Knee { at: knee.at / HYSTERESIS / 1.01, ..knee };
    assert!(text(&run, &knee, Some(&back), &up).contains("Hysteresis"));
    assert!(!text(&run, &knee, Some(&knee), &up).contains("Hysteresis"));
}

#[test]
fn steps_with_as_many_connections_come_together() {
    let mut run = sample::ladder();
    let steps = run.ladder.as_mut().unwrap();
    let again = steps[0].clone();
    steps.push(again);
    let points = up(&run);
    assert_eq!(points.len(), 15);
    assert_eq!(points[0].batches.len(), 16);
}
