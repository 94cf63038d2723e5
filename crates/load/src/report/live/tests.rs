use ratatui::Terminal as Drawn;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::drawing::{Picture, draw};
use super::*;
use crate::measure::run::Run;
use crate::report::sample;

fn snapshot(run: &Run, at: usize) -> Snapshot {
    Snapshot {
        at_s: run.seconds[at].at_s + 0.25,
        planned_s: Some(60.0),
        phase: Phase::Measuring,
        last: run.seconds[at].clone(),
        totals: run.totals.clone(),
        response: run.histograms.response.clone(),
    }
}

fn shown(run: &Run, at: usize, width: u16, height: u16) -> String {
    let mut picture = Picture::new(&run.plan, run.host.cpus);
    let now = snapshot(run, at);
    picture.take(&now);
    let mut terminal = Drawn::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, &picture, &now)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn one_screen_has_rate_latency_answers_and_the_generators_health() {
    let screen = shown(&sample::healthy(), 9, 100, 30);
    for told in [
        "http://127.0.0.1:8080/hello",
        "measuring  10 of 60 s",
        "4,998/s done",
        "p99.9",
        "503 unavailable: shed",
        "generator: fine",
        "✔ run queue",
        "q ends the run",
    ] {
        assert!(screen.contains(told), "{told} in\n{screen}");
    }
}

#[test]
fn a_starved_generator_is_told_in_words_not_only_in_colours() {
    let screen = shown(&sample::starved(), 30, 100, 30);
    assert!(screen.contains("these figures may be its own"), "{screen}");
    assert!(screen.contains("✘ run queue 48.0 %"), "{screen}");
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    for (width, height) in [(80, 24), (40, 10), (1, 1), (300, 100)] {
        assert!(!shown(&sample::healthy(), 0, width, height).is_empty());
    }
}

#[test]
fn a_target_cannot_move_the_cursor() {
    let screen = shown(&sample::hostile(), 0, 100, 30);
    assert!(!screen.contains('\u{1b}'), "{screen}");
}

#[test]
fn a_pipeline_gets_a_line_each_five_seconds_that_names_only_what_is_wrong() {
    let mut lines = Lines::new(2);
    let run = sample::starved();
    let told: Vec<_> = (0..60).filter_map(|at| lines.line(&snapshot(&run, at))).collect();
    assert_eq!(told.len(), 12);
    assert!(told[0].contains("generator ✔") && told[0].contains("p99"), "{}", told[0]);
    assert!(told[5].contains("generator ✘ run queue 48.0 %"), "{}", told[5]);
    assert!(!told[5].contains("steal"));
}

#[test]
fn q_and_ctrl_c_end_a_run_and_other_keys_do_not() {
    let key = |code, modifiers| terminal::ends(KeyEvent::new(code, modifiers));
    assert!(key(KeyCode::Char('q'), KeyModifiers::NONE));
    assert!(key(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert!(!key(KeyCode::Char('c'), KeyModifiers::NONE));
    assert!(!key(KeyCode::Enter, KeyModifiers::NONE));
}
