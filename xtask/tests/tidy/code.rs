//! Source text without its comments and literals, so that a rule about code does not trip over words.

/// `text` with every comment, string and character replaced by blanks, line for line.
pub(crate) fn bare(text: &str) -> String {
    let from: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < from.len() {
        let end = skipped(&from, at);
        if end == at {
            out.push(from[at]);
            at += 1;
        } else {
            out.extend(from[at..end].iter().map(|&c| if c == '\n' { c } else { ' ' }));
            at = end;
        }
    }
    out
}

/// The numbers of the lines (from 1) where `wanted` stands as a word of its own.
pub(crate) fn lines_with_word(bare: &str, wanted: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let stands = |line: &str| {
        line.match_indices(wanted).any(|(at, _)| {
            !line[..at].ends_with(is_word) && !line[at + wanted.len()..].starts_with(is_word)
        })
    };
    numbered(bare).filter(|(_, line)| stands(line)).map(|(number, _)| number).collect()
}

/// The lines where an item of `module` is named whose name begins with `item`: `module::item`, or
/// `item` in the braces of `module::{…}`.
pub(crate) fn lines_naming(bare: &str, module: &str, item: &str) -> Vec<usize> {
    let prefix = format!("{module}::");
    let names = |at: usize| {
        let rest = &bare[at + prefix.len()..];
        let whole = !bare[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let group = rest.strip_prefix('{').and_then(|rest| rest.split('}').next());
        whole
            && match group {
                Some(group) => group.split(',').any(|name| name.trim().starts_with(item)),
                None => rest.starts_with(item),
            }
    };
    bare.match_indices(&prefix)
        .filter(|&(at, _)| names(at))
        .map(|(at, _)| bare[..at].matches('\n').count() + 1)
        .collect()
}

/// The lines of a text with their numbers, from 1.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none begins there.
fn skipped(text: &[char], at: usize) -> usize {
    let next = |ahead: usize| text.get(at + ahead).copied().unwrap_or(' ');
    match text[at] {
        '/' if next(1) == '/' => find(text, at, |c| c == '\n'),
        '/' if next(1) == '*' => block_comment_end(text, at),
        '"' => string_end(text, at + 1),
        'r' if starts_word(text, at) => raw_string_end(text, at).unwrap_or(at),
        '\'' if next(1) == '\\' => find(text, at + 3, |c| c == '\'') + 1,
        '\'' if next(2) == '\'' => at + 3,
        _ => at,
    }
    .min(text.len())
}

fn find(text: &[char], from: usize, wanted: fn(char) -> bool) -> usize {
    (from..text.len()).find(|&at| wanted(text[at])).unwrap_or(text.len())
}

/// Block comments nest.
fn block_comment_end(text: &[char], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            ('/', Some('*')) => depth += 1,
            ('*', Some('/')) => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn string_end(text: &[char], mut at: usize) -> usize {
    while at < text.len() {
        match text[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#`; `None` for a word that only begins with r, and for `r#name`.
fn raw_string_end(text: &[char], start: usize) -> Option<usize> {
    let hashes = text[start + 1..].iter().take_while(|&&c| c == '#').count();
    let open = start + 1 + hashes;
    if text.get(open) != Some(&'"') {
        return None;
    }
    let closes = |&at: &usize| {
        text[at] == '"'
            && text[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes
    };
    Some((open + 1..text.len()).find(closes).map_or(text.len(), |at| at + 1 + hashes))
}

/// Whether the character at `at` is not the middle of a word (`b` and `c` may stand before a raw string).
fn starts_word(text: &[char], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or(' ', |index| text[index]);
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    !inside(before(1)) || (matches!(before(1), 'b' | 'c') && !inside(before(2)))
}

#[test]
fn comments_and_literals_are_blanked_and_code_is_not() {
    let kept = |text: &str| bare(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(kept("a // b\nc"), "a c");
    assert_eq!(kept("a /* b /* c */ d */ e"), "a e");
    assert_eq!(kept(r#"a("b \" c", d)"#), "a( , d)");
    assert_eq!(kept(r###"a(r#"b " c"#, br"d", e)"###), "a( , b , e)");
    assert_eq!(kept(r"a('b', '\'', '\u{1F600}', d)"), "a( , , , d)");
    assert_eq!(kept("fn f<'a>(x: &'a str) -> &'a str"), "fn f<'a>(x: &'a str) -> &'a str");
    assert_eq!(kept("for r in r#type { \"x"), "for r in r#type {");
}

#[test]
fn blanking_keeps_the_lines() {
    let text = "a\n/* b\nc */\n\"d\ne\"\nf";
    assert_eq!(bare(text).lines().count(), text.lines().count());
    assert_eq!(lines_with_word(&bare(text), "f"), [6]);
}

#[test]
fn words_and_paths_are_found_whole() {
    assert_eq!(lines_with_word("unbounded()\nnot_unbounded()\nunbounded_x()", "unbounded"), [1]);
    let code = "std::env::var(x)\nuse std::env::{args, vars_os};\nenv::args()\nmy_env::var()";
    assert_eq!(lines_naming(code, "env", "var"), [1, 2]);
}
