//! Takes out of a text what names or reaches somebody: addresses of e-mail become `[email]`, every digit becomes `0`,
//! names become `[name]`.
//!
//! Addresses and digits are told by their form, and none is missed that has it. Names are guessed: a word that begins
//! with a capital inside a sentence and is not known as something else, or, wherever it stands and however it is
//! written, a first name of our list. **Not caught:** names that are not in the list, in small letters or at a
//! sentence's begin; names in scripts without capitals; user names; addresses of streets and of the web but their
//! digits; numbers in words. **Caught too often:** titles of books, places, firms, German nouns.

use std::sync::LazyLock;

use model::Body;
use model::bounds::BODY_MAX_BYTES;

/// First names in small letters, sorted.
static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("names.txt").lines().collect());

/// Words with a capital that are no names of people.
const NO_NAMES: &[&str] = &[
    "I",
    "I'd",
    "I'll",
    "I'm",
    "I've",
    "I’d",
    "I’ll",
    "I’m",
    "I’ve",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "English",
    "German",
    "French",
    "Spanish",
    "Italian",
    "Chinese",
    "Japanese",
    "American",
    "British",
    "European",
    "Christmas",
    "Easter",
    "Internet",
];

/// Before a name; their point ends no sentence.
const TITLES: &[&str] = &["Mr", "Mrs", "Ms", "Dr", "Prof", "Herr", "Frau", "Sir"];

/// What is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Emails,
    Numbers,
    Names,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Emails, Self::Numbers, Self::Names];

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.text() == text)
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Emails => "emails",
            Self::Numbers => "numbers",
            Self::Names => "names",
        }
    }
}

/// The text without these; none if nothing is left of it.
pub(super) fn redacted(text: &Body, kinds: &[Kind]) -> Option<Body> {
    let mut said = text.as_str().to_owned();
    // Addresses first: digits and names may be in them.
    for kind in Kind::ALL.into_iter().filter(|kind| kinds.contains(kind)) {
        said = match kind {
            Kind::Emails => without_emails(&said),
            Kind::Numbers => said.chars().map(|c| if c.is_numeric() { '0' } else { c }).collect(),
            Kind::Names => without_names(&said),
        };
    }
    if said.len() > BODY_MAX_BYTES {
        said.truncate(said.floor_char_boundary(BODY_MAX_BYTES));
    }
    Body::new(&said).ok()
}

/// `local@domain.tld`, by what may stand on both sides of the `@`.
fn without_emails(text: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let local = before.len() - before.trim_end_matches(is_local).len();
        let domain = after.len() - after.trim_start_matches(is_domain).len();
        let domain = after[..domain].trim_end_matches(['.', '-']).len();
        if local > 0 && after[..domain].contains('.') {
            out.push_str(&before[..at - local]);
            out.push_str("[email]");
            rest = &after[domain..];
        } else {
            // What follows may be the begin of another.
            out.push_str(&rest[..=at]);
            rest = after;
        }
    }
    out + rest
}

/// Words that look like names; several in a row are one.
fn without_names(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A sentence's first word has a capital whatever it is.
    let mut begins = true;
    let (mut after_name, mut after_title) = (false, false);
    for piece in pieces(text) {
        let is_word = piece.starts_with(char::is_alphabetic);
        if !is_word {
            let ends = |c: char| matches!(c, '.' | '!' | '?' | ':' | '\n' | '"' | '“' | '(' | '*');
            begins |= !after_title && piece.contains(ends);
            after_name &= piece.chars().all(|c| c == ' ' || c == '-' || c == '\'');
            out.push_str(piece);
            continue;
        }
        let is_title = TITLES.contains(&piece);
        if !is_title && is_name(piece, begins) {
            if after_name {
                // The space between them goes, too.
                out.truncate(out.rfind(']').map_or(out.len(), |end| end + 1));
            } else {
                out.push_str("[name]");
            }
            after_name = true;
        } else {
            out.push_str(piece);
            after_name = false;
        }
        (begins, after_title) = (false, is_title);
    }
    out
}

/// Words and what is between them; an apostrophe inside a word is of it.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let is_word = first.is_alphabetic();
        let of_piece = |(at, c): (usize, char)| {
            let joins = (c == '\'' || c == '’')
                && rest[at + c.len_utf8()..].starts_with(char::is_alphabetic);
            (c.is_alphabetic() || (is_word && joins)) == is_word
        };
        let end = rest.char_indices().find(|at| !of_piece(*at)).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

fn is_name(word: &str, begins: bool) -> bool {
    // `Anna's` is Anna.
    let word = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
    if NO_NAMES.contains(&word) {
        return false;
    }
    let is_capital = word.starts_with(char::is_uppercase);
    let has_small = word.contains(char::is_lowercase);
    (is_capital && has_small && !begins) || is_listed(&word.to_lowercase())
}

fn is_listed(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}
