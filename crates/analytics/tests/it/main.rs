//! The fold against a naive model.

#[cfg(test)]
mod fold;
