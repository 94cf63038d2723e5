//! The Mann-Whitney test, exact, also with ties.
//!
//! Under no difference every choice of ranks for one side is equally likely (Mann, Whitney, Annals of Mathematical
//! Statistics 18, 1947). The sums of all choices are counted, with twice the middle rank for ties so that they are
//! whole numbers (Streitberg, Röhmel, Statistical Software Newsletter 12, 1986: the shift algorithm). No normal
//! approximation, which is wrong just where few runs are.

/// The two-sided chance of a rank sum at least as far from its middle, between runs of the same thing. 1 when a side is
/// empty.
#[must_use]
pub fn mann_whitney_exact(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 1.0;
    }
    let ranks = doubled_ranks(a, b);
    let sum: usize = ranks[..a.len()].iter().sum();
    let ways = ways(&ranks, a.len());
    // Twice the mean, so that it is whole too: a sum of doubled ranks is on average |a| (|a| + |b| + 1).
    let middle = a.len() * (ranks.len() + 1);
    let far = middle.abs_diff(sum);
    let all: f64 = ways.iter().sum();
    let as_far: f64 = ways
        .iter()
        .enumerate()
        .filter(|(sum, _)| middle.abs_diff(*sum) >= far)
        .map(|(_, ways)| ways)
        .sum();
    as_far / all
}

/// The smallest p that so many runs can reach, when all of one side are above all of the other.
#[must_use]
pub fn smallest_p(a: usize, b: usize) -> f64 {
    // 2 of (a + b choose a).
    (1..=a).fold(2.0, |p, i| p * i as f64 / (b + i) as f64).min(1.0)
}

/// Without ties: in how many ways so many of the a·b pairs have the one of `a` above the one of `b`.
pub(super) fn ways_of_pairs(a: usize, b: usize) -> Vec<f64> {
    let ranks: Vec<usize> = (1..=a + b).map(|rank| 2 * rank).collect();
    let least = a * (a + 1);
    ways(&ranks, a).into_iter().skip(least).step_by(2).take(a * b + 1).collect()
}

/// Twice the middle rank of each value, `a` first.
fn doubled_ranks(a: &[f64], b: &[f64]) -> Vec<usize> {
    let all: Vec<f64> = a.iter().chain(b).copied().collect();
    let rank = |value: &f64| {
        let below = all.iter().filter(|other| *other < value).count();
        let same = all.iter().filter(|other| *other == value).count();
        2 * below + same + 1
    };
    all.iter().map(rank).collect()
}

/// In how many ways `chosen` of the ranks have each sum.
fn ways(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let most: usize = ranks.iter().sum();
    let mut ways = vec![vec![0.0; most + 1]; chosen + 1];
    ways[0][0] = 1.0;
    for &rank in ranks {
        for count in (1..=chosen).rev() {
            let (fewer, these) = ways.split_at_mut(count);
            for (sum, way) in these[0].iter_mut().enumerate().skip(rank) {
                *way += fewer[count - 1][sum - rank];
            }
        }
    }
    ways.swap_remove(chosen)
}
