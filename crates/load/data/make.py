"""Makes chitchat.jsonl.gz: about 20,000 messages that people really wrote, for the demo.

Takes whole conversations of two people from the package chitchat-dataset, drops every conversation
that could tell who somebody is or that insults somebody, gives the people other names, and writes one
conversation a line. The same packages and the same seed give the same lines; the bytes of the gzip file
may differ between versions of zlib.

    python3 -m venv VENV
    VENV/bin/pip install chitchat-dataset==0.9.0 better-profanity==0.7.0
    VENV/bin/python make.py

The word list of better-profanity is used here only; it is not shipped.
"""

import gzip
import hashlib
import json
import random
import re
from collections import Counter
from datetime import datetime
from importlib.metadata import distribution, version
from pathlib import Path

PACKAGES = {"chitchat-dataset": "0.9.0", "better-profanity": "0.7.0"}
SEED = 2024
MESSAGES = 20_000
# A conversation of fewer says little, one of more fills the demo.
LENGTH = range(8, 201)
BODY_MAX_BYTES = 8192

EMAIL = re.compile(r"\S@\S|\b[\w.]+\s+at\s+\w+\s+dot\s+\w+", re.IGNORECASE)
URL = re.compile(r"https?:|www\.|\b[\w-]+\.(?:com|org|net|edu|gov|io|co|me|tv|ly|uk|de)\b", re.IGNORECASE)
# Seven digits or more, whatever stands between them, as people write telephone numbers.
PHONE = re.compile(r"(?:\d[\s().+/-]*){7,}")
# Where people give each other a way to be reached, a name of theirs is not far.
CONTACT = re.compile(
    r"@|\b(?:e-?mails?|gmail|whats ?app|snap ?chat|instagram|insta|facebook|linkedin|telegram|discord"
    r"|twitter|skype|(?:phone|cell|mobile|my|your) number|last name|surname|address)\b",
    re.IGNORECASE,
)
WORD = re.compile(r"[a-z0-9$@!*+']+(?:-[a-z0-9]+)*")
# Of a listed word this long, what begins with it counts too: plurals, -ing, -er.
STEM_MIN = 5

FIRST_NAMES = """ada akira alma amir anna aron asha bela boris bruno carla cem chloe clara dana david deniz
dora edith elif emil emma farid felix fiona gina greta hana hugo ida igor ines ivan jana jonas judith kai
kira lars lena leon lina luca mara marc mila mina nadia nils nina nora olga omar oscar otto pablo paula
petra quinn rada ravi rosa ruth sami sara sven tara theo tilda tomas ugo ulla vera vito wanda wim xenia
yara yusuf zara zeno zoe""".split()


class Words:
    """The word list of better-profanity: single words, what begins with them, and phrases."""

    def __init__(self):
        path = distribution("better-profanity").locate_file("better_profanity/profanity_wordlist.txt")
        listed = [line.strip().lower() for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
        self.words = {word for word in listed if " " not in word}
        self.stems = tuple(sorted(word for word in self.words if len(word) >= STEM_MIN))
        self.phrases = [f" {phrase} " for phrase in listed if " " in phrase]

    def found(self, text):
        words = WORD.findall(text.lower())
        line = f" {' '.join(words)} "
        return (
            any(word in self.words or word.strip("'*!") in self.words for word in words)
            or any(word.startswith(self.stems) for word in words)
            or any(phrase in line for phrase in self.phrases)
        )


def cleaned(text):
    """Without control characters; white space at the ends goes too."""
    return "".join(" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or c.isprintable()).strip()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def messages_of(conversation):
    """All messages in the order of their stamps; those of one second keep their order."""
    flat = [message for turn in conversation["messages"] for message in turn]
    return sorted(flat, key=lambda message: instant(message["timestamp"]))


def why_not(messages, words):
    """Why a conversation is dropped, or None."""
    if len({message["sender"] for message in messages}) != 2:
        return "not two-sided"
    if len(messages) not in LENGTH:
        return f"not {LENGTH.start} to {LENGTH.stop - 1} messages"
    texts = [cleaned(message["text"]) for message in messages]
    if not all(0 < len(text.encode()) <= BODY_MAX_BYTES for text in texts):
        return "an empty or too long message"
    whole = "\n".join(texts)
    for pattern, name in [(EMAIL, "an e-mail address"), (URL, "a URL"), (PHONE, "a telephone number"),
                          (CONTACT, "a way to be reached")]:
        if pattern.search(whole):
            return name
    if any(words.found(text) for text in texts):
        return "a listed word"
    return None


def pseudonyms(conversations):
    """Another name for each sender, the same in all conversations."""
    senders = sorted({message["sender"] for messages in conversations for message in messages})
    random.Random(SEED + 1).shuffle(senders)
    names = {}
    for place, sender in enumerate(senders):
        lap, name = divmod(place, len(FIRST_NAMES))
        names[sender] = f"{FIRST_NAMES[name]}-{lap + 1}"
    return names


def line(number, messages, names):
    start = instant(messages[0]["timestamp"])
    said = [
        {
            "sender": names[message["sender"]],
            "at_ms": round((instant(message["timestamp"]) - start).total_seconds() * 1000),
            "text": cleaned(message["text"]),
        }
        for message in messages
    ]
    record = {"conversation": f"chat-{number:04}", "messages": said}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def main():
    for package, pinned in PACKAGES.items():
        assert version(package) == pinned, f"{package} {version(package)}: {pinned} is wanted"
    source = distribution("chitchat-dataset").locate_file("chitchat_dataset/dataset.json")
    dataset = json.loads(Path(source).read_text("utf-8"))
    words, dropped, kept = Words(), Counter(), []
    for name in sorted(dataset):
        messages = messages_of(dataset[name])
        why = why_not(messages, words)
        if why is None:
            kept.append(messages)
        else:
            dropped[why] += 1
    print(f"{len(dataset)} conversations, {len(kept)} of them clean ({sum(map(len, kept))} messages)")
    for why, count in dropped.most_common():
        print(f"  dropped for {why}: {count}")

    random.Random(SEED).shuffle(kept)
    chosen, count = [], 0
    for messages in kept:
        if count >= MESSAGES:
            break
        chosen.append(messages)
        count += len(messages)
    names = pseudonyms(chosen)
    text = "".join(line(number, messages, names) for number, messages in enumerate(chosen, 1)).encode()
    target = Path(__file__).with_name("chitchat.jsonl.gz")
    target.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    print(f"{len(chosen)} conversations, {count} messages, {len(names)} people")
    print(f"{len(text)} bytes, sha256 {hashlib.sha256(text).hexdigest()}; {target.stat().st_size} bytes compressed")


if __name__ == "__main__":
    main()
