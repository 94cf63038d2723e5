//! The services of the cases from outside: HTTP in, HTTP out, on ports of their own.

#[cfg(test)]
mod outside;
#[cfg(test)]
mod slots;
