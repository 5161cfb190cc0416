//! The decoders of Torn's answers, with bodies that are wrong in some way.

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
mod war_fields;
