"""Makes what lies beside this script, and the scores of tests/fixtures/vader.tsv, from the Python package.

    pip download --no-deps vaderSentiment==3.3.2
    python3 make.py vaderSentiment-3.3.2-py2.py3-none-any.whl

lexicon.txt  word TAB mean valence (-4 to 4), of the package's vader_lexicon.txt
emoji.txt    emoji TAB description, of its emoji_utf8_lexicon.txt: those of one character, since the
             package looks up one character after the other
words.txt    "booster" TAB word TAB increment, "negation" TAB word, "phrase" TAB words TAB valence
LICENSE      the package's
vader.tsv    sentence TAB compound: the sentences stay, the compounds are the package's
"""

import hashlib
import pathlib
import sys
import tempfile
import zipfile

WHEEL_SHA256 = "3bf1d243b98b1afad575b9f22bc2cb1e212b94ff89ca74f8a23a588d024ea311"

here = pathlib.Path(__file__).resolve().parent
fixture = here.parent.parent / "tests" / "fixtures" / "vader.tsv"


def write(path, lines):
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def main(wheel):
    found = hashlib.sha256(pathlib.Path(wheel).read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{wheel} is not vaderSentiment 3.3.2: its SHA-256 is {found}")
    with tempfile.TemporaryDirectory() as unpacked:
        zipfile.ZipFile(wheel).extractall(unpacked)
        license = pathlib.Path(unpacked, "vaderSentiment-3.3.2.dist-info", "LICENSE.txt").read_text()
        sys.path.insert(0, unpacked)
        from vaderSentiment import vaderSentiment as package

        analyzer = package.SentimentIntensityAnalyzer()
    write(here / "LICENSE", license.splitlines())
    write(here / "lexicon.txt", (f"{word}\t{mean:g}" for word, mean in sorted(analyzer.lexicon.items())))
    write(here / "emoji.txt", (
        f"{char}\t{text}" for char, text in sorted(analyzer.emojis.items())
        if len(char) == 1
    ))
    write(here / "words.txt", [
        *(f"booster\t{word}\t{by:g}" for word, by in sorted(package.BOOSTER_DICT.items())),
        *(f"negation\t{word}" for word in sorted(set(package.NEGATE))),
        *(f"phrase\t{words}\t{valence:g}" for words, valence in sorted(package.SPECIAL_CASES.items())),
    ])
    sentences = [line.split("\t")[0] for line in fixture.read_text(encoding="utf-8").splitlines()]
    write(fixture, (f"{text}\t{analyzer.polarity_scores(text)['compound']:.4f}" for text in sentences))


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
