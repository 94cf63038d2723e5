//! Prints how often the lexicon is right on the labelled messages, as `docs/nlp.md` has it:
//!
//! ```sh
//! cargo run -p nlp --example evaluate
//! ```

#[path = "../tests/it/evaluation.rs"]
mod evaluation;
#[path = "../tests/it/score.rs"]
mod score;

fn main() -> std::io::Result<()> {
    use std::io::Write as _;
    std::io::stdout().write_all(evaluation::report().as_bytes())
}
