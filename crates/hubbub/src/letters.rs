//! `hubbub letters`: messages that were given up, and having them asked for again.

use clap::{Args, Subcommand};
use model::{LetterId, Reason};
use serde_json::Value;

use crate::desk::Server;
use crate::failure::Failure;
use crate::print;

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum LettersCommand {
    /// List them, the oldest first
    #[command(
        after_help = "Needs a token of an admin or analyst, where the server asks for tokens.\n\
                      Exit code: 0 told; 1 refused; 64 wrong flags; 69 the server cannot be reached.\n\n\
                      Examples:\n  hubbub letters list\n  hubbub letters list --reason refused --limit 10 --json\n  \
                      hubbub letters list --url https://chat.example --token-file analyst.token"
    )]
    List {
        #[command(flatten)]
        of: Of,
        /// Only those after this one, as the list shows it
        #[arg(long, value_name = "LETTER")]
        after: Option<LetterId>,
        /// So many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        #[command(flatten)]
        asked: Asked,
    },
    /// Show one, with what was said
    #[command(
        after_help = "The text is shown of open conversations only.\n\nExample:\n  hubbub letters show 1767225600000-17-42"
    )]
    Show {
        /// Which, as the list shows it
        #[arg(value_name = "LETTER")]
        letter: LetterId,
        #[command(flatten)]
        asked: Asked,
    },
    /// Have the NLP service asked for them again, at a rate
    #[command(
        after_help = "Takes those that are there now, the oldest first. They become pending, and are asked for as others that \
                      have no answer yet. One replay runs at a time; after a restart of the server begin it again. Needs a \
                      token of an admin (for --dry-run an analyst's will do).\n\n\
                      Examples:\n  hubbub letters replay --dry-run\n  hubbub letters replay --reason exhausted --rate 50\n  \
                      hubbub letters cancel"
    )]
    Replay {
        #[command(flatten)]
        of: Of,
        /// Letters a second, 1 to 1000
        #[arg(long, value_name = "N", default_value_t = 100)]
        rate: u32,
        /// Only say what it would do
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// End the replay that runs
    #[command(
        after_help = "What it had not come to stays given up.\n\nExample:\n  hubbub letters cancel"
    )]
    Cancel {
        #[command(flatten)]
        asked: Asked,
    },
}

/// Which letters.
#[derive(Debug, Args)]
pub(crate) struct Of {
    /// Only those given up for this: refused, exhausted, unreadable …
    #[arg(long, value_name = "REASON", value_parser = reason)]
    reason: Option<Reason>,
}

/// Whom to ask, and how to tell it.
#[derive(Debug, Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    server: Server,
    /// As JSON, as the server says it
    #[arg(long)]
    json: bool,
}

/// Asks and tells.
pub(crate) async fn run(command: &LettersCommand) -> Result<(), Failure> {
    match command {
        LettersCommand::List { of, after, limit, asked } => {
            let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
            let path = format!("/v1/letters?limit={limit}{}{after}", of.query());
            asked.tell(asked.server.get(&path).await?, &list)
        }
        LettersCommand::Show { letter, asked } => {
            asked.tell(asked.server.get(&format!("/v1/letters/{letter}")).await?, &one)
        }
        LettersCommand::Replay { of, rate, dry_run, asked } => {
            let path = format!("/v1/replay?rate={rate}{}", of.query());
            if *dry_run {
                asked.tell(asked.server.get(&path).await?, &preview)
            } else {
                asked.tell(asked.server.post(&path).await?, &replay)
            }
        }
        LettersCommand::Cancel { asked } => {
            asked.tell(asked.server.post("/v1/replay/cancel").await?, &replay)
        }
    }
    Ok(())
}

impl Of {
    fn query(&self) -> String {
        self.reason.map(|reason| format!("&reason={}", reason.text())).unwrap_or_default()
    }
}

impl Asked {
    fn tell(&self, answer: Value, for_people: &dyn Fn(&Value) -> String) {
        print(&if self.json { answer.to_string() } else { for_people(&answer) });
    }
}

fn reason(text: &str) -> Result<Reason, String> {
    let found = Reason::ALL.into_iter().find(|reason| reason.text() == text);
    let all = || Reason::ALL.map(Reason::text).join(", ");
    found.ok_or_else(|| format!("there are {}", all()))
}

fn list(answer: &Value) -> String {
    let letters = answer["letters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines = vec![format!("dead letters: {}", reasons(&answer["reasons"]))];
    lines.extend(letters.iter().map(line));
    if answer["replay"].is_object() {
        lines.push(replay(&answer["replay"]));
    }
    lines.join("\n")
}

fn line(letter: &Value) -> String {
    let place = letter["conversation"].as_str().map_or_else(
        || "(governed)".to_owned(),
        |conversation| format!("{conversation}/{} by {}", letter["seq"], text(&letter["sender"])),
    );
    format!("{}  {}  {place}", text(&letter["id"]), text(&letter["reason"]))
}

fn one(letter: &Value) -> String {
    let said = letter["text"].as_str().unwrap_or("(not shown: governed, or no longer kept)");
    format!("{}\n{said}", line(letter))
}

fn preview(answer: &Value) -> String {
    if answer["letters"] == 0 {
        return "nothing would be replayed: there are no such letters".to_owned();
    }
    format!(
        "would replay {} letters ({}), said from {} to {} (ms since 1970): {} to {} calls, {} s at least, at {}/s; nothing is done",
        answer["letters"],
        reasons(&answer["reasons"]),
        answer["oldest"],
        answer["newest"],
        answer["calls_least"],
        answer["calls_most"],
        answer["seconds_least"],
        answer["rate"],
    )
}

fn replay(replay: &Value) -> String {
    let state = if replay["runs"] == true { "runs" } else { "has ended" };
    let of = replay["reason"].as_str().unwrap_or("all");
    let left = match &replay["left"] {
        left if left == 0 => String::new(),
        left => format!(", {left} left as they are"),
    };
    format!(
        "a replay of {of} {state}: {} of {} letters at {}/s{left}",
        replay["done"], replay["of"], replay["rate"]
    )
}

fn reasons(reasons: &Value) -> String {
    let all = reasons.as_object().into_iter().flatten();
    let all: Vec<_> = all.map(|(reason, letters)| format!("{letters} {reason}")).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
