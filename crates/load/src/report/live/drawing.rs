//! The one screen: what comes and goes, how long it takes, what is answered, and whether the generator can be trusted.

use std::collections::VecDeque;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Bar, BarChart, BarGroup, Block, Gauge, Paragraph, Row, Sparkline, Table};

use super::Snapshot;
use super::lights::{Light, Lit, lights};
use crate::measure::run::Plan;
use crate::report::text::one_line;
use crate::report::{story, units};

/// Seconds of the past that are drawn, at most: wider than any screen.
const PAST_MAX: usize = 300;
/// Kinds of answers that are told.
const ANSWERS_MAX: usize = 8;
/// Bars of latencies: each a half of a decade and up to 100 s.
const BARS: usize = 12;
/// The first bar ends here, in µs.
const FIRST_BAR_US: f64 = 100.0;

/// What a snapshot does not say: what was before, and what was asked.
pub(super) struct Picture {
    title: String,
    manner: String,
    cpus: u32,
    past: VecDeque<u64>,
    last_at_s: f64,
}

impl Picture {
    /// Before the first second.
    pub(super) fn new(plan: &Plan, cpus: u32) -> Self {
        let title = one_line(&plan.target, 200);
        Self { title, manner: story::manner(plan), cpus, past: VecDeque::new(), last_at_s: -1.0 }
    }

    /// Keeps the last second, once.
    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        if snapshot.last.at_s <= self.last_at_s {
            return;
        }
        self.last_at_s = snapshot.last.at_s;
        self.past.push_back(snapshot.last.done);
        if self.past.len() > PAST_MAX {
            self.past.pop_front();
        }
    }
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, picture: &Picture, now: &Snapshot) {
    let rows = [
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(7),
        Constraint::Min(7),
        Constraint::Length(4),
        Constraint::Length(1),
    ];
    let [title, progress, upper, lower, health, keys] = Layout::vertical(rows).areas(frame.area());
    let halves = Layout::horizontal([Constraint::Percentage(54), Constraint::Percentage(46)]);
    let [rate_area, table_area] = halves.areas(upper);
    let [bars_area, answers_area] = halves.areas(lower);
    head(frame, title, progress, picture, now);
    rate(frame, rate_area, picture, now);
    latency(frame, table_area, now);
    bars(frame, bars_area, now);
    answers(frame, answers_area, now);
    generator(frame, health, picture, now);
    frame.render_widget(Line::from("q ends the run, with a report of what there is").dim(), keys);
}

fn head(frame: &mut Frame<'_>, title: Rect, progress: Rect, picture: &Picture, now: &Snapshot) {
    let line = Line::from(vec![
        Span::from(picture.title.as_str()).bold(),
        Span::from(format!("  {}", picture.manner)).dim(),
    ]);
    frame.render_widget(line, title);
    let share = now.planned_s.map_or(0.0, |planned_s| (now.at_s / planned_s).clamp(0.0, 1.0));
    let of = now.planned_s.map_or_else(String::new, |planned_s| format!(" of {planned_s:.0}"));
    let told = format!("{}  {:.0}{of} s", now.phase.told(), now.at_s);
    let gauge = Gauge::default().ratio(share).label(told).gauge_style(Style::new().fg(Color::Blue));
    frame.render_widget(gauge, progress);
}

fn rate(frame: &mut Frame<'_>, area: Rect, picture: &Picture, now: &Snapshot) {
    let last = &now.last;
    let [done, due, failed, flying] =
        [last.done, last.offered, last.failed, last.in_flight].map(units::count);
    let title = format!(" {done}/s done · {due} due · {failed} failed · {flying} in flight ");
    let block = Block::bordered().title(title);
    let width = usize::from(block.inner(area).width);
    let from = picture.past.len().saturating_sub(width);
    let past: Vec<u64> = picture.past.iter().skip(from).copied().collect();
    let line = Sparkline::default().data(past).style(Style::new().fg(Color::Blue)).block(block);
    frame.render_widget(line, area);
}

