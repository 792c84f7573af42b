//! The program: its output, its exit codes, and that bad input gives one clear line and changes nothing.

pub mod audit;
mod bad_input;
mod check;
mod compare;
mod completions;
mod conform;
mod demo;
mod gate;
mod hostile;
mod interrupt;
mod live;
mod man;
mod overlay;
mod policies;
mod program;
mod scaffold;
mod service;
mod tasks;
mod watch;
