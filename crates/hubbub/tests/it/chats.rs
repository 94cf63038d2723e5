//! `hubbub load run ws://…` against a served house. Counts decide, never times: an invalid measurement has right
//! counts, too.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::access::{guarded, token_for};
use crate::house::{Ended, House, PATIENCE, address, hubbub, run};
use crate::http::request;
use load::measure::run::{Kind, Run};
use tokio::time::sleep;

/// How often a metric is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// As many commands a second as there are.
const UNLIMITED: &str = "--commands-per-second 0";

struct Place {
    folder: tempfile::TempDir,
    house: House,
}

impl Place {
    async fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let house = House::serve(folder.path(), address(), more).await;
        Self { folder, house }
    }

    async fn load(&self, line: &str) -> Ended {
        let url = format!("ws://{}/v1/ws", self.house.at());
        load(self.folder.path(), &format!("run {url} {line}")).await
    }

    /// Measures; the run that was saved.
    async fn measured(&self, line: &str) -> Run {
        let ended = self.load(&format!("--plain --no-probe -o run.json {line}")).await;
        let text = fs::read_to_string(self.folder.path().join("run.json"));
        let run = Run::from_json(&text.unwrap_or_else(|_| panic!("{ended:?}"))).expect("a run");
        assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}");
        run
    }

    /// Waits until a metric of the server is so.
    async fn wait_for(&self, name: &str, is_so: impl Fn(u64) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_so(self.house.metric(name).await) {
            assert!(Instant::now() < until, "{name} stays");
            sleep(LOOK_EVERY).await;
        }
    }

    /// Messages of a conversation.
    async fn head(&self, conversation: &str) -> u64 {
        let line = format!("GET /v1/conversations/{conversation}/messages?from=latest&limit=1");
        let page = request(self.house.at(), &line, &["Hubbub-User: ann"], "").await.json();
        page["head"].as_u64().unwrap_or_else(|| panic!("{page}"))
    }
}

async fn load(folder: &Path, line: &str) -> Ended {
    let mut command = hubbub(folder);
    command.arg("load").args(line.split_whitespace());
    run(command, folder).await
}

#[tokio::test]
async fn so_many_messages_are_durable_as_were_counted() {
    let place = Place::new(UNLIMITED).await;
    let words = "-n 600 -c 3 --streams 8 -t 2 --conversations 3 --name tea --body-bytes 200";
    let run = place.measured(words).await;
    let totals = &run.totals;
    assert_eq!((totals.done, totals.failed, totals.offered), (600, 0, 600), "{totals:?}");
    assert_eq!((run.plan.kind, run.plan.streams), (Kind::Chat, 8));
    assert_eq!((totals.achieved_connections, totals.connects), (3, 3));
    assert_eq!(run.histograms.response.0.len(), 600);
    let mut heads = 0;
    for number in 0..3 {
        heads += place.head(&format!("tea-{number}")).await;
    }
    assert_eq!(heads, 600);
}

#[tokio::test]
async fn each_act_is_asked_and_answered() {
    let place = Place::new(UNLIMITED).await;
    let sent = place.measured("-n 50 -c 2 --conversations 2 --body-bytes 1").await;
    assert_eq!((sent.totals.done, sent.totals.failed), (50, 0));
    for act in ["ping", "read --page-messages 10"] {
        let words = format!("-n 200 -c 4 --streams 3 --conversations 2 --act {act}");
        let run = place.measured(&words).await;
        let totals = &run.totals;
        assert_eq!((totals.done, totals.failed, totals.connects), (200, 0, 4), "{act}: {totals:?}");
    }
    let before = place.house.metric("gateway_connections_total").await;
    let run = place.measured("-n 40 -c 4 --act connect").await;
    let totals = &run.totals;
    assert_eq!((totals.done, totals.failed, totals.connects), (40, 0, 40), "{totals:?}");
    assert!(totals.achieved_connections <= 4 && !run.plan.reuse);
    assert_eq!(place.house.metric("gateway_connections_total").await, before + 40);
}

