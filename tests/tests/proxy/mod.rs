//! A service that is a proxy in front of the real Placement, with a fake nova.

mod aftercare;
mod crash;
mod fail;
mod fixture;
mod moves;
mod observe;
mod pass_through;
mod try_it;
mod waits;
mod zun;
