//! The decoders of Torn's responses, with bodies that have a fault.

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
