//! Makes requests from steps, with names and with the generations of the model.

use serde_json::{Map, Value, json};
use swaparoo_placement::{Method, Microversion, Placement, Request};

use super::sequence::{Generation, Says, Spelling, Spoiled, Step, Who};

const CLASSES: [&str; 5] = ["VCPU", "DISK_GB", "MEMORY_MB", "CUSTOM_GOLD", "CUSTOM_UNKNOWN"];

/// The names of one sequence, which are unique in the database.
pub struct Names {
    pub turn: u32,
}

impl Names {
    pub fn consumer(&self, number: usize) -> String {
        format!("{:08x}-c000-4000-8000-c0ffee00000{number}", self.turn)
    }

    pub fn provider(&self, number: usize) -> String {
        format!("{:08x}-a000-4000-8000-ab000000000{number}", self.turn)
    }

    fn project(&self, number: usize) -> String {
        format!("project-{number}-of-{}", self.turn)
    }

    fn user(number: usize) -> String {
        format!("user-{number}")
    }

    fn spelled(&self, who: Who) -> String {
        let uuid = self.consumer(who.number);
        match who.spelling {
            Spelling::Plain => uuid,
            Spelling::Upper => uuid.to_uppercase(),
            Spelling::NoDashes => uuid.replace('-', ""),
            Spelling::Malformed => uuid.replacen('-', "-x", 1),
        }
    }

    /// Replaces long names in a text with short ones.
    pub fn shortened(&self, text: &str) -> String {
        let consumers = (0..3).flat_map(|number| {
            let uuid = self.consumer(number);
            let upper = (uuid.to_uppercase(), format!("CONSUMER-{number}"));
            let bare = (uuid.replace('-', ""), format!("consumer{number}"));
            [upper, bare, (uuid, format!("consumer-{number}"))]
        });
        let providers = (0..4).map(|number| (self.provider(number), format!("provider-{number}")));
        consumers.chain(providers).fold(text.to_owned(), |text, (long, short)| text.replace(&long, &short))
    }

    /// The state before the first step: inventories with limits of every kind, and a small provider. All are in one
    /// tree, so that one request shows all generations.
    pub fn setting(&self) -> Vec<Request> {
        let inventories = [
            json!({ "VCPU": { "total": 4, "max_unit": 3 },
                    "DISK_GB": { "total": 60, "min_unit": 10, "max_unit": 50, "step_size": 10 } }),
            json!({ "VCPU": { "total": 4, "reserved": 1, "allocation_ratio": 1.5 }, "MEMORY_MB": { "total": 30 } }),
            json!({ "CUSTOM_GOLD": { "total": 2 }, "VCPU": { "total": 2 } }),
        ];
        let provider = |(number, inventories): (usize, Value)| {
            let uuid = self.provider(number);
            let body = json!({ "resource_provider_generation": 0, "inventories": inventories });
            let parent = (number > 0).then(|| self.provider(0));
            [
                Request::post(
                    "/resource_providers",
                    json!({ "name": uuid, "uuid": uuid, "parent_provider_uuid": parent }),
                ),
                Request::put(&format!("/resource_providers/{uuid}/inventories"), body),
            ]
        };
        (0..).zip(inventories).flat_map(provider).collect()
    }

