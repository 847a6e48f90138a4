mod items;
mod leaves;
mod operators;
mod properties;
mod traces;
mod vectors;
mod verdicts;
pub(crate) mod world;
