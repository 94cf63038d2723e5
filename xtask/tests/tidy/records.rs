//! Decision records: one page each, numbered without gaps from the template, 0000.

use crate::tree::{Tree, tidy};

const FOLDER: &str = "docs/adr/";

/// A page of prose; what does not fit is two decisions.
const PAGE_LINES: usize = 80;

fn misnumbered_records(tree: &Tree) -> Vec<String> {
    let mut untidy = Vec::new();
    let mut records: Vec<_> =
        tree.files.iter().filter(|file| file.path.starts_with(FOLDER)).collect();
    records.sort_by(|a, b| a.path.cmp(&b.path));
    for (expected, record) in records.iter().enumerate() {
        let number = format!("{expected:04}");
        if !record.name().starts_with(&format!("{number}-")) || !record.name().ends_with(".md") {
            untidy.push(format!("{}: expected {number}-title.md here", record.path));
            break;
        }
        if !record.text.starts_with(&format!("# {number} ")) {
            untidy.push(format!("{}: begins with \"# {number} \" and its title", record.path));
        }
        if record.text.lines().count() > PAGE_LINES {
            untidy.push(format!("{}: longer than a page of {PAGE_LINES} lines", record.path));
        }
    }
    untidy
}

#[test]
fn records_are_numbered_without_gaps() {
    tidy(&misnumbered_records(&Tree::house()));
}

#[test]
fn a_gap_a_double_and_a_wrong_title_are_refused() {
    let template = ("docs/adr/0000-template.md", "# 0000 Template\n");
    let gap = Tree::of(&[template, ("docs/adr/0002-b.md", "# 0002 B\n")]);
    assert_eq!(misnumbered_records(&gap), ["docs/adr/0002-b.md: expected 0001-title.md here"]);
    let double = Tree::of(&[
        template,
        ("docs/adr/0001-a.md", "# 0001 A\n"),
        ("docs/adr/0001-b.md", "# 0001 B\n"),
    ]);
    assert_eq!(misnumbered_records(&double), ["docs/adr/0001-b.md: expected 0002-title.md here"]);
    let title = Tree::of(&[template, ("docs/adr/0001-a.md", "# A\n")]);
    assert_eq!(
        misnumbered_records(&title),
        ["docs/adr/0001-a.md: begins with \"# 0001 \" and its title"]
    );
    let long = Tree::of(&[("docs/adr/0000-template.md", &format!("# 0000 T{}", "\n".repeat(100)))]);
    assert_eq!(
        misnumbered_records(&long),
        ["docs/adr/0000-template.md: longer than a page of 80 lines"]
    );
}