    pub fn request(&self, step: &Step, model: &Placement) -> Request {
        let provider = |number: &usize| format!("/resource_providers/{}", self.provider(*number));
        match step {
            Step::Show(who, version) => at(Request::get(&self.path(*who)), *version),
            Step::Put(who, says, version) => {
                let key = self.spelled(*who).replace('-', "").to_lowercase();
                let known = model.consumers().iter().find(|(uuid, _)| uuid.replace('-', "") == key);
                let body = self.body(says, *version, known.map(|(_, consumer)| consumer.generation));
                at(Request::put(&self.path(*who), body), *version)
            }
            Step::Post(entries, version) => {
                let body = |(who, says): &(Who, Says)| {
                    let uuid = self.spelled(*who);
                    let known = model.consumers().get(&uuid).map(|consumer| consumer.generation);
                    let body = self.body(says, *version, known);
                    (uuid, body)
                };
                at(Request::post("/allocations", entries.iter().map(body).collect()), *version)
            }
            Step::Move { from, to, generation, version } => {
                at(self.change(model, *from, *to, *generation, *version), *version)
            }
            Step::Delete(who) => Request::delete(&self.path(*who)),
            Step::ProviderAllocations(number, version) => {
                at(Request::get(&format!("{}/allocations", provider(number))), *version)
            }
            Step::ProviderUsages(number) => Request::get(&format!("{}/usages", provider(number))),
            Step::ProjectUsages { project, user, of_type, version } => {
                let user = user.map(|user| format!("&user_id={}", Self::user(user))).unwrap_or_default();
                let of_type = of_type.map(|name| format!("&consumer_type={name}")).unwrap_or_default();
                at(Request::get(&format!("/usages?project_id={}{user}{of_type}", self.project(*project))), *version)
            }
            Step::Inventory { provider: number, class, total, max_unit, stale, version } => {
                let known = model.providers().get(&self.provider(*number)).map_or(0, |provider| provider.generation);
                let generation = if *stale { known + 1 } else { known };
                let body = json!({ "resource_provider_generation": generation, "total": total, "max_unit": max_unit });
                at(Request::put(&format!("{}/inventories/{}", provider(number), CLASSES[*class]), body), *version)
            }
            Step::DropInventory(number, class) => {
                Request::delete(&format!("{}/inventories/{}", provider(number), CLASSES[*class]))
            }
            Step::DropInventories(number) => Request::delete(&format!("{}/inventories", provider(number))),
            Step::DropProvider(number) => Request::new(Method::Delete, &provider(number)),
        }
    }

    fn path(&self, who: Who) -> String {
        format!("/allocations/{}", self.spelled(who))
    }

    fn body(&self, says: &Says, version: u16, known: Option<u64>) -> Value {
        let mut body = json!({
            "allocations": self.allocations(says),
            "project_id": self.project(says.project),
            "user_id": Self::user(says.user),
        });
        if version >= 28 {
            body["consumer_generation"] = match (says.generation, known) {
                (Generation::Null, _) | (Generation::Right | Generation::AsFloat, None) => Value::Null,
                (Generation::Right, Some(known)) => json!(known),
                (Generation::AsFloat, Some(known)) => json!(known as f64),
                (Generation::Stale(by), known) => json!(known.unwrap_or(0) as i64 + by),
            };
        }
        if version >= 38 {
            body["consumer_type"] = json!(says.of_type);
        }
        if let Some(spoiled) = says.spoiled {
            self.spoil(&mut body, spoiled);
        }
        if version < 12 { self.as_list(body, version) } else { body }
    }

    fn change(&self, model: &Placement, from: usize, to: usize, generation: Generation, version: u16) -> Request {
        let says = |generation| Says {
            holds: Vec::new(),
            project: 0,
            user: 0,
            of_type: "INSTANCE",
            generation,
            spoiled: None,
        };
        let (source, target) = (self.consumer(from), self.consumer(to));
        let known = |uuid: &String| model.consumers().get(uuid);
        let body =
            |uuid, generation| self.body(&says(generation), version, known(uuid).map(|consumer| consumer.generation));
        let mut filled = body(&target, generation);
        filled["allocations"] = known(&source).map_or(json!({}), |consumer| {
            consumer.allocations.iter().map(|(uuid, held)| (uuid.clone(), json!({ "resources": held }))).collect()
        });
        Request::post("/allocations", json!({ &source: body(&source, Generation::Right), &target: filled }))
    }

