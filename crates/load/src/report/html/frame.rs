//! The frame of a chart: axes, ticks, and where a value stands. Inline SVG, drawn by hand.

use maud::{Markup, html};

/// Of the picture, in units that are near pixels.
pub(crate) const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 30.0;

/// Lines on a linear axis, about.
const TICKS: f64 = 5.0;
/// On a logarithmic axis there is a label a decade, up to so many decades; beyond, one every second.
const DECADES_LABELLED: usize = 7;

/// From values to a place between 0 and 1.
pub(crate) struct Axis {
    is_log: bool,
    from: f64,
    to: f64,
    ticks: Vec<(f64, String)>,
}

/// Two axes.
pub(crate) struct Frame {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

impl Axis {
    /// From 0 to a little more than the largest value.
    pub(crate) fn linear(largest: f64, tell: impl Fn(f64) -> String) -> Self {
        let largest = if largest > 0.0 { largest } else { 1.0 };
        let step = nice(largest / TICKS);
        let to = (largest / step).ceil() * step;
        let count = counted(to / step);
        let ticks = (0..=count).map(|tick| tick as f64 * step).map(|at| (at, tell(at))).collect();
        Self { is_log: false, from: 0.0, to, ticks }
    }

    /// Exactly from one value to another.
    pub(crate) fn between(from: f64, to: f64, tell: impl Fn(f64) -> String) -> Self {
        let to = if to > from { to } else { from + 1.0 };
        let step = nice((to - from) / TICKS);
        let first = (from / step).ceil();
        let count = counted(to / step - first);
        let at = |tick: usize| (first + tick as f64) * step;
        let ticks = (0..=count).map(at).filter(|at| *at <= to).map(|at| (at, tell(at))).collect();
        Self { is_log: false, from, to, ticks }
    }

    /// Whole decades around two positive values.
    pub(crate) fn decades(least: f64, largest: f64, tell: impl Fn(f64) -> String) -> Self {
        let least = least.max(f64::MIN_POSITIVE).log10().floor();
        let to = largest.max(f64::MIN_POSITIVE).log10().ceil().max(least + 1.0);
        let count = counted(to - least);
        let every = if count > DECADES_LABELLED { 2 } else { 1 };
        let exponents = (0..=count).step_by(every).map(|decade| least + decade as f64);
        let ticks =
            exponents.map(|exponent| 10f64.powf(exponent)).map(|at| (at, tell(at))).collect();
        Self { is_log: true, from: 10f64.powf(least), to: 10f64.powf(to), ticks }
    }

    /// A logarithmic one with ticks of its own.
    pub(crate) fn log(from: f64, to: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { is_log: true, from, to: to.max(from * 1.01), ticks }
    }

    /// 0 at its beginning, 1 at its end; what is outside stands at the edge.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = if self.is_log {
            let value = value.max(self.from);
            (value / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        place.clamp(0.0, 1.0)
    }
}

impl Frame {
    /// Where a value of the horizontal axis stands.
    pub(crate) fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    /// Where a value of the vertical axis stands.
    pub(crate) fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    /// A line through points.
    pub(crate) fn path(&self, points: impl IntoIterator<Item = (f64, f64)>) -> String {
        let mut path = String::new();
        for (x, y) in points {
            let letter = if path.is_empty() { 'M' } else { 'L' };
            path += &format!("{letter}{} {}", short(self.x(x)), short(self.y(y)));
        }
        path
    }

    /// What is below a line through points.
    pub(crate) fn area(&self, points: &[(f64, f64)]) -> String {
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return String::new();
        };
        let floor = short(HEIGHT - BOTTOM);
        let line = self.path(points.iter().copied());
        format!("{line}L{} {floor}L{} {floor}Z", short(self.x(last.0)), short(self.x(first.0)))
    }

    /// How high a tenfold of the vertical axis is, if it is logarithmic.
    pub(crate) fn decade(&self) -> f64 {
        self.y(self.y.from) - self.y(self.y.from * 10.0)
    }

    /// Whether the vertical axis has such a value.
    pub(crate) fn has_y(&self, value: f64) -> bool {
        (self.y.from..=self.y.to).contains(&value)
    }

    /// A column over the whole height.
    pub(crate) fn column(&self, from: f64, to: f64, class: &str, title: &str) -> Markup {
        let (left, right) = (self.x(from), self.x(to));
        html! {
            rect class=(class) x=(short(left)) y=(short(TOP)) width=(short((right - left).max(1.5)))
                height=(short(HEIGHT - TOP - BOTTOM)) { title { (title) } }
        }
    }

    /// A bar from one height to another.
    pub(crate) fn bar(
        &self,
        (from, to): (f64, f64),
        (low, high): (f64, f64),
        class: &str,
        title: &str,
    ) -> Markup {
        let (left, top) = (self.x(from), self.y(high));
        let (width, height) = (self.x(to) - left, self.y(low) - top);
        html! {
            rect class=(class) x=(short(left)) y=(short(top)) width=(short(width.max(0.5)))
                height=(short(height.max(0.5))) { title { (title) } }
        }
    }

    /// The picture: axes below, what is drawn above them. `what` says in words what is to be seen.
    pub(crate) fn draw(&self, what: &str, drawn: &Markup) -> Markup {
        let floor = HEIGHT - BOTTOM;
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(what) {
                g class="grid" {
                    @for (at, label) in &self.y.ticks {
                        @let y = short(self.y(*at));
                        path d=(format!("M{LEFT} {y}H{}", WIDTH - RIGHT)) {}
                        text x=(LEFT - 7.0) y=(y) dy="3.5" text-anchor="end" { (label) }
                    }
                    @for (at, label) in &self.x.ticks {
                        @let x = short(self.x(*at));
                        path d=(format!("M{x} {floor}v4")) {}
                        text x=(x) y=(floor + 17.0) text-anchor="middle" { (label) }
                    }
                }
                (drawn)
            }
        }
    }
}

/// A tenth of a unit is enough.
pub(crate) fn short(value: f64) -> String {
    let told = format!("{value:.1}");
    told.strip_suffix(".0").map_or_else(|| told.clone(), str::to_owned)
}

/// 1, 2 or 5 times a power of ten, not below.
fn nice(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let times = step / power;
    let nice = [1.0, 2.0, 5.0].into_iter().find(|nice| times <= nice + 1e-9).unwrap_or(10.0);
    nice * power
}

#[expect(clippy::cast_possible_truncation, reason = "axes have few ticks, and a cast saturates")]
fn counted(count: f64) -> usize {
    (count + 1e-9).floor() as usize
}

#[cfg(test)]
mod tests;
