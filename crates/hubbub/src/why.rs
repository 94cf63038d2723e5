//! `hubbub why`: what happened to one message on its way to being understood.

use clap::Args;
use model::{ConversationId, MessageId};
use serde_json::Value;

use crate::desk::Server;
use crate::failure::Failure;
use crate::print;

/// Which message, and whom to ask.
#[derive(Debug, Args)]
#[command(
    after_help = "What happened lately is remembered step by step (the last 262,144 steps of all messages together); of older messages \
                  the journal tells the results. A message that is not recent is found by its place much sooner than by its id. \
                  Neither text nor author is told. Needs a token of an admin or analyst, where the server asks for tokens.\n\
                  Exit code: 0 told; 1 not found, or refused; 64 wrong flags; 69 the server cannot be reached.\n\n\
                  Examples:\n  hubbub why 4f1c6b6e2f5a4c0e-17\n  hubbub why lobby/1042\n  \
                  hubbub why lobby/1042 --json --url https://chat.example --token-file analyst.token"
)]
pub(crate) struct WhyArgs {
    /// Its id, as frames and pages show it, or CONVERSATION/SEQ
    #[arg(value_name = "MESSAGE", value_parser = path)]
    message: String,
    #[command(flatten)]
    server: Server,
    /// As JSON, as the server says it
    #[arg(long)]
    json: bool,
}

/// Asks and tells.
pub(crate) async fn run(args: &WhyArgs) -> Result<(), Failure> {
    let why = args.server.get(&args.message).await?;
    print(&if args.json { why.to_string() } else { told(&why) });
    Ok(())
}

/// Where to ask about it.
fn path(text: &str) -> Result<String, String> {
    let Some((conversation, seq)) = text.rsplit_once('/') else {
        let id: MessageId = text.parse().map_err(|why| format!("{why}; or CONVERSATION/SEQ"))?;
        return Ok(format!("/v1/messages/{id}/why"));
    };
    let conversation = ConversationId::new(conversation).map_err(|why| why.to_string())?;
    let seq: u64 = seq.parse().map_err(|why| format!("the place {seq:?}: {why}"))?;
    Ok(format!("/v1/conversations/{conversation}/messages/{seq}/why"))
}

fn told(why: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = why["conversation"].as_str().map_or_else(
        || "in a governed conversation".to_owned(),
        |conversation| format!("{conversation}/{}", why["seq"]),
    );
    let began = why["received_at"].as_u64().unwrap_or(0);
    let after = |at: &Value| at.as_u64().unwrap_or(0).saturating_sub(began);
    let mut lines = vec![format!("{} ({place}): {}", text(&why["id"]), text(&why["standing"]))];
    let list = |name: &str| why[name].as_array().cloned().unwrap_or_default();
    for step in list("steps") {
        let call = step["call"].as_u64().map(|call| format!(" {call}")).unwrap_or_default();
        let (what, detail) = (text(&step["what"]), text(&step["detail"]));
        lines.push(
            format!("{:>8} ms  {:<14}{detail}", after(&step["at"]), what + &call)
                .trim_end()
                .to_owned(),
        );
    }
    if list("steps").is_empty() {
        lines.push("its steps are no longer remembered".to_owned());
    }
    for fact in list("facts") {
        let reason = fact["reason"].as_str().map(|why| format!(" ({why})")).unwrap_or_default();
        let at = after(&fact["at"]);
        lines.push(format!("{at:>8} ms  in the journal: {}{reason}", text(&fact["result"])));
    }
    if why["read_to"].is_u64() {
        lines
            .push("there was no time to read the journal to its end: there may be more".to_owned());
    }
    lines.join("\n")
}