    fn allocations(&self, says: &Says) -> Value {
        let resources = |held: &[(usize, u64)]| -> Map<String, Value> {
            held.iter().map(|(class, amount)| (CLASSES[*class].to_owned(), json!(amount))).collect()
        };
        let entry = |(provider, held): &(usize, Vec<(usize, u64)>)| {
            (self.provider(*provider), json!({ "resources": resources(held) }))
        };
        says.holds.iter().map(entry).collect()
    }

    fn spoil(&self, body: &mut Value, spoiled: Spoiled) {
        let fields = body.as_object_mut().unwrap();
        let first = self.provider(0);
        let one = |resources: Value| json!({ &first: { "resources": resources } });
        let mut set = |field: &str, value: Value| fields.insert(field.to_owned(), value);
        match spoiled {
            Spoiled::NoProject => fields.shift_remove("project_id"),
            Spoiled::EmptyProject => set("project_id", json!("")),
            Spoiled::LongUser => set("user_id", json!("u".repeat(256))),
            Spoiled::NumberForUser => set("user_id", json!(1)),
            Spoiled::NoGeneration => fields.shift_remove("consumer_generation"),
            Spoiled::TextForGeneration => set("consumer_generation", json!("1")),
            Spoiled::BoolForGeneration => set("consumer_generation", json!(true)),
            Spoiled::NoAllocations => fields.shift_remove("allocations"),
            Spoiled::ListForAllocations => set("allocations", json!([])),
            Spoiled::ExtraKey => set("it's", json!("more")),
            Spoiled::MalformedProvider => set("allocations", json!({ "host-1": { "resources": { "VCPU": 1 } } })),
            Spoiled::NoResources => set("allocations", json!({ &first: { "generation": 1 } })),
            Spoiled::EmptyResources => set("allocations", one(json!({}))),
            Spoiled::LowerCaseClass => set("allocations", one(json!({ "vcpu": 1 }))),
            Spoiled::ZeroAmount => set("allocations", one(json!({ "VCPU": 0 }))),
            Spoiled::HalfAmount => set("allocations", one(json!({ "VCPU": 1.5 }))),
            Spoiled::TextForAmount => set("allocations", one(json!({ "VCPU": "1" }))),
            Spoiled::EmptyMappings => set("mappings", json!({})),
            Spoiled::MalformedMappings => set("mappings", json!({ "": ["x"], "_NET": ["x"] })),
            Spoiled::LowerCaseType => set("consumer_type", json!("instance")),
            Spoiled::NoType => fields.shift_remove("consumer_type"),
        };
    }

    /// Below microversion 1.12 allocations are a list, and below 1.8 there is no project and user.
    fn as_list(&self, mut body: Value, version: u16) -> Value {
        if let Some(providers) = body["allocations"].as_object() {
            let item = |(uuid, held): (&String, &Value)| {
                let mut item = held.clone();
                item["resource_provider"] = json!({ "uuid": uuid });
                item
            };
            body["allocations"] = providers.iter().map(item).collect();
        }
        if let (true, Some(fields)) = (version < 8, body.as_object_mut()) {
            fields.shift_remove("project_id");
            fields.shift_remove("user_id");
        }
        body
    }
}

/// The number of faults of a form. With more than one, the servers may report different ones first.
pub fn faults(step: &Step) -> usize {
    let spoiled = |says: &Says| usize::from(says.spoiled.is_some());
    let empty = |says: &Says, version: u16| usize::from(says.holds.is_empty() && version < 28);
    match step {
        Step::Put(_, says, version) => {
            2 * spoiled(says) * usize::from(*version < 12) + spoiled(says) + empty(says, *version)
        }
        Step::Post(entries, _) => entries.iter().map(|(who, says)| spoiled(says) + malformed(*who)).sum(),
        _ => 0,
    }
}

fn malformed(who: Who) -> usize {
    usize::from(matches!(who.spelling, Spelling::NoDashes | Spelling::Malformed))
}

fn at(request: Request, version: u16) -> Request {
    request.at(Microversion::new(version).unwrap())
}
