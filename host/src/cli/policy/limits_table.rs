//! The limits of a policy with what it uses of them, for `policy inspect` and `policy bench`.

use serde_json::{Value, json};
use swaparoo::engine::{Limits, Usage};

use crate::cli::stdout::say;

/// One limit.
struct Row {
    what: &'static str,
    /// None: only a call for a task uses it.
    used: Option<u64>,
    limit: u64,
    unit: &'static str,
}

/// The limits of the contract's table, in its order.
fn rows(component: usize, used: Usage, limits: &Limits) -> [Row; 10] {
    let number = |size: usize| u64::try_from(size).unwrap_or(u64::MAX);
    let row = |what, used: Option<usize>, limit, unit| Row { what, used: used.map(number), limit: number(limit), unit };
    let time = u64::try_from(limits.call_time.as_millis()).unwrap_or(u64::MAX);
    [
        Row { what: "fuel of a call", used: Some(used.fuel), limit: limits.fuel, unit: "" },
        Row { what: "processor time of a call", used: None, limit: time, unit: "ms" },
        row("memory", Some(used.memory_bytes), limits.memory_bytes, "bytes"),
        row("table elements", Some(used.table_elements), limits.table_elements, ""),
        row("stack", None, limits.wasm_stack_bytes, "bytes"),
        row("an answer", None, limits.output_bytes, "bytes"),
        row("component", Some(component), limits.component_bytes, "bytes"),
        row("effects in a step", None, limits.effects, ""),
        row("exchanges in a history", None, limits.exchanges, ""),
        Row { what: "a pause", used: None, limit: limits.pause_ms.into(), unit: "ms" },
    ]
}

/// Prints the table: what a component of so many bytes uses when it is loaded, and the limits.
pub fn print(component: usize, used: Usage, limits: &Limits) {
    say!("\n  limit                            used       at most");
    for Row { what, used, limit, unit } in rows(component, used, limits) {
        let used = used.map_or_else(|| "-".to_owned(), grouped);
        say!("{}", format!("  {what:<24} {used:>12}  {:>12}  {unit}", grouped(limit)).trim_end());
    }
}

/// The same as JSON, by name.
pub fn object(component: usize, used: Usage, limits: &Limits) -> Value {
    let row = |Row { what, used, limit, unit }: Row| {
        (what.replace(' ', "_"), json!({ "used": used, "at_most": limit, "unit": unit }))
    };
    Value::Object(rows(component, used, limits).map(row).into_iter().collect())
}

/// The number with a comma after each three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let (first, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    Some(first.to_owned()).filter(|first| !first.is_empty()).into_iter().chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (20_000_000, "20,000,000"), (4_194_304, "4,194,304")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
