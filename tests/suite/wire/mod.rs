//! The decoders of Torn's answers, under every body that is not as it should be.

mod bodies;
mod change;
mod facts;
mod fields;
mod properties;
mod readers;
mod seeds;
mod stored;
mod table;
mod waits;
