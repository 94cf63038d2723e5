use super::*;

/// As the library `tokenizers` (0.23.3) has them, from the `tokenizer.json` of the model.
const KNOWN: &[(&str, &[i32])] = &[
    ("", &[101, 102]),
    (
        "Hello, I'm J\u{fc}rgen! \u{1f600} tokenization",
        &[101, 7592, 1010, 1045, 1005, 1049, 23171, 999, 100, 19204, 3989, 102],
    ),
    (
        "i was just saying hypothetically\u{2026}",
        &[101, 1045, 2001, 2074, 3038, 25613, 2135, 1529, 102],
    ),
    (
        "\u{dc}n\u{ef}c\u{f6}d\u{e9}   \u{d1}AND\u{da}\tcaf\u{e9}\n\u{201c}quotes\u{201d} \u{2014} dash",
        &[101, 27260, 16660, 8566, 7668, 1523, 16614, 1524, 1517, 11454, 102],
    ),
    (
        "\u{65e5}\u{672c}\u{8a9e} and \u{d55c}\u{ad6d}\u{c5b4} \u{915}\u{94d}\u{92f}\u{93e}",
        &[
            101, 1864, 1876, 1950, 1998, 1469, 30006, 30021, 29991, 30014, 30020, 29999, 30008,
            1315, 29868, 29876, 102,
        ],
    ),
    (
        "don't can't U.S.A. $5.99 a_b c++ #tag @you",
        &[
            101, 2123, 1005, 1056, 2064, 1005, 1056, 1057, 1012, 1055, 1012, 1037, 1012, 1002,
            1019, 1012, 5585, 1037, 1035, 1038, 1039, 1009, 1009, 1001, 6415, 1030, 2017, 102,
        ],
    ),
    (
        "supercalifragilisticexpialidocious zzzxqj",
        &[
            101, 3565, 9289, 10128, 29181, 24411, 4588, 10288, 19312, 21273, 10085, 6313, 1062,
            13213, 2595, 4160, 3501, 102,
        ],
    ),
    ("x\0y\u{fffd}z\u{200d}w\u{ad}v", &[101, 1060, 2100, 2480, 2860, 2615, 102]),
    ("\u{130}stanbul \u{1e9e} \u{fb01}ne", &[101, 9960, 1096, 1984, 2638, 102]),
    (
        "lol!!!??? :-) \u{bf}qu\u{e9}?",
        &[
            101, 8840, 2140, 999, 999, 999, 1029, 1029, 1029, 1024, 1011, 1007, 1094, 10861, 1029,
            102,
        ],
    ),
    (
        "\u{3a9}\u{2248}\u{e7}\u{221a}\u{222b} \u{b4} ` ^ ~ | \u{20ac}",
        &[101, 100, 1084, 1036, 1034, 1066, 1064, 1574, 102],
    ),
    ("na\u{ef}ve\u{301} e\u{301}", &[101, 15743, 1041, 102]),
    (
        "\u{3000}full\u{3000}width\u{ff0c}\u{3002}\u{ff01}",
        &[101, 2440, 9381, 1989, 1636, 1986, 102],
    ),
];

#[test]
fn the_pieces_of_a_text_are_those_of_the_original() {
    let pieces = Pieces::new();
    for (text, numbers) in KNOWN {
        assert_eq!(pieces.of(text), *numbers, "{text:?}");
    }
}

#[test]
fn a_word_of_too_many_characters_is_unknown_and_one_of_as_many_as_may_be_is_not() {
    let pieces = Pieces::new();
    assert_eq!(pieces.of(&"b".repeat(WORD_MAX_CHARS + 1)), [FIRST, UNKNOWN, LAST]);
    assert!(!pieces.of(&"a".repeat(WORD_MAX_CHARS)).contains(&UNKNOWN));
}

#[test]
fn a_text_has_at_most_so_many_pieces() {
    let pieces = Pieces::new();
    let of = |words: usize| pieces.of(&"hello ".repeat(words));
    assert_eq!(of(PIECES_MAX - 3).len(), PIECES_MAX - 1);
    assert_eq!(of(PIECES_MAX - 2).len(), PIECES_MAX);
    assert_eq!(of(PIECES_MAX - 1), of(PIECES_MAX - 2));
    assert_eq!(of(PIECES_MAX).last(), Some(&LAST));
}
