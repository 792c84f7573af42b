//! The derives of each type, and its form in JSON: a variant is an object with its `kind`, an enum is a string, both in
//! WIT's own spelling. A record's fields are in snake case, and a missing option is null.

/// Types in callers' requests. They refuse unknown fields, because nova's answer in a misspelt field would be lost. The
/// other types are also in records on disk, which may have fields that this version does not know.
const STRICT: [&str; 21] = [
    "RequestSpec",
    "Destination",
    "Retry",
    "HostNode",
    "ResourceRequest",
    "Selection",
    "AllocationRequest",
    "Mapping",
    "MigrationRecord",
    "NovaError",
    "Traits",
    "PortRequests",
    "CellAnswer",
    "MigrationAnswer",
    "ProjectAndUser",
    "Selections",
    "ServiceAnswer",
    "RpcVersion",
    "AvailabilityZoneAnswer",
    "ServerDetails",
    "ServerMigration",
];

/// The fields that are a JSON object as text in a component, and the object itself in JSON.
const JSON_TEXT: [(&str, &str); 2] = [("Reason", "data"), ("Description", "settings-schema")];

/// The fields that JSON leaves out if they are 0, which says that nothing was measured.
const MEASURED: [(&str, &str); 2] = [("Exchange", "asked-at"), ("Exchange", "answered-at")];

/// The options that JSON leaves out if they are none, because records and journals of older versions do not have them.
const LATER: [(&str, &str); 1] = [("ServerAnswer", "details")];

/// The kind of a type in WIT.
#[derive(Clone, Copy)]
pub enum Kind<'a> {
    /// `optional`: it has a field that is an option.
    Record {
        name: &'a str,
        optional: bool,
    },
    Variant,
    Enum,
}

/// Which of the contract's two sets of types a type belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// All types; they have a JSON form.
    Full,
    /// The types with only the cases of a move. A host converts them to the full ones before it writes JSON.
    Moves,
}

/// The attributes of a type.
pub fn of(kind: Kind, copied: bool, set: Set) -> String {
    let copy = if copied { "Copy, " } else { "" };
    let traits = format!("Debug, Clone, {copy}PartialEq, Eq");
    let (component, json) = forms(kind);
    let component = format!("#[cfg_attr(feature = \"wasmtime\", derive({WASMTIME}), component({component}))]\n");
    let number = if let Kind::Enum = kind { "#[repr(u8)]\n" } else { "" };
    match set {
        Set::Full => format!("#[derive({traits}, serde::Serialize, serde::Deserialize)]\n{component}{json}{number}"),
        Set::Moves => format!("#[derive({traits})]\n{component}{number}"),
    }
}

/// What wasmtime calls the kind, and the attributes of its JSON.
fn forms(kind: Kind) -> (&'static str, String) {
    let (component, serde) = match kind {
        Kind::Record { name, .. } if STRICT.contains(&name) => ("record", "#[serde(deny_unknown_fields)]\n"),
        Kind::Record { .. } => ("record", ""),
        Kind::Variant => ("variant", "#[serde(tag = \"kind\", rename_all = \"kebab-case\")]\n"),
        Kind::Enum => ("enum", "#[serde(rename_all = \"kebab-case\")]\n"),
    };
    // As in JSON, a missing option is null in TypeScript.
    let null = if let Kind::Record { optional: true, .. } = kind { ", tsify(missing_as_null)" } else { "" };
    let json = format!(
        "#[cfg_attr(feature = \"schema\", derive(utoipa::ToSchema))]\n\
         #[cfg_attr(feature = \"browser\", derive(tsify::Tsify){null})]\n{serde}"
    );
    (component, json)
}

const WASMTIME: &str = "wasmtime::component::ComponentType, wasmtime::component::Lift, wasmtime::component::Lower";

/// The attribute that gives a record's field its name in a component.
pub fn of_field(name: &str) -> String {
    if name.contains('-') { of_case(name) } else { String::new() }
}

/// The attributes of a field's JSON; `number`: it is a `u32`, or an option of one.
pub fn of_json_field(record: &str, name: &str, optional: bool, number: bool) -> String {
    let mut code = String::new();
    let mut schema = Vec::new();
    if JSON_TEXT.contains(&(record, name)) {
        code.push_str("    #[serde(default, with = \"json_text\")]\n");
        code.push_str("    #[cfg_attr(feature = \"browser\", tsify(type = \"Record<string, unknown> | null\"))]\n");
        schema.push("value_type = Option<Object>");
    }
    if MEASURED.contains(&(record, name)) {
        code.push_str("    #[serde(default, skip_serializing_if = \"exchange::is_unmeasured\")]\n");
    }
    if (record, name) == ("Reason", "code") {
        // A journal of an older version has the name of a variant here.
        code.push_str("    #[serde(alias = \"kind\")]\n");
    }
    let later = LATER.contains(&(record, name));
    if later {
        code.push_str("    #[serde(default, skip_serializing_if = \"Option::is_none\")]\n");
    }
    // In an answer, a missing field is an error, not null.
    if optional && record.ends_with("Answer") && !later {
        code.push_str("    #[serde(deserialize_with = \"serde::Deserialize::deserialize\")]\n");
        schema.push("required");
    }
    // OpenAPI's int32 is signed.
    if number {
        schema.push("maximum = 4_294_967_295_u64");
    }
    if !schema.is_empty() {
        code.push_str(&format!("    #[cfg_attr(feature = \"schema\", schema({}))]\n", schema.join(", ")));
    }
    code
}

/// The attribute with the name of a case or field in WIT.
pub fn of_case(name: &str) -> String {
    format!("    #[cfg_attr(feature = \"wasmtime\", component(name = \"{name}\"))]\n")
}