fn latency(frame: &mut Frame<'_>, area: Rect, now: &Snapshot) {
    let told = |quantile| {
        story::quantile(&now.response, quantile).map_or_else(|| "–".to_owned(), units::time_us)
    };
    let [p50, p90, p99, max] = now.last.response_us.map(units::time_us);
    let dash = || "–".to_owned();
    let rows = [
        ("p50", told(0.5), p50),
        ("p90", told(0.9), p90),
        ("p99", told(0.99), p99),
        ("p99.9", told(0.999), dash()),
        ("max", units::time_us(now.response.0.max()), max),
    ];
    let rows = rows.map(|(name, all, last)| Row::new([name.to_owned(), all, last]));
    let widths = [Constraint::Length(6), Constraint::Length(11), Constraint::Length(11)];
    let head = Row::new(["", "all", "last second"]).style(Style::new().dim());
    let table = Table::new(rows, widths).header(head);
    frame.render_widget(table.block(Block::bordered().title(" response, from due ")), area);
}

fn bars(frame: &mut Frame<'_>, area: Rect, now: &Snapshot) {
    let mut counts = [0_u64; BARS];
    for step in now.response.0.iter_recorded() {
        counts[bar(step.value_iterated_to())] += step.count_since_last_iteration();
    }
    let block = Block::bordered().title(" responses, each bar up to ");
    let width = block.inner(area).width;
    let bars_len = u16::try_from(BARS).unwrap_or(u16::MAX);
    let wide = (width / bars_len).saturating_sub(1).max(3);
    let bars: Vec<_> = counts
        .iter()
        .enumerate()
        .map(|(place, &count)| {
            Bar::default().value(count).text_value(String::new()).label(Line::from(ends_at(place)))
        })
        .collect();
    let chart =
        BarChart::default().data(BarGroup::default().bars(&bars)).bar_width(wide).bar_gap(1);
    frame.render_widget(chart.bar_style(Style::new().fg(Color::Cyan)).block(block), area);
}

/// The bar that a time is in.
fn bar(us: u64) -> usize {
    let place = |place: &usize| us as f64 <= FIRST_BAR_US * 10f64.powf(*place as f64 / 2.0);
    (0..BARS).find(place).unwrap_or(BARS - 1)
}

/// Short enough to stand below a bar.
fn ends_at(place: usize) -> String {
    let us = FIRST_BAR_US * 10f64.powf(place as f64 / 2.0);
    match us {
        us if us < 999.0 => format!("{:.1}m", us / 1e3),
        us if us < 999_000.0 => format!("{:.0}m", us / 1e3),
        us => format!("{:.0}s", us / 1e6),
    }
}

fn answers(frame: &mut Frame<'_>, area: Rect, now: &Snapshot) {
    let rows =
        story::answers(&now.totals).into_iter().take(ANSWERS_MAX).map(|(what, count, share)| {
            Row::new([one_line(&what, 60), units::count(count), units::share(share)])
        });
    let widths = [Constraint::Fill(1), Constraint::Length(10), Constraint::Length(8)];
    frame.render_widget(Table::new(rows, widths).block(Block::bordered().title(" answers ")), area);
}

fn generator(frame: &mut Frame<'_>, area: Rect, picture: &Picture, now: &Snapshot) {
    let lights = lights(&now.last.client, picture.cpus);
    let worst = lights.iter().map(|lit| lit.light).max().unwrap_or(Light::Green);
    let title = match worst {
        Light::Green => " generator: fine ",
        Light::Amber => " generator: near its limit ",
        Light::Red => " generator: these figures may be its own, not the server's ",
    };
    let block = Block::bordered().title(title).border_style(Style::new().fg(colour(worst)));
    let lines = lines(&lights, usize::from(block.inner(area).width));
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// As many in a line as there is room for.
fn lines(lights: &[Lit], width: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    for lit in lights {
        let told = format!("{} {} {}   ", lit.light.mark(), lit.name, lit.told);
        let last = lines.last().map_or(0, Line::width);
        if last > 0 && last + told.trim_end().chars().count() > width {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            line.push_span(Span::from(told).fg(colour(lit.light)));
        }
    }
    lines
}

const fn colour(light: Light) -> Color {
    match light {
        Light::Green => Color::Green,
        Light::Amber => Color::Yellow,
        Light::Red => Color::Red,
    }
}
