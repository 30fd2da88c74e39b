//! The match engine.
pub mod geo;
pub mod grid;
pub mod postcode_table;
pub mod text;
