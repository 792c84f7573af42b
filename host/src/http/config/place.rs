//! Positions in the file: line and key of an offset, line of a key.

/// The line, from 1, and the key with its section, at this offset in bytes.
pub fn of(text: &str, offset: usize) -> (usize, String) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count();
    let upto: Vec<&str> = text.lines().take(line + 1).collect();
    let section = upto.iter().rev().find_map(|line| header(line));
    // A value over several lines belongs to the key above it.
    let said = upto.iter().rev().find_map(|line| header(line).or_else(|| key(line))).unwrap_or("the file");
    let name = match section {
        Some(section) if section != said => format!("{section}.{said}"),
        _ => said.to_owned(),
    };
    (line + 1, name)
}

/// The line, from 1, on which `section.key` is set.
pub fn line(text: &str, name: &str) -> Option<usize> {
    let (wanted, wanted_key) = name.split_once('.')?;
    let mut section = "";
    for (number, line) in text.lines().enumerate() {
        section = header(line).unwrap_or(section);
        if section == wanted && key(line) == Some(wanted_key) {
            return Some(number + 1);
        }
    }
    None
}

fn header(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.split(']').next().map(str::trim)
}

fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    (!key.is_empty() && !key.starts_with('#')).then_some(key)
}