#[tokio::test]
async fn a_mixture_is_as_its_file_says_and_its_connections_stay_while_others_visit() {
    let place = Place::new(UNLIMITED).await;
    let text = "connections = 6\nstreams = 2\nname = \"town\"\n\
        acts = { send = 5, ping = 3, read = 1, connect = 1 }\n\
        [conversations]\ncount = 100\nbusiest = { share = 0.01, carry = 0.5 }\n";
    fs::write(place.folder.path().join("town.toml"), text).unwrap();
    let run = place.measured("-n 1000 --scenario town.toml").await;
    let totals = &run.totals;
    assert_eq!((totals.done, totals.failed), (1_000, 0), "{totals:?}");
    let chat = run.plan.chat.as_ref().expect("it is of a chat");
    assert_eq!((totals.asked_connections, run.plan.streams, chat.conversations), (6, 2, 100));
    let of_acts: u64 = totals.by_act.values().map(|of_act| of_act.done).sum();
    assert_eq!((totals.by_act.len(), of_acts), (4, 1_000), "{:?}", totals.by_act);
    // A tenth of a thousand, and those that stay.
    assert!((60..160).contains(&totals.connects), "{}", totals.connects);
    // Half of half a thousand.
    let busiest = place.head("town-0").await;
    assert!((200..300).contains(&busiest), "{busiest}");
}

#[tokio::test]
async fn what_is_refused_counts_under_its_status_and_is_told_as_it_was_said() {
    let place = Place::new("--commands-per-second 5").await;
    let run = place.measured("-n 300 -c 1 --streams 10 --act ping").await;
    let totals = &run.totals;
    let refused = totals.by_status.get(&429).copied().unwrap_or(0);
    assert!(refused > 0 && totals.done + refused == 300, "{totals:?}");
    assert!(totals.first_failures[0].body_start.contains("rate_limited"), "{totals:?}");
}

#[tokio::test]
async fn whoever_has_a_token_comes_in_and_others_are_told_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), UNLIMITED).await;
    let place = Place { folder, house };
    let tokens = ["ann", "ben", "cem"].map(|user| token_for(user, 60));
    fs::write(place.folder.path().join("tokens"), tokens.join("\n")).unwrap();
    let words = "-n 30 --act ping";
    let run = place.measured(&format!("{words} -c 3 --tokens tokens")).await;
    assert_eq!((run.totals.done, run.totals.failed, run.totals.connects), (30, 0, 3));
    let run = place.measured(&format!("{words} -c 9 --token {}", tokens[0])).await;
    assert_eq!((run.totals.done, run.totals.failed, run.totals.connects), (30, 0, 9));
    let too_few = place.load(&format!("{words} -c 4 --tokens tokens")).await;
    assert_eq!(too_few.code, Some(2), "{too_few:?}");
    assert!(too_few.err.contains("3 tokens for 4 connections"), "{too_few:?}");
    let unknown = place.load(words).await;
    assert_eq!(unknown.code, Some(69), "{unknown:?}");
    assert!(unknown.err.contains("turned away with 401"), "{unknown:?}");
}

#[tokio::test]
async fn what_cannot_be_meant_of_a_chat_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.toml"), "connections = 5\nlistners = 2\n").unwrap();
    for (line, code, sentence) in [
        ("run ws://127.0.0.1:1/v1/ws", 69, "connection refused"),
        ("run ws://127.0.0.1:1/v1/ws --http2", 2, "--http2 is of HTTP"),
        ("run ws://127.0.0.1:1/v1/ws --processes 2", 2, "chat is measured by one process"),
        ("run http://127.0.0.1:1/ --act ping", 2, "--act is of chat"),
        ("run http://127.0.0.1:1/ --streams 3", 2, "give --http2, too"),
        ("run ws://127.0.0.1:1/ --scenario bad.toml", 2, "bad.toml, line 2: unknown field"),
        ("run ws://127.0.0.1:1/ --scenario bad.toml --act ping", 2, "cannot be used with"),
        ("ladder ws://127.0.0.1:1/v1/ws --listeners 99", 2, "99000 connections"),
    ] {
        let ended = load(folder.path(), line).await;
        assert_eq!(ended.code, Some(code), "{line}: {ended:?}");
        assert!(ended.err.contains(sentence), "{line}: {}", ended.err);
    }
}

