//! The view from outside: what goes in as facts comes out as answers, whatever happens in between.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod fold;
#[cfg(test)]
mod gone;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod world;
