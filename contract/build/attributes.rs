//! What each type derives, and how it looks in JSON: a variant is an object with its `kind`, an enum a string, both in
//! WIT's own spelling; a record's fields are in snake case, and one that is none is null.

/// Records that are read from callers' requests and refuse a field that they do not know: in a misspelt one nova's answer
/// would be lost. The others stand in records on disk, which may have more than this version knows.
const STRICT: [&str; 19] = [
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
];

/// The fields that are a JSON object as text in a component, and the object itself in JSON.
const JSON_TEXT: [(&str, &str); 2] = [("Reason", "data"), ("Description", "settings-schema")];

/// The fields that JSON leaves out if they are 0, which says that nothing was measured.
const MEASURED: [(&str, &str); 2] = [("Exchange", "asked-at"), ("Exchange", "answered-at")];

/// What a type is in WIT.
#[derive(Clone, Copy)]
pub enum Kind<'a> {
    /// `optional`: a field of it may be none.
    Record {
        name: &'a str,
        optional: bool,
    },
    Variant,
    Enum,
}

/// The attributes of a type.
pub fn of(kind: Kind, copied: bool) -> String {
    let copy = if copied { "Copy, " } else { "" };
    let (component, serde) = match kind {
        Kind::Record { name, .. } if STRICT.contains(&name) => ("record", "#[serde(deny_unknown_fields)]\n"),
        Kind::Record { .. } => ("record", ""),
        Kind::Variant => ("variant", "#[serde(tag = \"kind\", rename_all = \"kebab-case\")]\n"),
        Kind::Enum => ("enum", "#[repr(u8)]\n#[serde(rename_all = \"kebab-case\")]\n"),
    };
    // TypeScript has null for what is none, as JSON has.
    let null = if let Kind::Record { optional: true, .. } = kind { ", tsify(missing_as_null)" } else { "" };
    format!(
        "#[derive(Debug, Clone, {copy}PartialEq, Eq, serde::Serialize, serde::Deserialize)]\n\
         #[cfg_attr(feature = \"wasmtime\", derive({WASMTIME}), component({component}))]\n\
         #[cfg_attr(feature = \"schema\", derive(utoipa::ToSchema))]\n\
         #[cfg_attr(feature = \"browser\", derive(tsify::Tsify){null})]\n{serde}"
    )
}

const WASMTIME: &str = "wasmtime::component::ComponentType, wasmtime::component::Lift, wasmtime::component::Lower";

/// The attributes of a record's field; `number`: it is a `u32`, or an option of one.
pub fn of_field(record: &str, name: &str, optional: bool, number: bool) -> String {
    let mut code = String::new();
    if name.contains('-') {
        code.push_str(&of_case(name));
    }
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
    // An answer that does not have the field says nothing, and is not taken for null.
    if optional && record.ends_with("Answer") {
        code.push_str("    #[serde(deserialize_with = \"serde::Deserialize::deserialize\")]\n");
        schema.push("required");
    }
    // OpenAPI's int32 is a signed one.
    if number {
        schema.push("maximum = 4_294_967_295_u64");
    }
    if !schema.is_empty() {
        code.push_str(&format!("    #[cfg_attr(feature = \"schema\", schema({}))]\n", schema.join(", ")));
    }
    code
}

/// The attribute of a case, or of a field, that says what it is called in WIT.
pub fn of_case(name: &str) -> String {
    format!("    #[cfg_attr(feature = \"wasmtime\", component(name = \"{name}\"))]\n")
}
