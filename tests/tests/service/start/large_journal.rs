//! A journal with the tasks of a month and of an overload: the start takes less than minutes, and systemd waits for it.

use super::super::journal::python;
use super::super::placement_fixture::PlacementFixture;
use super::super::serve::{Serve, command};
use super::super::tasks::{new, revert, swap};

/// Makes many ended and some open tasks by copying one of each, with new keys and consumers. Of ended tasks only the
/// first and the last entry are copied.
const COPIES: &str = "\
exec('''
of, ended, open = (sys.argv[2], sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
for task, count in zip(of, (ended, open)):
    state, created, updated = db.execute('SELECT state, created_at, updated_at FROM tasks WHERE id = ?', (task,)).fetchone()
    events = db.execute('SELECT number, at, event FROM entries WHERE task = ? ORDER BY number', (task,)).fetchall()
    if state == 'finished':
        events = [events[0], (1, *events[-1][1:])]
    ids = ['%s-%07d' % (task[:28], n) for n in range(count)]
    db.executemany('INSERT INTO tasks (id, key, state, entries, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
        [(id, id, state, len(events), created, updated) for id in ids])
    db.executemany('INSERT INTO consumers (consumer, task) VALUES (?, ?)', [(c + id, id) for id in ids for c in 'ab'])
    db.executemany('INSERT INTO entries (task, number, at, event) VALUES (?, ?, ?, ?)',
        [(id, n, at, event) for id in ids for n, at, event in events])
''')";

/// The CPU time of a process, in seconds.
fn cpu(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after = stat.rsplit_once(") ").unwrap().1;
    let ticks: u32 = after.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum();
    f64::from(ticks) / 100.0
}

/// The limit for an optimized program is 5 s. Tests run one without optimization, so this limit is higher; the query
/// plans of the journal's statements, which keep the start short, are tested in `journal/sqlite/tests.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_ended_and_three_thousand_open() {
    let (placement, folder) = (PlacementFixture::model().await, tempfile::tempdir().unwrap());
    let serve = Serve::start(folder.path(), &placement.proxy.url());
    let ended = serve.post("/v1/tasks?wait=30", &swap(&placement.holder().await, &new())).await;
    let open = serve.post("/v1/tasks?wait=30", &revert(&new(), &placement.holder().await, None)).await;
    assert_eq!(serve.process().stop(), Some(0));
    python(folder.path(), COPIES, &[ended.text("/id"), open.text("/id"), "100000", "3000"]);
    // The open tasks do not continue, so that only the start is measured.
    placement.proxy.close().await;
    let serve = Serve::run(folder.path(), command(folder.path()));
    let took = cpu(serve.process().id());
    println!("the start with 100,000 ended and 3,000 open tasks took {took:.1} s of CPU");
    let metrics = serve.get("/metrics").await;
    let metrics = metrics.body.as_str().unwrap_or_default();
    assert!(metrics.lines().any(|line| line == "swaparoo_tasks_open 3001"), "{metrics}");
    let bound = if cfg!(debug_assertions) { 30.0 } else { 5.0 };
    assert!(took < bound, "{took} s of CPU");
}
