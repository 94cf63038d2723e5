use enrich::{DispatchGauges, EndpointGauges};

use super::*;

#[test]
fn what_failed_costs_nothing_and_what_was_saved_is_what_it_would_have_cost() {
    let endpoint =
        |requests, failures| EndpointGauges { requests, failures, ..EndpointGauges::default() };
    let now = EnrichGauges {
        endpoints: vec![endpoint(100, 10), endpoint(50, 0)],
        dispatch: DispatchGauges {
            texts: 150,
            tokens: 2_000_000,
            saved: [20, 30],
            saved_tokens: 1_000_000,
            withheld: [7, 9],
            ..DispatchGauges::default()
        },
        ..EnrichGauges::default()
    };
    let spending = Spending::of(&now, &Prices { per_call: 0.5, per_million_tokens: 3.0 });
    assert_eq!((spending.requests, spending.texts, spending.withheld), (150, 150, 7));
    assert_eq!((spending.cost, spending.saved_calls, spending.saved_cost), (76.0, 50, 28.0));
}