#[tokio::test]
async fn what_is_sent_is_heard_by_all_who_listen_and_each_delivery_is_timed() {
    let place = Place::new(UNLIMITED).await;
    let text = "connections = 3\nstreams = 4\nconversations = { count = 7 }\n\
        listeners = { per_conversation = 4, connections = 5 }\n";
    fs::write(place.folder.path().join("heard.toml"), text).unwrap();
    for words in
        ["-n 200 -c 2 --conversations 5 --listeners 6", "-n 200 --scenario heard.toml -t 2"]
    {
        let run = place.measured(words).await;
        let each = u64::from(run.plan.chat.as_ref().unwrap().listeners);
        let reach = run.totals.reach.expect("somebody listens");
        assert_eq!((run.totals.done, reach.expected, reach.heard), (200, 200 * each, 200 * each));
        assert_eq!((run.histograms.delivery.0.len(), reach.lost), (200 * each, 0));
        assert!(run.histograms.delivery.0.max() >= run.histograms.service.0.min());
    }
    // At a rate, with a warm-up: what is due in it is neither expected nor heard.
    let words = "--rate 100 -d 3s --warm-up 1s -c 2 --conversations 5 --listeners 2";
    let run = place.measured(words).await;
    let reach = run.totals.reach.expect("somebody listens");
    assert_eq!((reach.expected, reach.heard), (400, 400), "{:?}", run.totals);
    let heard: u64 = run.seconds.iter().map(|second| second.heard).sum();
    assert!(heard >= 400, "each second has its own: {heard}");
}

#[tokio::test]
async fn who_is_not_let_in_to_listen_is_told_before_anything_is_measured() {
    let place = Place::new("--connections-max 5").await;
    let ended = place.load("-n 10 -c 2 --conversations 2 --listeners 3").await;
    assert_eq!(ended.code, Some(69), "{ended:?}");
    assert!(ended.err.contains("does not let all in who listen"), "{ended:?}");
    assert!(ended.err.contains("503"), "{ended:?}");
}

/// What one client of the generator may cost, in bytes of its memory.
const CLIENT_BYTES_MAX: u64 = 4 * 1024;

/// Clients whose cost is looked at; the first ones pay for what all share.
const FEW: u64 = 200;
const MANY: u64 = 2_200;

#[tokio::test]
async fn a_client_of_the_generator_costs_four_kilobytes_at_most() {
    let place = Place::new(UNLIMITED).await;
    let mut resident = Vec::new();
    for clients in [FEW, MANY] {
        let mut command = hubbub(place.folder.path());
        let url = format!("ws://{}/v1/ws", place.house.at());
        // Each of them says something.
        let rate = clients / 2;
        let line = format!("load run {url} --plain --no-probe -c {clients} --rate {rate} -d 60s");
        command.args(line.split_whitespace());
        let name = format!("clients-{clients}");
        let mut generator = House::spawn(command, place.folder.path(), &name);
        let sent = place.house.metric("gateway_sends_total").await;
        place.wait_for("gateway_sends_total", |sends| sends >= sent + clients).await;
        assert_eq!(place.house.metric("gateway_connections").await, clients);
        resident.push(generator.resident_bytes());
        generator.kill();
        place.wait_for("gateway_connections", |open| open == 0).await;
    }
    let each = resident[1].saturating_sub(resident[0]) / (MANY - FEW);
    assert!(each <= CLIENT_BYTES_MAX, "{each} bytes, of {resident:?}");
}

#[tokio::test]
async fn a_connection_that_is_lost_is_opened_again_and_what_it_had_asked_has_failed() {
    let folder = tempfile::tempdir().unwrap();
    let at = address();
    let mut house = House::serve(folder.path(), at, UNLIMITED).await;
    let mut command = hubbub(folder.path());
    let line = format!(
        "load run ws://{at}/v1/ws --plain --no-probe -c 4 --streams 5 --rate 100 -d 8s --warm-up 0s \
         --conversations 3 --listeners 1 -T 2s -o run.json"
    );
    command.args(line.split_whitespace());
    let mut generator = House::spawn(command, folder.path(), "generator");
    let until = Instant::now() + PATIENCE;
    while house.metric("gateway_sends_total").await < 50 {
        assert!(Instant::now() < until, "nothing is sent: {}", generator.err());
        sleep(LOOK_EVERY).await;
    }
    house.kill();
    let back = House::serve(folder.path(), at, UNLIMITED).await;
    generator.ended(PATIENCE).await;
    let run = Run::from_json(&fs::read_to_string(folder.path().join("run.json")).unwrap()).unwrap();
    let totals = &run.totals;
    assert_eq!((totals.offered, totals.done + totals.failed), (800, 800), "{totals:?}");
    assert!(totals.failed > 0 && totals.connects > 4, "{totals:?}");
    assert!(back.metric("gateway_sends_total").await > 0, "it is asked again");
    let reach = totals.reach.expect("somebody listened");
    assert!(reach.lost == 3 && reach.heard < reach.expected, "who listened is gone: {reach:?}");
}
