//! The schemas of all bodies and queries except those of allocations (placement schemas/resource_provider.py,
//! inventory.py, resource_class.py, usage.py, aggregate.py, trait.py).

use super::{NAME, Object, Pattern, Schema, Text};
use crate::Microversion;
use crate::inventory::MAX_INT;

/// The body of POST `/resource_providers`.
pub(crate) fn create(version: Microversion) -> &'static Schema {
    if version.since(14) { &CREATE_14 } else { &CREATE_0 }
}

/// The body of PUT `/resource_providers/{uuid}`.
pub(crate) fn update(version: Microversion) -> &'static Schema {
    if version.since(14) { &UPDATE_14 } else { &UPDATE_0 }
}

/// The query of GET `/resource_providers`, without the filters by resources, aggregates and traits.
pub(crate) fn list(version: Microversion) -> &'static Schema {
    if version.since(14) { &LIST_14 } else { &LIST_0 }
}

/// The query of GET `/usages`.
pub(crate) fn usages(version: Microversion) -> &'static Schema {
    if version.since(38) { &USAGES_38 } else { &USAGES_9 }
}

#[expect(clippy::cast_possible_wrap, reason = "2^31 - 1")]
const MAX: i64 = MAX_INT as i64;
static ANY_TEXT: Schema = Schema::Text(Text { min: 0, max: usize::MAX, pattern: None });
static ANY_INTEGER: Schema = Schema::Integer { min: i64::MIN, max: i64::MAX };
static POSITIVE: Schema = Schema::Integer { min: 1, max: MAX };
static NOT_NEGATIVE: Schema = Schema::Integer { min: 0, max: MAX };
static RATIO: Schema = Schema::Number { max: 3.40282e38 };
static CLASS: Schema = Schema::Text(Text { min: 0, max: usize::MAX, pattern: Some(Pattern::Class) });
static PROVIDER_NAME: Schema = Schema::Text(Text { min: 0, max: 200, pattern: None });

static CREATE_0: Schema = Schema::Object(Object {
    fields: &[("name", &PROVIDER_NAME), ("uuid", &Schema::Uuid)],
    required: &["name"],
    ..Object::EMPTY
});
static CREATE_14: Schema = Schema::Object(Object {
    fields: &[("name", &PROVIDER_NAME), ("uuid", &Schema::Uuid), ("parent_provider_uuid", &Schema::UuidOrNull)],
    required: &["name"],
    ..Object::EMPTY
});
static UPDATE_0: Schema =
    Schema::Object(Object { fields: &[("name", &PROVIDER_NAME)], required: &["name"], ..Object::EMPTY });
static UPDATE_14: Schema = Schema::Object(Object {
    fields: &[("name", &PROVIDER_NAME), ("parent_provider_uuid", &Schema::UuidOrNull)],
    required: &["name"],
    ..Object::EMPTY
});
static LIST_0: Schema =
    Schema::Object(Object { fields: &[("name", &ANY_TEXT), ("uuid", &Schema::Uuid)], ..Object::EMPTY });
static LIST_14: Schema = Schema::Object(Object {
    fields: &[("name", &ANY_TEXT), ("uuid", &Schema::Uuid), ("in_tree", &Schema::Uuid)],
    ..Object::EMPTY
});

/// The body of PUT on a single inventory.
pub(crate) static INVENTORY: Schema = Schema::Object(Object {
    fields: INVENTORY_FIELDS,
    required: &["total", "resource_provider_generation"],
    ..Object::EMPTY
});
/// The body of POST `/resource_providers/{uuid}/inventories`.
pub(crate) static NEW_INVENTORY: Schema = Schema::Object(Object {
    fields: &[
        ("resource_provider_generation", &ANY_INTEGER),
        ("total", &POSITIVE),
        ("reserved", &NOT_NEGATIVE),
        ("min_unit", &POSITIVE),
        ("max_unit", &POSITIVE),
        ("step_size", &POSITIVE),
        ("allocation_ratio", &RATIO),
        ("resource_class", &CLASS),
    ],
    required: &["total", "resource_class"],
    ..Object::EMPTY
});
/// The body of PUT on all inventories of a provider. Keys that are not a class are allowed.
pub(crate) static INVENTORIES: Schema = Schema::Object(Object {
    fields: &[("resource_provider_generation", &ANY_INTEGER), ("inventories", &INVENTORIES_BY_CLASS)],
    required: &["resource_provider_generation", "inventories"],
    ..Object::EMPTY
});
static INVENTORIES_BY_CLASS: Schema =
    Schema::Object(Object { keys: Some((Pattern::Class, &ONE_INVENTORY)), open: true, ..Object::EMPTY });
static ONE_INVENTORY: Schema =
    Schema::Object(Object { fields: INVENTORY_FIELDS, required: &["total"], ..Object::EMPTY });
const INVENTORY_FIELDS: &[(&str, &Schema)] = &[
    ("resource_provider_generation", &ANY_INTEGER),
    ("total", &POSITIVE),
    ("reserved", &NOT_NEGATIVE),
    ("min_unit", &POSITIVE),
    ("max_unit", &POSITIVE),
    ("step_size", &POSITIVE),
    ("allocation_ratio", &RATIO),
];

/// The name of a new custom resource class.
pub(crate) static NEW_CLASS: Schema = Schema::Object(Object {
    fields: &[("name", &Schema::Text(Text { min: 0, max: 255, pattern: Some(Pattern::CustomClass) }))],
    required: &["name"],
    ..Object::EMPTY
});

/// The body of PUT on the aggregates of a provider: below microversion 1.19 a bare list.
pub(crate) fn aggregates(version: Microversion) -> &'static Schema {
    if version.since(19) { &AGGREGATES_19 } else { &UUIDS }
}

static UUIDS: Schema = Schema::List { items: &Schema::Uuid, min: 0 };
static AGGREGATES_19: Schema = Schema::Object(Object {
    fields: &[("aggregates", &UUIDS), ("resource_provider_generation", &ANY_INTEGER)],
    required: &["aggregates", "resource_provider_generation"],
    ..Object::EMPTY
});

/// The body of PUT on the traits of a provider.
pub(crate) static TRAITS: Schema = Schema::Object(Object {
    fields: &[("traits", &Schema::List { items: &TRAIT, min: 0 }), ("resource_provider_generation", &ANY_INTEGER)],
    required: &["traits", "resource_provider_generation"],
    ..Object::EMPTY
});
static TRAIT: Schema = Schema::Text(Text { min: 1, max: 255, pattern: Some(Pattern::Class) });

static USAGES_9: Schema = Schema::Object(Object {
    fields: &[("project_id", &NAME), ("user_id", &NAME)],
    required: &["project_id"],
    ..Object::EMPTY
});
static USAGES_38: Schema = Schema::Object(Object {
    fields: &[
        ("project_id", &NAME),
        ("user_id", &NAME),
        ("consumer_type", &Schema::Text(Text { min: 1, max: 255, pattern: Some(Pattern::ConsumerTypeOrAll) })),
    ],
    required: &["project_id"],
    ..Object::EMPTY
});
