# The rules of a move in Rego: to a new target they read the source and write. Otherwise they read both consumers, decide
# by their allocations, and ask about the server if necessary.
package swaparoo

import rego.v1

source := input.task.source

target := input.task.target

held(consumer) := exchange.reply if {
	some exchange in input.history
	exchange.effect.kind == "get-allocations"
	exchange.effect.consumer == consumer
	exchange.reply.kind == "holding"
}

server := exchange.reply.state if {
	some exchange in input.history
	exchange.effect.kind == "find-server"
}

source_holds if count(held(source).allocations) > 0

target_holds if count(held(target).allocations) > 0

step := {
	"kind": "perform",
	"effects": [{"kind": "get-allocations", "consumer": source}],
	"reasons": [{"code": "read-source", "data": null}],
} if {
	count(input.history) == 0
	input.task.target_is_new
}

step := {
	"kind": "perform",
	"effects": [{"kind": "get-allocations", "consumer": source}, {"kind": "get-allocations", "consumer": target}],
	"reasons": [{"code": "read-both", "data": {"number": 1, "of": 4}}],
} if {
	count(input.history) == 0
	not input.task.target_is_new
}

step := {"kind": "perform", "effects": [write], "reasons": [{"code": "target-is-new", "data": null}]} if {
	count(input.history) == 1
	source_holds
	input.task.target_is_new
}

step := {"kind": "perform", "effects": [write], "reasons": [{"code": "target-holds", "data": held(target).owner}]} if {
	count(input.history) == 2
	source_holds
	target_holds
	not input.task.target_is_new
}

step := {"kind": "perform", "effects": [{"kind": "find-server", "server": target}], "reasons": [{"code": "target-is-empty", "data": null}]} if {
	count(input.history) == 2
	source_holds
	not target_holds
	not input.task.target_is_new
}

step := {"kind": "perform", "effects": [write], "reasons": [{"code": "server-is-present", "data": null}]} if {
	count(input.history) == 3
	server == "present"
}

step := {"kind": "perform", "effects": [removal], "reasons": [{"code": "server-is-gone", "data": null}]} if {
	count(input.history) == 3
	server == "gone"
}

step := {
	"kind": "finished",
	"outcome": {"kind": "already-moved", "source": source, "target": target, "allocations": held(target).allocations},
	"reasons": [{"code": "source-is-empty", "data": null}],
} if {
	count(input.history) == 2
	not source_holds
	target_holds
}

step := {"kind": "finished", "outcome": {"kind": "nothing-to-move"}, "reasons": [{"code": "both-empty", "data": null}]} if {
	count(input.history) == 2
	not source_holds
	not target_holds
}

write := {"kind": "post-allocations", "consumers": [emptied, given]}

emptied := {
	"consumer": source,
	"project": held(source).owner.project,
	"user": held(source).owner.user,
	"generation": held(source).owner.generation,
	"allocations": [],
}

given := {
	"consumer": target,
	"project": held(source).owner.project,
	"user": held(source).owner.user,
	"generation": target_generation,
	"allocations": held(source).allocations,
}

default target_generation := null

target_generation := held(target).owner.generation if target_holds

removal := {
	"kind": "delete-allocations",
	"consumer": source,
	"project": held(source).owner.project,
	"user": held(source).owner.user,
	"generation": held(source).owner.generation,
}
