//! The link's codec: what goes in comes out, and nothing else does harm.

#[cfg(test)]
mod codec;
