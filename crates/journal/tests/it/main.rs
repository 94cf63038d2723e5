//! The journal's promises: what was acknowledged stays, what is lost is named.

#[cfg(test)]
mod again;
#[cfg(test)]
mod append;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod damage;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod follow;
#[cfg(test)]
mod format;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod killed;
#[cfg(test)]
#[cfg(feature = "mutants")]
mod mutants;
#[cfg(test)]
mod onlooker;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod power;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod refusal;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod thin;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod thin_damage;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod thin_front;
#[cfg(test)]
#[cfg(feature = "shadow")]
mod thin_power;
