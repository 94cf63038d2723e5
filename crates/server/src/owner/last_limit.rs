//! How many calls the NLP service was last found to bear, kept over restarts: with it the first seconds are as good as the
//! last were. A hint and no more, so it is neither synced nor missed.

use std::fs;
use std::path::PathBuf;

/// Of what was kept last, by how much another limit differs that is worth a write.
const DIFFERS_PERCENT: u32 = 10;

/// The file of it.
#[derive(Debug)]
pub(crate) struct LastLimit {
    file: PathBuf,
    kept: Option<u32>,
}

impl LastLimit {
    /// In a file that may be missing, or hold anything.
    pub(crate) fn open(file: PathBuf) -> Self {
        let kept = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
        Self { file, kept }
    }

    /// What was kept.
    pub(crate) fn get(&self) -> Option<u32> {
        self.kept
    }

    /// Keeps this one, if it is another.
    pub(crate) fn keep(&mut self, limit: Option<u32>) {
        let Some(limit) = limit else { return };
        let differs = |kept: u32| kept.abs_diff(limit) * 100 > kept * DIFFERS_PERCENT;
        if self.kept.is_none_or(differs) {
            if let Err(why) = fs::write(&self.file, format!("{limit}\n")) {
                tracing::debug!(%why, "the limit of calls is not kept");
            }
            self.kept = Some(limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_kept_over_restarts_and_what_is_no_number_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("nlp-limit");
        let mut limit = LastLimit::open(file.clone());
        assert_eq!(limit.get(), None);
        limit.keep(None);
        assert!(!file.exists());
        limit.keep(Some(2_000));
        assert_eq!(LastLimit::open(file.clone()).get(), Some(2_000));
        // Hardly another one.
        limit.keep(Some(2_200));
        assert_eq!(LastLimit::open(file.clone()).get(), Some(2_000));
        limit.keep(Some(2_201));
        assert_eq!(LastLimit::open(file.clone()).get(), Some(2_201));
        fs::write(&file, "many").unwrap();
        assert_eq!(LastLimit::open(file).get(), None);
    }
}
