//! The child processes of a process.

/// Their ids, without those that have ended.
pub fn of(parent: u32) -> Vec<i32> {
    let (all, parent) = (std::fs::read_dir("/proc").unwrap(), parent.to_string());
    let ids = all.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    ids.filter(|id: &i32| {
        // A process may end while it is read, and a zombie has ended.
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let mut words = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        words.next() != Some("Z") && words.next() == Some(&parent)
    })
    .collect()
}

/// Kills them, as the system does when the machine has no memory left.
pub fn kill(parent: u32) {
    for child in of(parent).into_iter().filter_map(rustix::process::Pid::from_raw) {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process(child, rustix::process::Signal::KILL);
    }
}
