//! Stands for the small model where the feature `models` is off: there is none.

use std::path::Path;

use crate::analysis::Analysis;

/// There is none.
pub(crate) enum Learned {}

impl Learned {
    /// # Errors
    /// Always: what to do.
    pub(crate) fn load(_: &Path) -> Result<Self, String> {
        Err("this hubbub was built without models; build one that has them with `cargo build --release \
             --package hubbub --features models`, or leave --model out"
            .to_owned())
    }

    pub(crate) fn analyze(&self, _: &str) -> Analysis {
        match *self {}
    }
}
