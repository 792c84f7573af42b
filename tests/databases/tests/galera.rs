//! Three MariaDB nodes with Galera on loopback.

use swaparoo_databases::Galera;

#[test]
fn a_killed_node_comes_back_and_the_others_go_on() {
    let mut galera = Galera::start(3).unwrap();
    let size = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'wsrep_cluster_size'";
    assert_eq!(galera.nodes[2].sql(size), "3");
    let database = galera.create_database();
    let table = format!("{database}.kept");
    galera.nodes[0].sql(&format!("CREATE TABLE {table} (value INT PRIMARY KEY); INSERT INTO {table} VALUES (1)"));
    let read = format!("SET wsrep_sync_wait = 1; SELECT max(value) FROM {table}");
    assert_eq!(galera.nodes[1].sql(&read), "1");
    galera.nodes[2].kill();
    galera.nodes[0].sql(&format!("INSERT INTO {table} VALUES (2)"));
    assert_eq!(galera.nodes[1].sql(&read), "2");
    galera.rejoin(2).unwrap();
    assert_eq!(galera.nodes[2].sql(&read), "2");
}

#[test]
fn after_all_nodes_were_killed_a_new_cluster_begins_with_one() {
    let mut galera = Galera::start(2).unwrap();
    let table = format!("{}.kept", galera.create_database());
    galera.nodes[0].sql(&format!("CREATE TABLE {table} (value INT PRIMARY KEY); INSERT INTO {table} VALUES (1)"));
    galera.nodes.iter_mut().for_each(|node| node.kill());
    galera.begin_again(0).unwrap();
    galera.rejoin(1).unwrap();
    assert_eq!(galera.nodes[1].sql(&format!("SELECT value FROM {table}")), "1");
}
