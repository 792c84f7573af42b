//! The limits of the answers that the codec accepts.

use serde_json::{Map, Value, json};

use super::{HttpOutcome, LARGEST, MOST_TRAITS, reply, request};
use crate::contract::{Effect, GetAllocations, GetProviderTraits, Reply};

const CONSUMER: &str = "11111111-1111-4111-8111-111111111111";

/// The reply to a read of a consumer that Placement answers with this body.
fn read(body: &Value) -> Reply {
    reply_to(&Effect::GetAllocations(GetAllocations { consumer: CONSUMER.into() }), body)
}

fn reply_to(effect: &Effect, body: &Value) -> Reply {
    reply(&request(effect).unwrap(), effect, HttpOutcome::Response { status: 200, body: body.to_string().into_bytes() })
}

/// The answer about a consumer that has this many classes of this many providers.
fn holding(providers: usize, classes: usize) -> Value {
    let held: Map<String, Value> = (0..classes).map(|class| (format!("CUSTOM_{class}"), 1.into())).collect();
    let one = |provider: usize| (format!("aaaaaaaa-aaaa-4aaa-8aaa-{provider:012x}"), json!({ "resources": held }));
    let allocations: Map<String, Value> = (0..providers).map(one).collect();
    json!({ "allocations": allocations, "project_id": "p", "user_id": "u", "consumer_generation": 1 })
}

fn not_believed(reply: &Reply, why: &str) {
    let Reply::Foreign(foreign) = reply else { panic!("{why}: it is believed") };
    assert!(foreign.status == 200 && foreign.body.starts_with(why) && foreign.body.len() <= 500, "{why}: {foreign:?}");
}

#[test]
fn an_answer_about_allocations_is_accepted_within_its_limits() {
    for (providers, classes) in [(1, 1_024), (4_096, 1), (16, 1_024)] {
        let Reply::Holding(held) = read(&holding(providers, classes)) else { panic!("{providers} x {classes}") };
        assert_eq!(held.allocations.len(), providers);
    }
    for (providers, classes, why) in [
        (1, 1_025, "allocations[0].resources: there are 1025 resource classes; the maximum is 1024: {"),
        (4_097, 1, "allocations: there are 4097 resource providers; the maximum is 4096: {"),
        (4_096, 5, "allocations: there are 20480 amounts of resource classes; the maximum is 16384: {"),
    ] {
        not_believed(&read(&holding(providers, classes)), why);
    }
}

#[test]
fn an_answer_of_megabytes_is_not_parsed() {
    let body = holding(1, 928_007);
    let bytes = body.to_string().len();
    assert!(bytes > 8 << 20, "{bytes}");
    not_believed(&read(&body), &format!("it has {bytes} bytes; the maximum is {LARGEST}: {{"));
}

#[test]
fn a_class_name_that_is_too_long_is_refused() {
    for (length, believed) in [(255, true), (256, false)] {
        let mut body = holding(1, 0);
        let class = "A".repeat(length);
        body["allocations"]["aaaaaaaa-aaaa-4aaa-8aaa-000000000000"]["resources"] = json!({ class: 1 });
        assert_eq!(matches!(read(&body), Reply::Holding(_)), believed, "{length}");
    }
}

#[test]
fn traits_are_accepted_within_their_limits() {
    let effect = Effect::GetProviderTraits(GetProviderTraits { provider: CONSUMER.into() });
    let traits = |count: usize, length: usize| -> Value {
        let names: Vec<String> = (0..count).map(|nth| format!("{nth:0>length$}")).collect();
        json!({ "traits": names, "resource_provider_generation": 1 })
    };
    let Reply::Traits(known) = reply_to(&effect, &traits(MOST_TRAITS, 20)) else { panic!("not believed") };
    assert_eq!(known.traits.len(), MOST_TRAITS);
    not_believed(&reply_to(&effect, &traits(MOST_TRAITS + 1, 20)), "there are 4097 traits; the maximum is 4096");
    assert!(matches!(reply_to(&effect, &traits(1, 255)), Reply::Traits(_)));
    not_believed(&reply_to(&effect, &traits(1, 256)), "\"0000");
}
