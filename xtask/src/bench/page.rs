//! Tables that a bench writes into the documents.

use anyhow::{Context, Result};

use crate::binary;

/// Where most of them stand.
pub(super) const PAGE: &str = "docs/benchmarks.md";

/// Where one ends.
const END: &str = "<!-- to here -->";

/// Puts the table of a bench where its last one stood.
pub(super) fn write(bench: &str, table: &str) -> Result<()> {
    write_to(PAGE, bench, table)
}

/// The same in another document.
pub(super) fn write_to(page: &str, bench: &str, table: &str) -> Result<()> {
    let path = binary::root().join(page);
    let text = std::fs::read_to_string(&path).with_context(|| page.to_owned())?;
    let text = replaced(&text, bench, table)
        .with_context(|| format!("{page} has no line {}", begin(bench)))?;
    std::fs::write(&path, text).with_context(|| page.to_owned())
}

/// Whether a document has a place for the table of a bench.
#[cfg(test)]
pub(super) fn has_place(page: &str, bench: &str) -> bool {
    replaced(page, bench, "").is_some()
}

/// Where one begins.
fn begin(bench: &str) -> String {
    format!("<!-- written by `cargo xtask bench {bench} --plot` -->")
}

fn replaced(page: &str, bench: &str, table: &str) -> Option<String> {
    let begin = begin(bench);
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n{table}{END}{after}"))
}

#[test]
fn the_table_is_replaced_and_nothing_else() {
    let begin = begin("peers");
    let page = format!("a\n{begin}\nold\n{END}\nb\n");
    let new = format!("a\n{begin}\nnew\n{END}\nb\n");
    assert_eq!(replaced(&page, "peers", "new\n"), Some(new.clone()));
    assert_eq!(replaced(&new, "peers", "new\n"), Some(new));
    assert_eq!(replaced("nothing", "peers", "new\n"), None);
    let page = std::fs::read_to_string(binary::root().join(PAGE)).unwrap();
    for bench in ["peers", "enrich-peers", "tools"] {
        assert!(has_place(&page, bench), "{PAGE} has a place for {bench}");
    }
}
