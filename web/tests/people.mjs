/** Who is there when a test begins, and what they said before. */

/** A few conversations, some of them long, said over the last hour. */
export function people(stub) {
  const says = [
    "Hello!", "hey, how are you doing today?", "pretty good, just back from a long walk by the river", "nice 🙂",
    "It rained here the whole weekend, so I finally read that book you told me about. The ending surprised me, I have to admit.",
    "no spoilers please", "haha ok ok", "what are you cooking tonight?", "Probably a soup. Or whatever is left in the fridge",
    "living the dream",
  ];
  const names = ["ada-3", "bruno-14", "clara-7", "deniz-21", "edith-9", "farid-30"];
  for (let number = 1; number <= 24; number += 1) {
    const conversation = `chat-${String(number).padStart(4, "0")}`;
    const length = number === 1 ? 130 : 3 + ((number * 37) % 60);
    const [one, other] = [names[number % 6], names[(number * 5 + 1) % 6]];
    for (let place = 0; place < length; place += 1) {
      const at = Date.now() - number * 95_000 - (length - place) * 21_000;
      const sender = place % 5 < 2 ? one : other;
      stub.say(conversation, sender, says[(place * 7 + number) % says.length], at);
    }
  }
}

/** What somebody is a member of: a group in which much goes on, a channel to read, somebody to talk to. */
export function circles(stub, user) {
  const minutes = (number) => Date.now() - number * 60_000;
  const group = stub.create("ada-3", { kind: "group", name: "Kitchen table", topic: "What we cook, and who comes", members: [user, "bruno-14"] }, minutes(60));
  stub.say(group, "ada-3", "Shall we cook on Friday?", minutes(50));
  const soup = stub.say(group, "bruno-14", "Yes! I bring the soup.", minutes(45));
  stub.act(group, "ada-3", { kind: "react", target: soup.seq, reaction: "❤️", on: true }, minutes(44));
  stub.act(group, "ada-3", { body: "Which one?", reply_to: soup.seq }, minutes(40));
  stub.act(group, "bruno-14", { kind: "edit", target: soup.seq, body: "Yes! I bring the soup, and bread." }, minutes(39));
  const channel = stub.create("clara-7", { kind: "channel", name: "News of the house", public: true, members: [user] }, minutes(200));
  stub.say(channel, "clara-7", "The lift is repaired.", minutes(190));
  const direct = stub.create("ada-3", { kind: "direct", with: user }, minutes(30));
  stub.say(direct, "ada-3", "Are you coming on Friday?", minutes(5));
  return { group, channel, direct };
}
