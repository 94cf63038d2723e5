//! What a text costs: `cargo run --release -p lexicon --example speed`.

use std::hint::black_box;
use std::time::Instant;

fn main() {
    let text =
        "hello there, I would really love to see the new payment page before tomorrow, thanks!";
    for (name, run) in [
        ("understand", (|text| drop(black_box(lexicon::understand(text)))) as fn(&str)),
        ("guess", |text| drop(black_box(lexicon::guess(text)))),
        ("language", |text| drop(black_box(lexicon::language(text)))),
        ("sentiment", |text| drop(black_box(lexicon::compound(text)))),
        ("topic", |text| drop(black_box(lexicon::topic(text)))),
    ] {
        let began = Instant::now();
        for _ in 0..5_000 {
            run(black_box(text));
        }
        println!("{name:<12} {:>6.1} us", began.elapsed().as_secs_f64() / 5_000.0 * 1e6);
    }
}
