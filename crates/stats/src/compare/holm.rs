//! Many metrics, one chance of a false alarm: Holm's correction.

/// Each p, corrected so that the chance of any false alarm among all of them stays what it is for one (Holm,
/// Scandinavian Journal of Statistics 6, 1979). In the order given.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut largest = 0.0_f64;
    for (before, at) in order.into_iter().enumerate() {
        largest = largest.max(p[at] * (p.len() - before) as f64).min(1.0);
        corrected[at] = largest;
    }
    corrected
}
