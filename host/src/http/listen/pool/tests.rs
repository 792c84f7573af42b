//! Tests of the pool of connections.

use futures_util::FutureExt;

use super::*;

const LIMITS: PoolLimits = PoolLimits { admitted: 4, of_peer: 2, strangers: 3, grace: Duration::ZERO };

fn enter(pool: &Pool, address: &str) -> (ConnectionPermit, RequestActivity) {
    let activity = RequestActivity::default();
    (pool.enter(address.parse().unwrap(), activity.clone()), activity)
}

fn gives_way(place: &ConnectionPermit) -> bool {
    place.gives_way().now_or_never().is_some()
}

#[test]
fn the_oldest_stranger_of_the_largest_peer_is_closed() {
    let pool = Pool::new(LIMITS);
    let [(first, _), (crowd, _), (crowds, _)] = ["10.0.0.1", "10.0.0.2", "10.0.0.2"].map(|from| enter(&pool, from));
    let (_probe, _) = enter(&pool, "10.0.0.3");
    assert!(gives_way(&crowd), "its peer has two connections, and this is the older one");
    let (_another, _) = enter(&pool, "10.0.0.4");
    assert!(gives_way(&first) && !gives_way(&crowds), "each peer has one connection");
}

#[test]
fn many_strangers_are_accepted_while_there_is_room() {
    let pool = Pool::new(PoolLimits { grace: Duration::from_secs(60), ..LIMITS });
    let places: Vec<_> = (0..7).map(|_| enter(&pool, "10.0.0.1").0).collect();
    assert!(!places.iter().any(gives_way), "4 admitted connections and 3 strangers may be open");
    let _probe = enter(&pool, "10.0.0.2");
    assert!(gives_way(&places[0]) && !gives_way(&places[1]));
}

#[test]
fn many_strangers_are_accepted_soon() {
    let limits = PoolLimits { admitted: 40_000, strangers: 10, grace: Duration::from_secs(600), ..LIMITS };
    let (pool, began) = (Pool::new(limits), Instant::now());
    let places: Vec<_> = (0..30_000).map(|_| enter(&pool, "10.0.0.1").0).collect();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let counted = |pool: &Pool| {
        let open = pool.open();
        (open.strangers.count(), open.admitted.count(), open.of.len())
    };
    assert_eq!(counted(&pool), (30_000, 0, 30_000));
    assert_eq!(places[0].admit(), Ok(()));
    assert_eq!(counted(&pool), (29_999, 1, 30_000));
    drop(places);
    assert_eq!(counted(&pool), (0, 0, 0));
}

#[test]
fn a_connection_with_a_request_stays_if_another_can_be_closed() {
    let pool = Pool::new(LIMITS);
    let [(answered, activity), (idle, _), _third] = ["::1"; 3].map(|from| enter(&pool, from));
    activity.begin();
    let _next = enter(&pool, "::1");
    assert!(gives_way(&idle) && !gives_way(&answered));
}

#[test]
fn admitted_connections_have_their_own_limit_and_idle_ones_are_closed() {
    let pool = Pool::new(LIMITS);
    let [(one, _), (two, busy)] = ["10.0.0.1"; 2].map(|from| enter(&pool, from));
    assert_eq!([one.admit(), two.admit(), two.admit()], [Ok(()); 3]);
    busy.begin();
    let (three, busy_too) = enter(&pool, "10.0.0.1");
    assert_eq!(three.admit(), Ok(()));
    assert!(gives_way(&one) && !gives_way(&two), "the peer has reached its limit of two, and one was idle");
    busy_too.begin();
    assert_eq!(enter(&pool, "10.0.0.1").0.admit(), Err(Full::OfPeer));
    let others = ["10.0.0.2", "10.0.0.3"].map(|from| enter(&pool, from));
    for (place, activity) in &others {
        assert_eq!(place.admit(), Ok(()));
        activity.begin();
    }
    let (late, _) = enter(&pool, "10.0.0.4");
    assert_eq!(late.admit(), Err(Full::All));
    drop(two);
    assert_eq!(late.admit(), Ok(()));
}

#[test]
fn addresses_of_one_network_are_one_peer() {
    assert_eq!(peer("2001:db8::1".parse().unwrap()), peer("2001:db8::2:0:0:1".parse().unwrap()));
    assert_ne!(peer("2001:db8::1".parse().unwrap()), peer("2001:db8:0:1::1".parse().unwrap()));
    assert_eq!(peer("::ffff:10.0.0.1".parse().unwrap()), peer("10.0.0.1".parse().unwrap()));
}
