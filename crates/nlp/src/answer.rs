//! What is answered when nothing is wrong with a request, and what is answered instead of JSON.

use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hyper::body::Bytes;
use serde::Serialize;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::analysis::{Analysis, analyze};
use crate::fate::{Dice, Fate};
use crate::learned::Learned;
use crate::metrics::Metrics;
use crate::options::{Options, OptionsError, learned};
use crate::problem::Problem;
use crate::question::{Asked, is_too_long};

/// Who analyses, and who counts it.
pub(crate) struct Reader<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) metrics: &'a Metrics,
}

/// By what texts are analysed.
pub(crate) enum Reading {
    /// Every text has the same analysis.
    Not,
    Lists,
    /// It takes milliseconds of a processor: outside of the tasks, one text a processor.
    Learned {
        learned: Arc<Learned>,
        turns: Arc<Semaphore>,
    },
}

impl Reading {
    /// # Errors
    /// [`OptionsError::Model`]: the small model was asked for and cannot be used.
    pub(crate) fn of(options: &Options) -> Result<Self, OptionsError> {
        let Some(folder) = &options.model else {
            return Ok(if options.models { Self::Lists } else { Self::Not });
        };
        let learned = Arc::new(learned(folder)?);
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self::Learned { learned, turns: Arc::new(Semaphore::new(processors)) })
    }
}

/// The answer to one of several texts.
#[derive(Serialize)]
struct Item {
    status: u16,
    #[serde(flatten)]
    said: Said,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Said {
    Analysis(Analysis),
    Problem { code: &'static str, detail: String, retry: &'static str },
}

impl Reader<'_> {
    /// The answer, as JSON.
    pub(crate) async fn answer(&self, asked: Asked<'_>, fate: &Fate) -> Bytes {
        match asked {
            Asked::One(text) => self.one(&text).await,
            Asked::Many(texts) => {
                let mut dice = Dice::new(fate.seed);
                let mut results = Vec::with_capacity(texts.len());
                for text in &texts {
                    let fails = dice.unit() < fate.item_fail_share;
                    results.push(self.item(text, fails).await);
                    // Others may be served between two texts.
                    tokio::task::yield_now().await;
                }
                written(&json!({ "results": results }))
            }
            Asked::Chat { model, text } => self.completion(&model, &text, fate.seed).await,
        }
    }

    async fn one(&self, text: &str) -> Bytes {
        const CONSTANT: &str = concat!(
            r#"{"language":"eng","confidence":1.0,"sentiment":0.0,"topic":"","keywords":[],"#,
            r#""toxicity":0.0,"urgency":0.0}"#
        );
        if let Reading::Not = self.reading {
            self.metrics.analyzed(text, None);
            Bytes::from_static(CONSTANT.as_bytes())
        } else {
            written(&self.analysis(text).await)
        }
    }

    async fn item(&self, text: &str, fails: bool) -> Item {
        let problem = if is_too_long(text) {
            Problem::TooLong { bytes: text.len() }
        } else if fails {
            self.metrics.item_failed();
            Problem::Failed
        } else {
            return Item { status: 200, said: Said::Analysis(self.analysis(text).await) };
        };
        let (status, code) = problem.status_and_code();
        let (detail, retry) = (problem.detail(), problem.retry());
        Item { status: status.as_u16(), said: Said::Problem { code, detail, retry } }
    }

    /// As OpenAI's service says it: <https://platform.openai.com/docs/api-reference/chat>.
    async fn completion(&self, model: &str, text: &str, seed: u64) -> Bytes {
        let content = serde_json::to_string(&self.analysis(text).await).unwrap_or_default();
        let created =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        // About four bytes of English a token.
        let (prompt, completion) = (text.len().div_ceil(4), content.len().div_ceil(4));
        written(&json!({
            "id": format!("chatcmpl-{seed:016x}"),
            "object": "chat.completion",
            "created": created,
            "model": model,
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": content },
                "finish_reason": "stop",
            }],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }))
    }

    async fn analysis(&self, text: &str) -> Analysis {
        let (analysis, took) = match self.reading {
            Reading::Not => (Analysis::constant(), None),
            Reading::Lists => timed(|| analyze(text)),
            Reading::Learned { learned, turns } => {
                let (learned, owned) = (Arc::clone(learned), text.to_owned());
                let turn = Arc::clone(turns).acquire_owned().await.ok();
                let looked = spawn_blocking(move || {
                    // Kept until it is done, also when nobody waits for it any more.
                    let _turn = turn;
                    timed(|| learned.analyze(&owned))
                });
                // It only fails when the service ends.
                looked.await.unwrap_or_else(|_| (Analysis::constant(), None))
            }
        };
        self.metrics.analyzed(text, took);
        analysis
    }
}

fn timed(look: impl FnOnce() -> Analysis) -> (Analysis, Option<Duration>) {
    let begun = Instant::now();
    (look(), Some(begun.elapsed()))
}

/// What is answered instead: cut short, a page of some proxy, or JSON that says something else.
pub(crate) fn wrong(mut right: Bytes, seed: u64) -> Bytes {
    match seed % 3 {
        0 => {
            right.truncate(right.len() - 1);
            right
        }
        1 => Bytes::from_static(b"<html><body>Bad gateway</body></html>"),
        _ => Bytes::from_static(br#"{"language":7,"sentiment":"high","choices":null}"#),
    }
}

/// As JSON. None of ours has a key that is no string, so it cannot fail.
pub(crate) fn written(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}
