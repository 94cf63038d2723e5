//! `hubbub load run ws://…` against a served house. Counts decide, never times: an invalid measurement has right
//! counts, too.

use std::fs;
use std::path::Path;

use crate::house::{Ended, House, address, hubbub, run};
use crate::http::request;
use load::measure::run::{Kind, Run};

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
