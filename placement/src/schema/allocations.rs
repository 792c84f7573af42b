//! The schemas of the bodies of `/allocations`, by microversion (placement schemas/allocation.py).

use super::providers::INVENTORIES;
use super::{NAME, Object, Pattern, Schema, Text};
use crate::Microversion;

/// The body of a PUT.
pub(crate) fn put(version: Microversion) -> &'static Schema {
    match version {
        version if version.since(38) => &PUT_38,
        version if version.since(34) => &PUT_34,
        version if version.since(28) => &PUT_28,
        version if version.since(12) => &PUT_12,
        version if version.since(8) => &PUT_8,
        _ => &PUT_0,
    }
}

/// The body of a POST, from microversion 1.13 on.
pub(crate) fn post(version: Microversion) -> &'static Schema {
    match version {
        version if version.since(38) => &POST_38,
        version if version.since(34) => &POST_34,
        version if version.since(28) => &POST_28,
        _ => &POST_13,
    }
}

/// The body of a POST to `/reshaper`, from microversion 1.30 on.
pub(crate) fn reshape(version: Microversion) -> &'static Schema {
    match version {
        version if version.since(38) => &RESHAPE_38,
        version if version.since(34) => &RESHAPE_34,
        _ => &RESHAPE_30,
    }
}

static AMOUNT: Schema = Schema::Integer { min: 1, max: i64::MAX };
static GENERATION: Schema = Schema::Integer { min: i64::MIN, max: i64::MAX };
static CONSUMER_GENERATION: Schema = Schema::IntegerOrNull;
static CONSUMER_TYPE: Schema = Schema::Text(Text { min: 1, max: 255, pattern: Some(Pattern::Class) });
static RESOURCES: Schema = Schema::Object(Object { keys: Some((Pattern::Class, &AMOUNT)), min: 1, ..Object::EMPTY });

/// Request group suffixes with their providers. They are only validated.
static MAPPINGS: Schema =
    Schema::Object(Object { keys: Some((Pattern::GroupSuffix, &UUIDS)), open: true, min: 1, ..Object::EMPTY });
static UUIDS: Schema = Schema::List { items: &Schema::Uuid, min: 1 };

// Below 1.12 allocations are a list.
static PROVIDER_REFERENCE: Schema =
    Schema::Object(Object { fields: &[("uuid", &Schema::Uuid)], required: &["uuid"], ..Object::EMPTY });
static LIST_ITEM: Schema = Schema::Object(Object {
    fields: &[("resource_provider", &PROVIDER_REFERENCE), ("resources", &RESOURCES)],
    required: &["resource_provider", "resources"],
    ..Object::EMPTY
});
static LIST: Schema = Schema::List { items: &LIST_ITEM, min: 1 };

static PUT_0: Schema =
    Schema::Object(Object { fields: &[("allocations", &LIST)], required: &["allocations"], ..Object::EMPTY });
static PUT_8: Schema = Schema::Object(Object {
    fields: &[("allocations", &LIST), ("project_id", &NAME), ("user_id", &NAME)],
    required: &["allocations", "project_id", "user_id"],
    ..Object::EMPTY
});

// From 1.12 on they are an object by provider. It may contain the provider's generation, which is ignored.
static ONE_PROVIDER: Schema = Schema::Object(Object {
    fields: &[("generation", &GENERATION), ("resources", &RESOURCES)],
    required: &["resources"],
    ..Object::EMPTY
});
static SOME_PROVIDERS: Schema =
    Schema::Object(Object { keys: Some((Pattern::Uuid36, &ONE_PROVIDER)), min: 1, ..Object::EMPTY });
static PROVIDERS: Schema = Schema::Object(Object { keys: Some((Pattern::Uuid36, &ONE_PROVIDER)), ..Object::EMPTY });

const REQUIRED_12: &[&str] = &["allocations", "project_id", "user_id"];
const REQUIRED_28: &[&str] = &["allocations", "project_id", "user_id", "consumer_generation"];
const REQUIRED_38: &[&str] = &["allocations", "project_id", "user_id", "consumer_generation", "consumer_type"];

static PUT_12: Schema = Schema::Object(Object {
    fields: &[("allocations", &SOME_PROVIDERS), ("project_id", &NAME), ("user_id", &NAME)],
    required: REQUIRED_12,
    ..Object::EMPTY
});
static ONE_OF_POST_13: Schema = Schema::Object(Object {
    fields: &[("allocations", &PROVIDERS), ("project_id", &NAME), ("user_id", &NAME)],
    required: REQUIRED_12,
    ..Object::EMPTY
});
static PUT_28: Schema = Schema::Object(Object {
    fields: &[
        ("allocations", &PROVIDERS),
        ("project_id", &NAME),
        ("user_id", &NAME),
        ("consumer_generation", &CONSUMER_GENERATION),
    ],
    required: REQUIRED_28,
    ..Object::EMPTY
});
static PUT_34: Schema = Schema::Object(Object {
    fields: &[
        ("allocations", &PROVIDERS),
        ("project_id", &NAME),
        ("user_id", &NAME),
        ("consumer_generation", &CONSUMER_GENERATION),
        ("mappings", &MAPPINGS),
    ],
    required: REQUIRED_28,
    ..Object::EMPTY
});
static PUT_38: Schema = Schema::Object(Object {
    fields: &[
        ("allocations", &PROVIDERS),
        ("project_id", &NAME),
        ("user_id", &NAME),
        ("consumer_generation", &CONSUMER_GENERATION),
        ("mappings", &MAPPINGS),
        ("consumer_type", &CONSUMER_TYPE),
    ],
    required: REQUIRED_38,
    ..Object::EMPTY
});

const fn by_consumer(body: &'static Schema, min: usize) -> Schema {
    Schema::Object(Object { keys: Some((Pattern::Uuid36, body)), min, ..Object::EMPTY })
}

static POST_13: Schema = by_consumer(&ONE_OF_POST_13, 1);
static POST_28: Schema = by_consumer(&PUT_28, 1);
static POST_34: Schema = by_consumer(&PUT_34, 1);
static POST_38: Schema = by_consumer(&PUT_38, 1);

/// In a reshape the object may be empty.
static ANY_28: Schema = by_consumer(&PUT_28, 0);
static ANY_34: Schema = by_consumer(&PUT_34, 0);
static ANY_38: Schema = by_consumer(&PUT_38, 0);
static INVENTORIES_BY_PROVIDER: Schema =
    Schema::Object(Object { keys: Some((Pattern::Uuid36, &INVENTORIES)), min: 1, ..Object::EMPTY });

const REQUIRED_BY_RESHAPE: &[&str] = &["inventories", "allocations"];
static RESHAPE_30: Schema = Schema::Object(Object {
    fields: &[("inventories", &INVENTORIES_BY_PROVIDER), ("allocations", &ANY_28)],
    required: REQUIRED_BY_RESHAPE,
    ..Object::EMPTY
});
static RESHAPE_34: Schema = Schema::Object(Object {
    fields: &[("inventories", &INVENTORIES_BY_PROVIDER), ("allocations", &ANY_34)],
    required: REQUIRED_BY_RESHAPE,
    ..Object::EMPTY
});
static RESHAPE_38: Schema = Schema::Object(Object {
    fields: &[("inventories", &INVENTORIES_BY_PROVIDER), ("allocations", &ANY_38)],
    required: REQUIRED_BY_RESHAPE,
    ..Object::EMPTY
});
