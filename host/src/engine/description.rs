//! Validates a policy's description: its name is used in records, in people's file names and in error lines.

use super::settings;
use crate::contract::{Description, TaskKind, Version};
use crate::validate::{plain, quoted};

/// The maximum length of a name and of a version in bytes (wit/migrations.wit, `description`).
const MOST_BYTES: usize = 64;
/// The maximum number of ended statuses (the same place).
const MOST_STATUSES: usize = 32;

/// The description, or the reason why it is invalid in a host of this version of the contract.
pub fn check(said: Description, host: Version) -> Result<Description, String> {
    let Description { name, version, contract, tasks, settings_schema, ended_statuses } = said;
    if !Version::parse(&contract).is_some_and(|built_for| host.supports(built_for)) {
        return Err(format!(
            "it was built for the contract {0}, not {host}: build it for {host}, or use a host with {0}",
            quoted(&contract)
        ));
    }
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > MOST_BYTES || !name.chars().all(named) {
        return Err(format!(
            "its name {} is not 1 to {MOST_BYTES} lower case letters, digits and dashes",
            quoted(&name)
        ));
    }
    if version.is_empty() || version.len() > MOST_BYTES || !plain(&version) {
        return Err(format!("its version {} is not 1 to {MOST_BYTES} visible characters", quoted(&version)));
    }
    if let Some(twice) = tasks.iter().enumerate().find_map(|(at, task)| tasks.iter().take(at).find(|t| *t == task)) {
        return Err(format!("it names the task kind `{}` twice; name it once", twice.name()));
    }
    if tasks.is_empty() {
        let all: Vec<&str> = TaskKind::ALL.iter().map(|kind| kind.name()).collect();
        return Err(format!("it has rules for no kind of task; name at least one of {}", all.join(", ")));
    }
    if let Some(schema) = &settings_schema {
        settings::check_schema(schema)?;
    }
    let status = |status: &String| !status.is_empty() && status.len() <= MOST_BYTES && plain(status);
    if ended_statuses.len() > MOST_STATUSES {
        return Err(format!("it names {} ended statuses; at most {MOST_STATUSES} are taken", ended_statuses.len()));
    }
    if let Some(wrong) = ended_statuses.iter().find(|one| !status(one)) {
        return Err(format!("its ended status {} is not 1 to {MOST_BYTES} visible characters", quoted(wrong)));
    }
    Ok(Description { name, version, contract, tasks, settings_schema, ended_statuses })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{CONTRACT, VERSION};

    fn check(said: Description) -> Result<Description, String> {
        super::check(said, VERSION)
    }

    fn said(name: &str, version: &str, contract: &str, tasks: &[TaskKind]) -> Description {
        Description {
            name: name.into(),
            version: version.into(),
            contract: contract.into(),
            tasks: tasks.into(),
            settings_schema: None,
            ended_statuses: Vec::new(),
        }
    }

    #[test]
    fn ended_statuses_are_visible_and_few() {
        let with = |statuses: &[String]| {
            check(Description { ended_statuses: statuses.into(), ..said("a", "1", CONTRACT, &[TaskKind::Move]) })
        };
        assert_eq!(with(&["error".to_owned()]).unwrap().ended_statuses, ["error"]);
        for (statuses, what) in [
            (vec!["x".repeat(65)], "… (65 bytes) is not"),
            (vec!["a\n".to_owned()], "its ended status \"a\\n\" is not"),
            (vec!["error".to_owned(); 33], "it names 33 ended statuses"),
        ] {
            let error = with(&statuses).unwrap_err();
            assert!(error.contains(what), "{error} does not contain {what}");
        }
    }

    #[test]
    fn a_valid_description_is_accepted_unchanged() {
        let tasks = [TaskKind::Revert, TaskKind::Move];
        for (name, version) in [("nova-34", "0.1.0"), ("a", "1"), (&"x".repeat(64), &"9".repeat(64))] {
            let description = check(said(name, version, CONTRACT, &tasks)).unwrap();
            assert_eq!((description.name.as_str(), description.version.as_str()), (name, version));
            assert_eq!(description.tasks, tasks);
        }
    }

    #[test]
    fn another_patch_of_the_contract_is_accepted() {
        assert_eq!(check(said("a", "1", "1.0.7", &[TaskKind::Move])).unwrap().contract, "1.0.7");
    }

    #[test]
    fn the_schema_of_its_settings_is_checked() {
        let with = |schema: &str| {
            let said =
                Description { settings_schema: Some(schema.into()), ..said("a", "1", CONTRACT, &[TaskKind::Move]) };
            check(said).map(|description| description.settings_schema)
        };
        let schema = r#"{"type":"object","properties":{"attempts":{"type":"integer"}}}"#;
        assert_eq!(with(schema), Ok(Some(schema.to_owned())));
        for wrong in ["", "true", "[]", "{"] {
            assert!(with(wrong).unwrap_err().contains("settings schema is not a JSON Schema"), "{wrong}");
        }
    }

    #[test]
    fn a_wrong_one_is_refused_with_the_value() {
        let all = [TaskKind::Move];
        let long = "x".repeat(65);
        for (given, what) in [
            (said("a", "1", "2.0.0", &all), "it was built for the contract \"2.0.0\", not 1.0.0"),
            (said("", "1", CONTRACT, &all), "its name \"\" is not"),
            (said("Standard", "1", CONTRACT, &all), "its name \"Standard\" is not"),
            (said("a\n", "1", CONTRACT, &all), "its name \"a\\n\" is not"),
            (said(&long, "1", CONTRACT, &all), "… (65 bytes) is not"),
            (said("a", "", CONTRACT, &all), "its version \"\" is not"),
            (said("a", "1\u{1b}[2J", CONTRACT, &all), "its version \"1\\u{1b}[2J\" is not"),
            (said("a", &long, CONTRACT, &all), "… (65 bytes) is not"),
            (said("a", "1", CONTRACT, &[]), "at least one of move, replace, revert, migrate, live-migrate, confirm, "),
            (said("a", "1", CONTRACT, &[TaskKind::LiveMigrate; 2]), "the task kind `live-migrate` twice"),
        ] {
            let error = check(given).unwrap_err();
            assert!(error.contains(what), "{error} does not contain {what}");
        }
    }
}
