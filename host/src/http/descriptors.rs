//! Fits the configuration to the process's limit of file descriptors at the start. Each incoming or outgoing connection
//! takes one, and one client must not use up those of the others.

use std::num::NonZeroUsize;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::config::{Config, PlacementAt};

/// Reserve for the journal, the log, the runtimes, the listeners, files that are read at the start, and libraries.
const OWN: usize = 64;
/// Reserve for connections to Placement from `/readyz`, to Keystone, and to the trace collector.
const BESIDE: usize = 16;
/// With fewer descriptors for connections the service does not work well.
const LEAST: usize = 64;
/// With fewer unauthenticated connections, each new one would close another before its request is read.
const LEAST_STRANGERS: usize = 4;

/// The system allows too few open files to start.
#[derive(Debug, thiserror::Error)]
#[error(
    "the system allows this process {allowed} open files, and it needs at least {}: raise LimitNOFILE, or `ulimit -n`",
    OWN + LEAST
)]
pub struct TooFew {
    /// The limit of open files.
    pub allowed: usize,
}

/// Raises the process's limit to what the configuration needs. If the system does not allow that, it lowers the numbers
/// of connections and logs a warning.
///
/// # Errors
/// [`TooFew`] if the limit leaves too few descriptors for connections.
pub fn fit(config: &mut Config) -> Result<(), TooFew> {
    let needed = own(config) + outgoing(config) + incoming(config);
    let allowed = raised(needed);
    if allowed >= needed {
        return Ok(());
    }
    lower(config, allowed)?;
    tracing::warn!(
        "the system allows {allowed} open files, and {needed} are needed: listen.connections is {} and \
         placement.in_flight {} until LimitNOFILE, or `ulimit -n`, is raised",
        config.listen.connections,
        config.placement.in_flight
    );
    Ok(())
}

/// Each connection of the proxy may need another one to Placement.
fn own(config: &Config) -> usize {
    let proxy = config.proxy.listen.map_or(0, |_| config.proxy.connections.get());
    OWN.saturating_add(proxy.saturating_mul(2))
}

fn outgoing(config: &Config) -> usize {
    BESIDE.saturating_add(services(config).saturating_mul(config.placement.in_flight.get()))
}

/// Number of services that tasks send requests to.
fn services(config: &Config) -> usize {
    match config.placement.at {
        PlacementAt::Embedded(_) => 0,
        PlacementAt::Service { .. } => 1,
        PlacementAt::Cloud(_) => 2,
    }
}

fn incoming(config: &Config) -> usize {
    let listen = &config.listen;
    let unix = if listen.socket.is_some() { listen.connections.get() } else { 0 };
    // Twice the number, because an unauthenticated connection that is closed for another keeps its descriptor a little
    // longer.
    let over_tcp = listen.connections.get().saturating_add(listen.strangers().saturating_mul(2));
    unix.saturating_add(if listen.tcp.is_some() { over_tcp } else { 0 })
}

/// Outgoing connections get at most half of the remaining descriptors; incoming ones share the rest in the configured
/// proportions.
fn lower(config: &mut Config, allowed: usize) -> Result<(), TooFew> {
    config.proxy.connections = at_least_one(allowed / 8).min(config.proxy.connections);
    let left = allowed.checked_sub(own(config)).filter(|left| *left >= LEAST).ok_or(TooFew { allowed })?;
    let (ways_out, ways_in) = (services(config), incoming(config));
    let out = outgoing(config).min(left / 2);
    if let Some(each) = out.saturating_sub(BESIDE).checked_div(ways_out) {
        config.placement.in_flight = at_least_one(each).min(config.placement.in_flight);
    }
    let part = |number: usize| at_least_one(number.saturating_mul(left - out) / ways_in.max(1));
    let listen = &mut config.listen;
    let (connections, strangers) = (listen.connections.get(), listen.strangers());
    let few = part(strangers).get().max(LEAST_STRANGERS).min(strangers);
    listen.connections_unauthenticated = Some(at_least_one(few));
    listen.connections = part(connections).min(listen.connections);
    Ok(())
}

fn at_least_one(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN)
}

/// Raises the limit as far as needed and allowed, and returns it.
fn raised(needed: usize) -> usize {
    let number = |limit: Option<u64>| limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if number(current) >= needed {
        return number(current);
    }
    let wanted = Some(needed.min(number(maximum)) as u64);
    match setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum }) {
        Ok(()) => number(wanted),
        Err(_) => number(current),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let mut config = Config::default();
        config.listen.tcp = "127.0.0.1:1".parse().ok();
        config
    }

    #[test]
    fn the_needed_descriptors_fit_into_the_limit() {
        for allowed in [128, 160, 200, 256, 512, 1024, 2048] {
            let mut config = config();
            let before = config.clone();
            lower(&mut config, allowed).unwrap();
            let needed = OWN + outgoing(&config) + incoming(&config);
            assert!(needed <= allowed + 2 * LEAST_STRANGERS, "{allowed}: {needed} of {config:?}");
            assert!(config.listen.connections <= before.listen.connections);
            assert!(config.placement.in_flight <= before.placement.in_flight);
        }
    }

    #[test]
    fn too_few_descriptors_are_refused() {
        let error = lower(&mut config(), OWN + LEAST - 1).unwrap_err().to_string();
        assert!(
            error.starts_with("the system allows this process 127 open files, and it needs at least 128"),
            "{error}"
        );
    }

    #[test]
    fn the_defaults_need_less_than_the_units_limit() {
        let unit = include_str!("../../swaparoo.service");
        let limit = unit.lines().find_map(|line| line.strip_prefix("LimitNOFILE=")).unwrap();
        assert!(OWN + outgoing(&config()) + incoming(&config()) < limit.parse().unwrap());
    }
}
