//! Names in Rust, and the functions that return a case's name in the contract.

use wit_parser::{Enum, Variant};

/// `find-server` as `FindServer`.
pub fn camel(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(capital).collect()
}

/// `find-server` as `find_server`.
pub fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// `NAMES` and `name()`.
pub fn of_variant(name: &str, of: &Variant) -> String {
    let names: String = of.cases.iter().map(|case| format!("{:?}, ", case.name)).collect();
    let arm = |name: &str, payload| format!("            Self::{}{payload} => {name:?},\n", camel(name));
    let arms = of.cases.iter().map(|case| arm(&case.name, if case.ty.is_some() { "(_)" } else { "" }));
    format!(
        "impl {name} {{\n    \
             /// The names of its cases, in the contract's order.\n    \
             pub const NAMES: [&'static str; {}] = [{names}];\n\n{}}}\n\n",
        of.cases.len(),
        function("&self", arms.collect()),
    )
}

/// `ALL`, `name()`, and `_lift()`, which wit-bindgen calls to convert a number to an enum.
pub fn of_enum(name: &str, of: &Enum) -> String {
    let each = |form: &dyn Fn(usize, &str, &str) -> String| -> String {
        of.cases.iter().enumerate().map(|(at, case)| form(at, &camel(&case.name), &case.name)).collect()
    };
    let all = each(&|_, case, _| format!("Self::{case}, "));
    let arms = each(&|_, case, name| format!("            Self::{case} => {name:?},\n"));
    let last = of.cases.len().saturating_sub(1);
    let lifted = each(&|at, case, _| match at {
        at if at == last => format!("            _ => Self::{case},\n"),
        at => format!("            {at} => Self::{case},\n"),
    });
    format!(
        "impl {name} {{\n    \
             /// All values, in the contract's order.\n    \
             pub const ALL: [Self; {}] = [{all}];\n\n{}\n    \
             #[doc(hidden)]\n    \
             #[must_use]\n    \
             pub fn _lift(number: u8) -> Self {{\n        match number {{\n{lifted}        }}\n    }}\n}}\n\n",
        of.cases.len(),
        function("self", arms),
    )
}

fn function(of: &str, arms: String) -> String {
    format!(
        "    /// Its name in the contract.\n    \
             #[must_use]\n    \
             pub fn name({of}) -> &'static str {{\n        match self {{\n{arms}        }}\n    }}\n"
    )
}
